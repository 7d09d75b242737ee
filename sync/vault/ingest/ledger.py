"""One ledger batch: verified against what is stored, then stored, in one transaction.

For each entry, in order: known and the same → passed over; known and different → fork; the next → chain
rules of firmware.evidence.chain, then stored; further ahead → a gap, where the batch ends. The first entry
that does not verify ends the batch; it and what follows go into quarantine.

A new chain (its first entry names the head of the broken one) is taken across a gap only when it comes a
second time: what lies before it and got lost on the way is then asked for once more.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from firmware.evidence.chain import ChainError, ChainWalker
from firmware.evidence.ids import CallId
from firmware.evidence.keys import VerifyKey
from sync.vault.catalogue import desks, ledger
from sync.vault.catalogue.desks import Desk
from sync.vault.clock import now
from sync.vault.errors import Refused
from sync.vault.ingest.projection import Projection, entry_call
from sync.wire.errors import MALFORMED


@dataclass(slots=True)
class Outcome:
    """`head`: all entries up to it are stored. `recordings`: calls whose recording entry is in the batch,
    known or new. `bad`: (seq, bytes, why) that do not verify.
    """

    head: int
    stored: int = 0
    gap: bool = False
    calls: dict[CallId, None] = field(default_factory=dict)
    recordings: dict[CallId, None] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    bad: list[tuple[int, bytes, str]] = field(default_factory=list)


class _Peek(msgspec.Struct):
    seq: int
    kind: str = ""
    body: msgspec.Raw = msgspec.Raw(b"{}")

    @property
    def call(self) -> str:
        return msgspec.json.decode(self.body, type=_PeekBody).call

    @property
    def restarts(self) -> bool:
        return self.kind == "finding" and bool(msgspec.json.decode(self.body, type=_PeekBody).broken_head)


class _PeekBody(msgspec.Struct):
    call: str = ""
    broken_head: str = ""


class LedgerIngest:
    """`job` makes the function that runs in the catalogue's transaction."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._walkers: dict[str, ChainWalker] = {}  # touched by the catalogue's thread alone
        self._restarts: dict[str, bytes] = {}  # likewise

    def job(self, desk_id: str, entries: list[bytes]) -> Callable[[sqlite3.Connection], Outcome]:
        """Refused (404) at its run when the desk is not known."""
        return lambda db: self._take(db, desk_id, entries)

    def _take(self, db: sqlite3.Connection, desk_id: str, entries: list[bytes]) -> Outcome:
        desk = desks.desk(db, desk_id)
        if desk is None:
            raise Refused(404, f"desk {desk_id} is not enrolled here")
        walker = self._walker(desk)
        outcome = Outcome(head=desk.head_seq)
        stored_at = now()
        for position, data in enumerate(entries):
            peek = _peek(data)
            if peek is not None and 1 <= peek.seq <= outcome.head:
                if not self._known(db, desk, peek, data, outcome):
                    _all_bad(
                        outcome, entries[position:], f"contradicts entry {peek.seq} that this vault holds"
                    )
                    break
            elif peek is not None and peek.seq > outcome.head + 1 and not self._restart(desk, peek, data):
                outcome.gap = True
                break
            elif not self._next(db, desk, walker, data, outcome, stored_at):
                _all_bad(outcome, entries[position + 1 :], "follows an entry that does not verify")
                break
        if outcome.stored:
            desks.move_head(db, desk_id, seq=walker.seq, entry_hash=walker.head, at=stored_at)
        return outcome

    def _walker(self, desk: Desk) -> ChainWalker:
        """The one in memory (it remembers the monotonic clock) when it stands where the catalogue stands."""
        key = VerifyKey(desk.public_key)
        walker = self._walkers.get(desk.desk)
        if walker is None or (walker.seq, walker.head, walker.key) != (desk.head_seq, desk.head_hash, key):
            walker = ChainWalker(desk=desk.desk, seq=desk.head_seq, head=desk.head_hash, key=key)
            self._walkers[desk.desk] = walker
        return walker

    def _restart(self, desk: Desk, peek: _Peek, data: bytes) -> bool:
        """True when this entry begins a new chain and was seen before."""
        if not peek.restarts:
            return False
        seen, self._restarts[desk.desk] = self._restarts.get(desk.desk), data
        return seen == data

    def _known(self, db: sqlite3.Connection, desk: Desk, peek: _Peek, data: bytes, outcome: Outcome) -> bool:
        if ledger.raw(db, desk.desk, peek.seq) != data:
            return False
        if peek.kind == "recording":
            head, _, seq = peek.call.partition("/")
            outcome.recordings[CallId(head, int(seq))] = None  # checked when it was stored
        return True

    def _next(
        self,
        db: sqlite3.Connection,
        desk: Desk,
        walker: ChainWalker,
        data: bytes,
        outcome: Outcome,
        stored_at: str,
    ) -> bool:
        try:
            entry = walker.take(data)
        except ChainError as error:
            outcome.bad.append((error.seq, data, str(error)))
            return False
        ledger.add(db, entry, stored_at)
        call = self._projection.apply(db, desk, entry)
        outcome.head = entry.seq
        outcome.stored += 1
        outcome.kinds.add(entry.kind)
        if call is not None:
            outcome.calls[call] = None
            if entry.kind == "recording" and call == entry_call(entry):
                outcome.recordings[call] = None
        return True


def _peek(data: bytes) -> _Peek | None:
    """Its place, without checking anything else; None when it is no entry at all."""
    try:
        peek = msgspec.json.decode(data, type=_Peek)
        msgspec.json.decode(peek.body, type=_PeekBody)
    except MALFORMED:
        return None
    return peek


def _all_bad(outcome: Outcome, entries: list[bytes], why: str) -> None:
    for data in entries:
        peek = _peek(data)
        outcome.bad.append((peek.seq if peek else 0, data, why))
