"""The SQLite file of a ledger: schema, settings of a connection, SQLite's errors as ours.

WAL with synchronous=FULL: a commit is durable when it returns, and readers never block the writer.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from firmware.ledger.errors import LedgerBlockedError, LedgerBrokenError

BUSY_S = 3.0  # an SD card can stall while another process of the desk appends; the recorder tries again
CACHE_KIB = 256  # of memory for pages; appends touch only the end of the table

_SCHEMA = """
CREATE TABLE IF NOT EXISTS
  ledger(seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, entry BLOB NOT NULL);
CREATE TRIGGER IF NOT EXISTS ledger_no_update BEFORE UPDATE ON ledger
  BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed'); END;
CREATE TRIGGER IF NOT EXISTS ledger_no_delete BEFORE DELETE ON ledger
  BEGIN SELECT RAISE(ABORT, 'ledger entries are never deleted'); END;
CREATE TRIGGER IF NOT EXISTS ledger_only_append BEFORE INSERT ON ledger
  WHEN NEW.seq <= (SELECT ifnull(max(seq), 0) FROM ledger)
  BEGIN SELECT RAISE(ABORT, 'ledger entries are only appended'); END;
"""

_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def connect(path: Path) -> sqlite3.Connection:
    """The ledger at `path` for appending; made when it is not there."""
    with errors_as_ours(path):
        db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            _prepare(db)
        except sqlite3.Error:
            db.close()
            raise
        return db


def connect_read_only(path: Path) -> sqlite3.Connection:
    """The ledger at `path` for reading only."""
    with errors_as_ours(path):
        uri = f"{path.absolute().as_uri()}?mode=ro"
        db = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        return db


@contextlib.contextmanager
def errors_as_ours(path: Path) -> Iterator[None]:
    """SQLite's errors, said as LedgerBrokenError or LedgerBlockedError about `path`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        # A code holds the kind of error in its low byte, the circumstance above it.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _BROKEN or isinstance(error, sqlite3.IntegrityError) or _missing_table(error):
            raise LedgerBrokenError(f"{path}: the ledger cannot be read: {error}") from error
        raise LedgerBlockedError(f"{path}: the ledger cannot be used now: {error}") from error


def identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at `path` now."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'ledger_only_append'").fetchone():
        db.executescript(_SCHEMA)


def _missing_table(error: sqlite3.Error) -> bool:
    return "no such table" in str(error)
