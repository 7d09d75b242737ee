"""One SQLite file: many readers, one writer thread that commits in groups.

A commit costs one fsync (4 ms on a card), whatever it holds. So jobs that wait for the writer share a
transaction, each in its own savepoint: one that fails undoes itself alone, and nobody hears of success before
the commit. Bound: GROUP jobs a commit.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sync.vault.catalogue.migrate import upgrade
from sync.vault.errors import CatalogueError

T = TypeVar("T")
GROUP = 64  # jobs a transaction: a write lock held for tens of ms at most
BUSY_S = 30.0  # `offhook vault enrol-code` and the running vault wait for each other


@dataclass(slots=True)
class _Job:
    run: Callable[[sqlite3.Connection], Any]
    done: Callable[[Any, BaseException | None], None]


class Catalogue:
    """`reader` serves the thread that opened it; `write` is for the event loop, `write_now` for commands."""

    def __init__(self, path: Path) -> None:
        upgrade(path)
        self.path = path
        self.reader = connect(path, read_only=True)
        self._jobs: queue.Queue[_Job | None] = queue.Queue(maxsize=10_000)
        self._thread = threading.Thread(target=self._work, name="catalogue", daemon=True)
        self._thread.start()

    async def write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run `job` in a transaction; its result once that is durable on disk. Reraises what it raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def done(result: Any, error: BaseException | None) -> None:
            loop.call_soon_threadsafe(_settle, future, result, error)

        self._jobs.put_nowait(_Job(job, done))
        return await future

    def write_now(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """The same, blocking: for commands that have no event loop."""
        answer: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._jobs.put(_Job(job, lambda result, error: answer.put((result, error))))
        result, error = answer.get()
        if error is not None:
            raise error
        value: T = result
        return value

    def close(self) -> None:
        """Finish the jobs that wait, then close."""
        self._jobs.put(None)
        self._thread.join()
        self.reader.close()

    def _work(self) -> None:
        db = connect(self.path)
        while True:
            first = self._jobs.get()
            if first is None:
                break
            group, stop = self._more(first)
            _commit(db, group)
            if stop:
                break
        db.close()

    def _more(self, first: _Job) -> tuple[list[_Job], bool]:
        group = [first]
        while len(group) < GROUP:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return group, True
            group.append(job)
        return group, False


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """WAL, synchronous FULL: a committed row survives a power cut."""
    try:
        db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA foreign_keys=ON")
        db.execute("PRAGMA cache_size=-16000")  # 16 MB
        if read_only:
            db.execute("PRAGMA query_only=ON")
    except sqlite3.Error as error:
        raise CatalogueError(f"{path}: the catalogue cannot be opened: {error}") from error
    return db


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


def _commit(db: sqlite3.Connection, group: list[_Job]) -> None:
    """Every job of the group in one transaction; tell each its outcome after the commit."""
    outcomes: list[tuple[Any, BaseException | None]]
    try:
        db.execute("BEGIN IMMEDIATE")
        outcomes = [_savepoint(db, job) for job in group]
        db.execute("COMMIT")
    except sqlite3.Error as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        failed = CatalogueError(f"the catalogue cannot be written: {error}")
        failed.__cause__ = error
        outcomes = [(None, failed)] * len(group)
    for job, outcome in zip(group, outcomes, strict=True):
        job.done(*outcome)


def _savepoint(db: sqlite3.Connection, job: _Job) -> tuple[Any, BaseException | None]:
    db.execute("SAVEPOINT job")
    try:
        result = job.run(db)
    except Exception as error:
        if not db.in_transaction:  # SQLite gave up the whole transaction: disk full, I/O error
            raise sqlite3.OperationalError(str(error)) from error
        db.execute("ROLLBACK TO job")
        db.execute("RELEASE job")
        return None, error
    db.execute("RELEASE job")
    return result, None
