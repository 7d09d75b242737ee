"""The ledger: append-only, durable on return, shared by the processes of one desk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from drivers.clock import Clock
from firmware.evidence.canonical import JsonObject
from firmware.evidence.chain import sign_checkpoint
from firmware.evidence.entry import FIRST_PREV, Entry
from firmware.evidence.errors import FormatError
from firmware.evidence.times import format_utc
from firmware.ledger.errors import LedgerBrokenError, LedgerError
from firmware.ledger.reader import LedgerReader, entries_between
from firmware.ledger.store import connect, errors_as_ours, identity

if TYPE_CHECKING:  # cryptography behind it costs 7 MB, which a process that only appends saves
    from firmware.evidence.keys import SigningKey

_HEAD = "SELECT seq, kind, entry FROM ledger ORDER BY seq DESC LIMIT 1"
_INSERT = "INSERT INTO ledger(seq, kind, at, entry) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Link:
    """Where the new entry hangs: what its body may need to know before it is made."""

    seq: int
    prev: str
    at: str
    previous_kind: str


Body = JsonObject | Callable[[Link], JsonObject]


class Ledger:
    """Appends to the chain of one desk. Every method may be called from any thread.

    `key` signs checkpoints; without one there are none, and the desk's time counts as uncovered.
    """

    def __init__(
        self, path: Path, *, desk: str, clock: Clock, key: SigningKey | None = None, first_seq: int = 1
    ) -> None:
        """Opens the ledger, making an empty one when there is none. Verifies nothing: see `opening`.

        `first_seq`: what an empty ledger counts from; more than 1 only after a chain that was set aside.
        """
        self.path = path
        self.desk = desk
        self.key = key
        self._clock = clock
        self._lock = threading.Lock()
        self._db = connect(path)
        self._identity = identity(path)
        self._first_seq = first_seq

    def append(self, kind: str, body: Body) -> Entry:
        """The new entry, durable. `body` may be a function of the entry's own `Link`.

        LedgerBlockedError: nothing was appended, it may work later (full disk). LedgerBrokenError: what is
        stored is no chain; set it aside. FormatError: the body is not one of this kind.
        """
        with self._lock, errors_as_ours(self.path):
            self._begin()
            try:
                entry = self._insert(kind, body)
                self._db.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
            return entry

    def checkpoint(self, *, off_hook_ms: int, recorded_ms: int) -> Entry:
        """A signed statement of the head. The two: milliseconds since the previous checkpoint."""
        key = self.key
        if key is None:
            raise LedgerError(f"{self.path}: no desk key, so no checkpoint can be signed")

        def body(link: Link) -> JsonObject:
            return {
                "head": link.prev,
                "off_hook_ms": off_hook_ms,
                "recorded_ms": recorded_ms,
                "quiet": link.previous_kind == "checkpoint" and off_hook_ms == 0,
                "sig": sign_checkpoint(key, self.desk, link.seq, link.prev, link.at),
            }

        return self.append("checkpoint", body)

    def head(self) -> Entry | None:
        """The last entry, None in an empty ledger. LedgerBrokenError when it is none."""
        with self._lock, errors_as_ours(self.path):
            row = self._db.execute(_HEAD).fetchone()
        return parse_stored(self.path, row[0], row[2]) if row else None

    def read(self, first_seq: int, limit: int) -> list[bytes]:
        """Bytes of at most `limit` entries from `first_seq` on, oldest first."""
        with self._lock, errors_as_ours(self.path):
            return entries_between(self._db, first_seq, limit)

    def reader(self) -> LedgerReader:
        """A reader of its own connection."""
        return LedgerReader(self.path)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> None:
        """Take the write lock of the file that stands at the path now, not of one that was set aside."""
        self._db.execute("BEGIN IMMEDIATE")
        if identity(self.path) == self._identity:
            return
        self._roll_back()
        self._db.close()  # SQLite sees that the file was moved, and leaves the new one's WAL alone
        self._db = connect(self.path)
        self._identity = identity(self.path)
        self._db.execute("BEGIN IMMEDIATE")

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _insert(self, kind: str, body: Body) -> Entry:
        link = self._link()
        entry = Entry(
            at=link.at,
            body=body(link) if callable(body) else body,
            boot=self._clock.boot_id,
            desk=self.desk,
            kind=kind,
            # Read under the lock: within one boot the chain's monotonic times never go back.
            mono_ns=self._clock.monotonic_ns(),
            prev=link.prev,
            seq=link.seq,
        )
        self._db.execute(_INSERT, (entry.seq, entry.kind, entry.at, entry.raw))
        return entry

    def _link(self) -> Link:
        at = format_utc(self._clock.wall())
        row = self._db.execute(_HEAD).fetchone()
        if row is None:
            return Link(self._first_seq, FIRST_PREV, at, "")
        head = parse_stored(self.path, row[0], row[2])
        if head.desk != self.desk:
            raise LedgerBrokenError(f"{self.path}: this is the ledger of desk {head.desk}, not {self.desk}")
        return Link(head.seq + 1, head.hash, at, head.kind)


def parse_stored(path: Path, seq: int, raw: bytes) -> Entry:
    """A stored row as an entry; LedgerBrokenError when it is none, or of another number."""
    try:
        entry = Entry.parse(bytes(raw))
    except FormatError as error:
        raise LedgerBrokenError(f"{path}: entry {seq} does not verify: {error}") from error
    if entry.seq != seq:
        raise LedgerBrokenError(f"{path}: row {seq} holds entry {entry.seq}")
    return entry
