"""Opening the ledger at the recorder's start: verify its end; never repair, set aside and begin anew.

Verified is what stands behind the last checkpoint that our own key has signed, that checkpoint included: at
most some minutes of entries, however old the desk is. What lies before is walked later, a little at a time
(`walk.py`), and was verified by the vaults when it was sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.clock import Clock
from firmware.evidence.canonical import JsonObject
from firmware.evidence.chain import ChainError, ChainWalker
from firmware.evidence.entry import FIRST_PREV, Entry
from firmware.evidence.errors import EvidenceError
from firmware.ledger.errors import LedgerBrokenError, LedgerError
from firmware.ledger.ledger import Ledger
from firmware.ledger.reader import LedgerReader
from firmware.ledger.store import connect, connect_read_only
from firmware.spool.durable import remove_if_there, sync_folder

if TYPE_CHECKING:  # cryptography behind it costs 7 MB, which a process that only appends saves
    from firmware.evidence.keys import SigningKey

SEQ_STEP = 1_000_000  # the numbering goes on at the next multiple when the old head's number is unknown
MAX_UNSIGNED = 20_000  # entries read at most when no checkpoint is found


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """A chain that was set aside. `head`: SHA-256 of its last entry's bytes, zeros when it has none."""

    file: Path
    head: str
    last_seq: int
    reason: str


def open_ledger(
    path: Path,
    *,
    desk: str,
    clock: Clock,
    key: SigningKey | None,
    seq_known: int = 0,
) -> tuple[Ledger, BrokenChain | None]:
    """The desk's ledger, and the chain that had to be set aside, if its end did not verify.

    `seq_known`: the largest number seen elsewhere (names in the spool). A ledger that ends before it has lost
    entries, and would name new calls like old ones: it is set aside too, also one that is not there.
    A new chain goes on above. LedgerBlockedError when the disk refuses.
    """
    broken: BrokenChain | None = None
    try:
        verify_end(path, desk=desk, key=key, seq_known=seq_known)
    except LedgerBrokenError as error:
        broken = _last_stored(path, str(error))
        successor = path.with_name(f".{path.name}.new")
        for suffix in ("", "-wal", "-shm"):
            remove_if_there(Path(f"{successor}{suffix}"))
        is_known = broken.last_seq >= max(1, seq_known)
        first_seq = (broken.last_seq if is_known else _before_unknown(seq_known)) + 1
        with Ledger(successor, desk=desk, clock=clock, key=key, first_seq=first_seq) as ledger:
            ledger.append("finding", _finding(broken))
        set_aside(path, broken.file, successor)
    return Ledger(path, desk=desk, clock=clock, key=key), broken


def verify_end(path: Path, *, desk: str, key: SigningKey | None, seq_known: int = 0) -> None:
    """LedgerBrokenError when the entries from the last signed checkpoint on are not the end of our chain, or
    when it ends before `seq_known`.
    """
    if not path.exists() and not seq_known:
        return
    connect(path).close()  # brings an unfinished WAL in, and finds a file that is none
    with LedgerReader(path) as reader:
        end, last_seq = _end(reader), reader.last_seq()
    if last_seq < seq_known:
        raise LedgerBrokenError(f"{path}: ends at entry {last_seq}, but number {seq_known} was given already")
    walker = _walker_before(end, desk, key)
    for raw in end:
        try:
            walker.take(raw)
        except ChainError as error:
            raise LedgerBrokenError(f"{path}: {error}") from error


def set_aside(path: Path, target: Path, successor: Path) -> None:
    """Keep the ledger, with what belongs to it, as `target`, and put `successor` in its place.

    Made under the write lock where the file still has one, so that no other process appends to it afterwards:
    who waits for the lock then finds another file at the path, and opens that.
    """
    db = _locked(path)
    try:
        for suffix in ("-wal", "-shm"):
            if os.path.exists(f"{path}{suffix}"):
                os.rename(f"{path}{suffix}", f"{target}{suffix}")
        os.link(path, target)
        os.rename(successor, path)
        sync_folder(path.parent)
    finally:
        if db is not None:
            db.close()


def _end(reader: LedgerReader) -> list[bytes]:
    """Entries from the last checkpoint on, oldest first."""
    end: list[bytes] = []
    for raw in reader.backwards():
        end.append(raw)
        if b'"kind":"checkpoint"' in raw or len(end) >= MAX_UNSIGNED:
            break
    return end[::-1]


def _walker_before(end: list[bytes], desk: str, key: SigningKey | None) -> ChainWalker:
    """A walker that expects the first of `end` next."""
    public = key.public if key else None
    try:
        first = Entry.parse(end[0]) if end else None
    except EvidenceError:
        first = None  # the walker says what is wrong with it
    if first is None or first.seq == 1:
        return ChainWalker(desk=desk, key=public)
    return ChainWalker(desk=desk, seq=first.seq - 1, head=first.prev, key=public)


def _finding(broken: BrokenChain) -> JsonObject:
    return {
        "code": "ledger_broken",
        "state": "raised",
        "severity": "critical",
        "detail": f"a new chain begins; the old one is kept as {broken.file.name}: {broken.reason}"[:1000],
        "broken_head": broken.head,
        "broken_seq": broken.last_seq,
        "broken_file": broken.file.name,
    }


def _before_unknown(seq_known: int) -> int:
    """The number that a new chain begins after when its predecessor's last one cannot be read."""
    return (seq_known // SEQ_STEP + 1) * SEQ_STEP - 1


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.stem}.broken-{n}{path.suffix}") for n in itertools.count(1))
    return next(name for name in names if not name.exists())


def _locked(path: Path) -> sqlite3.Connection | None:
    """A connection that holds the write lock; None when the file is too broken to be locked."""
    try:
        db = connect(path)
    except LedgerBrokenError:
        return None
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.DatabaseError:
        db.close()
        return None
    return db


def _last_stored(path: Path, reason: str) -> BrokenChain:
    """Hash of the last stored entry's bytes and its number, as far as they can be read."""
    head, seq = FIRST_PREV, 0
    try:
        with contextlib.closing(connect_read_only(path)) as db:
            row = db.execute("SELECT seq, entry FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    except (LedgerError, sqlite3.DatabaseError):
        row = None
    if row is not None:
        head, seq = hashlib.sha256(bytes(row[1])).hexdigest(), int(row[0])
    return BrokenChain(_free_name(path), head, seq, reason)
