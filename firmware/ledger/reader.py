"""Reading a ledger while others append to it: for the agent, the panel and the command line."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from firmware.ledger.store import connect_read_only, errors_as_ours, identity

BATCH = 256  # entries held in memory at once


class LedgerReader:
    """Bytes of entries, as they are stored; who needs an `Entry` parses it. Any thread.

    Follows the path: a ledger that was set aside is left, and the new one read.
    """

    def __init__(self, path: Path) -> None:
        """LedgerBlockedError when there is no ledger yet."""
        self.path = path
        self._lock = threading.Lock()
        self._db = connect_read_only(path)
        self._identity = identity(path)

    def read(self, first_seq: int, limit: int = BATCH) -> list[bytes]:
        """At most `limit` entries from `first_seq` on, oldest first."""
        with self._lock, errors_as_ours(self.path):
            return entries_between(self._current(), first_seq, limit)

    def last_seq(self) -> int:
        """0 in an empty ledger."""
        with self._lock, errors_as_ours(self.path):
            return int(self._current().execute("SELECT ifnull(max(seq), 0) FROM ledger").fetchone()[0])

    def since(self, first_seq: int, *kinds: str) -> Iterator[bytes]:
        """Entries of these kinds (all when none is named) from `first_seq` on, oldest first."""
        yield from self._walk(first_seq, kinds, newest_first=False)

    def backwards(self, *kinds: str) -> Iterator[bytes]:
        """Entries of these kinds (all when none is named), newest first."""
        yield from self._walk(2**62, kinds, newest_first=True)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _walk(self, seq: int, kinds: tuple[str, ...], *, newest_first: bool) -> Iterator[bytes]:
        wanted = f"AND kind IN ({','.join('?' * len(kinds))})" if kinds else ""
        step, order = ("<", "DESC") if newest_first else (">=", "ASC")
        # The text above is ours alone; values go in as parameters.
        query = (
            f"SELECT seq, entry FROM ledger WHERE seq {step} ? {wanted} ORDER BY seq {order} LIMIT {BATCH}"  # noqa: S608
        )
        while True:
            with self._lock, errors_as_ours(self.path):
                rows = self._current().execute(query, (seq, *kinds)).fetchall()
            for _, raw in rows:
                yield bytes(raw)
            if len(rows) < BATCH:
                return
            seq = rows[-1][0] + (0 if newest_first else 1)

    def _current(self) -> sqlite3.Connection:
        now = identity(self.path)
        if now is not None and now != self._identity:
            self._db.close()
            self._db = connect_read_only(self.path)
            self._identity = now
        return self._db


def entries_between(db: sqlite3.Connection, first_seq: int, limit: int) -> list[bytes]:
    rows = db.execute("SELECT entry FROM ledger WHERE seq >= ? ORDER BY seq LIMIT ?", (first_seq, limit))
    return [bytes(row[0]) for row in rows]
