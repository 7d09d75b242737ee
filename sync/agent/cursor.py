"""Where one replica stands in the ledger, kept over restarts: state_dir/agent/<replica>.json.

Holds the hash of the entry beside its seq, so that a new chain (after a broken head) is noticed and sent from
its first entry. Losing this file costs sending the ledger again, which is idempotent: so it is replaced
atomically, but not synced, and at most every WRITE_S.
"""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

WRITE_S = 2.0  # an SD card should not pay for every ack


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seq: int = 0
    hash: str = ""


class CursorFile:
    """`load` once, `save` at every ack, `flush` at the end."""

    def __init__(self, path: Path, *, now: Callable[[], float]) -> None:
        self._path = path
        self._now = now
        self._pending: Cursor | None = None
        self._written_at = float("-inf")

    def load(self, hash_of: Callable[[int], str | None]) -> Cursor:
        """The cursor, if the ledger still has this entry under this hash; else the start of the chain."""
        try:
            cursor = msgspec.json.decode(self._path.read_bytes(), type=Cursor)
        except (FileNotFoundError, msgspec.DecodeError):
            return Cursor()
        known = cursor.seq > 0 and hash_of(cursor.seq) == cursor.hash
        return cursor if known else Cursor()

    def save(self, cursor: Cursor) -> None:
        self._pending = cursor
        if self._now() - self._written_at >= WRITE_S:
            self.flush()

    def flush(self) -> None:
        if self._pending is None:
            return
        temporary = self._path.with_suffix(".tmp")
        temporary.write_bytes(msgspec.json.encode(self._pending) + b"\n")
        os.replace(temporary, self._path)
        self._pending, self._written_at = None, self._now()
