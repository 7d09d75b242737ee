"""Reading ledgers and receipts out of SQLite files without touching them.

A desk's ledger.sqlite3 and a vault's catalogue.sqlite3 both have a table `ledger` with the columns seq,
kind, at, entry; the vault's has `desk` besides, and a table `recordings` whose column `receipt` is a JWS.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from firmware.evidence.entry import MAX_ENTRY_BYTES
from firmware.evidence.jws import MAX_JWS_CHARS
from firmware.evidence.looking import LedgerRow

MAGIC = b"SQLite format 3\0"


@contextmanager
def open_untouched(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that reads, and leaves neither a byte nor a file behind in the folder of `path`.

    A store in use has its -wal and -shm: read along. One at rest has neither: it is immutable. A copy
    with a -wal alone would be given a -shm by SQLite, so it is read from a copy of its own.
    Raises sqlite3.Error or OSError.
    """
    wal, shm = Path(f"{path}-wal"), Path(f"{path}-shm")
    if wal.exists() and not shm.exists():
        with tempfile.TemporaryDirectory(prefix="offhook-verify-") as folder:
            copy = Path(folder) / "store.sqlite3"
            shutil.copyfile(path, copy)
            shutil.copyfile(wal, f"{copy}-wal")
            with closing(sqlite3.connect(copy, isolation_level=None)) as db:
                yield db
        return
    mode = "mode=ro" if wal.exists() else "mode=ro&immutable=1"
    uri = f"file:{quote(str(path.resolve()))}?{mode}"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
        yield db


def columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[0] for row in db.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def ledger_desks(db: sqlite3.Connection) -> list[str | None]:
    """The desks whose chains are in this store; [None] when it holds one chain that is not keyed by desk."""
    have = columns(db, "ledger")
    if not {"seq", "kind", "at", "entry"} <= have:
        return []
    if "desk" not in have:
        return [None]
    return [row[0] for row in db.execute("SELECT DISTINCT desk FROM ledger ORDER BY desk")]


def ledger_rows(db: sqlite3.Connection, desk: str | None) -> Iterator[LedgerRow]:
    """Rows in the order of seq; an entry larger than allowed comes as None, unread."""
    where = "" if desk is None else " WHERE desk = ?"
    yield from db.execute(
        f"SELECT seq, kind, at, CASE WHEN length(entry) <= {MAX_ENTRY_BYTES} THEN entry END "  # noqa: S608  # no input
        f"FROM ledger{where} ORDER BY seq",
        () if desk is None else (desk,),
    )


def stored_receipts(db: sqlite3.Connection) -> Iterator[str]:
    """The receipts that a vault gave."""
    if "receipt" in columns(db, "recordings"):
        for (text,) in db.execute(
            "SELECT receipt FROM recordings WHERE length(receipt) <= ? ORDER BY rowid",
            (MAX_JWS_CHARS,),
        ):
            yield str(text)
