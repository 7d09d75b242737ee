"""The ledger's chain: every entry names the hash of the one before, checkpoints sign it.

Rules, in the order in which they are checked for each entry:

1. `entry`       its bytes are one canonical ledger entry
2. `desk`        it is of the same desk as the entry before
3. `seq`         it counts one up from the entry before; the first is 1 (unless the chain is a new one, below)
4. `prev`        it names the SHA-256 of the entry before; the first, 64 zeros
5. `mono`        within one boot the monotonic clock does not go back
6. `key`         an `enrolled` entry names the key that the desk is known by
7. `head`        a checkpoint's head is its `prev`
8. `sig`         a checkpoint's signature is by the desk's key
9. `call`        what is entered of calls is of this desk's, and one `recording` at most of each (checked by
                 the audit of a whole ledger; a vault keeps to the first)

A desk whose ledger's end does not verify sets it aside and begins a new chain. Its first entry has `prev`
64 zeros, a higher `seq` than anything before (calls stay unique) and a `broken_head` in its body. Such an
entry is taken anywhere, and told as a restart; `restart` is the problem's rule when it does not follow
exactly upon the entry before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware.evidence.entry import FIRST_PREV, Entry, checkpoint_message
from firmware.evidence.errors import EvidenceError, FormatError, SignatureError
from firmware.evidence.fields import text
from firmware.evidence.ids import from_base64, parse_call, to_base64

if TYPE_CHECKING:  # cryptography behind it costs 7 MB, which a process that only appends saves
    from firmware.evidence.keys import SigningKey, VerifyKey


class ChainError(EvidenceError):
    """An entry that does not belong at the end of this chain. `rule` is a name from the list above."""

    def __init__(self, rule: str, seq: int, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.seq = seq


@dataclass(frozen=True, slots=True)
class ChainProblem:
    rule: str
    seq: int
    message: str


@dataclass(frozen=True, slots=True)
class Restart:
    """A new chain begins with entry `seq`, in place of one that ended in `broken_head`."""

    seq: int
    broken_head: str
    follows: bool  # exactly upon the entry before, so nothing is missing in between


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a chain is worth. `problems` is empty when every rule holds for every entry."""

    desk: str
    entries: int
    first_seq: int
    last_seq: int
    head: str  # SHA-256 of the last entry
    first_at: str
    last_at: str
    checkpoints: int  # whose signature holds
    signed_seq: int  # everything before this checkpoint is signed; 0: nothing is
    signed_by: str  # key id; "" when no key is known
    unaccounted: tuple[int, ...]  # off_hook entries without `recording` or `not_recorded`
    running: (
        int  # the off_hook entry of a call that the ledger's end falls into, 0: none; not in `unaccounted`
    )
    restarts: tuple[Restart, ...]
    problems: tuple[ChainProblem, ...]

    @property
    def whole(self) -> bool:
        return not self.problems


def sign_checkpoint(key: SigningKey, desk: str, seq: int, head: str, at: str) -> str:
    """`sig` of the checkpoint entry `seq`, base64."""
    return to_base64(key.sign(checkpoint_message(desk, seq, head, at)))


def verify_checkpoint(entry: Entry, key: VerifyKey) -> None:
    """Nothing when the signature of this checkpoint holds, SignatureError else."""
    message = checkpoint_message(entry.desk, entry.seq, text(entry.body["head"]), entry.at)
    key.verify(from_base64(text(entry.body["sig"])), message)


class ChainWalker:
    """The end of a chain that is known to be good, and whether an entry belongs behind it.

    Start at nothing, or at a (desk, seq, head) that was verified and stored before. Without a `key`, the
    one that the chain's own `enrolled` entry names is used: that shows consistency, not who signed.
    """

    def __init__(
        self,
        *,
        desk: str = "",
        seq: int = 0,
        head: str = FIRST_PREV,
        key: VerifyKey | None = None,
    ) -> None:
        self.desk = desk
        self.seq = seq
        self.head = head
        self.key = key
        self.checkpoints = 0
        self.signed_seq = 0
        self.restarts: list[Restart] = []
        self._boot = ""
        self._mono_ns = 0

    def take(self, data: bytes) -> Entry:
        """The entry, now the end of the chain; ChainError leaves the chain as it was."""
        entry = self._parse(data)
        restart = self._restart(entry)
        self._check_link(entry, restart)
        key = self._check_key(entry)
        if entry.kind == "checkpoint":
            self._check_checkpoint(entry, key)
        self._advance(entry, key)
        self.restarts += [restart] if restart else []
        return entry

    def resume(self, entry: Entry) -> None:
        """Go on behind an entry that did not belong, to see what else is wrong."""
        self._advance(entry, self.key, signed=False)

    def _parse(self, data: bytes) -> Entry:
        try:
            return Entry.parse(data)
        except FormatError as error:
            raise ChainError("entry", self.seq + 1, f"entry {self.seq + 1}: {error}") from error

    def _restart(self, entry: Entry) -> Restart | None:
        if entry.prev != FIRST_PREV or "broken_head" not in entry.body or entry.seq <= max(self.seq, 1):
            return None
        broken = text(entry.body["broken_head"])
        return Restart(entry.seq, broken, follows=entry.seq == self.seq + 1 and broken == self.head)

    def _check_link(self, entry: Entry, restart: Restart | None) -> None:
        if self.desk and entry.desk != self.desk:
            raise ChainError("desk", entry.seq, f"entry {entry.seq} is of desk {entry.desk}, not {self.desk}")
        if restart:
            return
        if entry.seq != self.seq + 1:
            raise ChainError(
                "seq", entry.seq, f"entry {entry.seq} follows entry {self.seq}: some are missing"
            )
        if entry.prev != self.head:
            raise ChainError("prev", entry.seq, f"entry {entry.seq} does not name the hash of the one before")
        if entry.boot == self._boot and entry.mono_ns < self._mono_ns:
            raise ChainError(
                "mono", entry.seq, f"entry {entry.seq}: the monotonic clock goes back in one boot"
            )

    def _check_key(self, entry: Entry) -> VerifyKey | None:
        if entry.kind != "enrolled":
            return self.key
        from firmware.evidence.keys import VerifyKey  # noqa: PLC0415 - 7 MB, see the top

        named = VerifyKey.from_base64(text(entry.body["public_key"]))
        if self.key is not None and named != self.key:
            message = f"entry {entry.seq} enrols key {named.key_id}; the desk is known by {self.key.key_id}"
            raise ChainError("key", entry.seq, message)
        return named

    def _check_checkpoint(self, entry: Entry, key: VerifyKey | None) -> None:
        if entry.body["head"] != entry.prev:
            raise ChainError("head", entry.seq, f"checkpoint {entry.seq} is about another head than its prev")
        if key is not None:
            try:
                verify_checkpoint(entry, key)
            except SignatureError as error:
                raise ChainError("sig", entry.seq, f"checkpoint {entry.seq}: {error}") from error

    def _advance(self, entry: Entry, key: VerifyKey | None, *, signed: bool = True) -> None:
        self.desk, self.seq, self.head, self.key = entry.desk, entry.seq, entry.hash, key
        self._boot, self._mono_ns = entry.boot, entry.mono_ns
        if signed and key is not None and entry.kind == "checkpoint":
            self.checkpoints += 1
            self.signed_seq = entry.seq


class ChainAudit:
    """Walks a whole ledger, entry by entry, and goes on behind every break to find them all."""

    def __init__(self, key: VerifyKey | None = None) -> None:
        self._walker = ChainWalker(key=key)
        self._problems: list[ChainProblem] = []
        self._off_hooks: dict[int, None] = {}  # not accounted for yet
        self._recorded: set[int] = set()
        self._running = 0
        self._hung_up = False
        self._first: Entry | None = None
        self._last: Entry | None = None
        self._count = 0

    def take(self, data: bytes) -> Entry | None:
        """The entry, also when it does not belong; None when it is no entry. Raises nothing for bad data."""
        self._count += 1
        try:
            entry = self._walker.take(data)
        except ChainError as error:
            self.note(error.rule, error.seq, str(error))
            if error.rule == "entry":
                return None
            entry = Entry.parse(data)
            self._walker.resume(entry)
        if restarts := [restart for restart in self._walker.restarts[-1:] if restart.seq == entry.seq]:
            self._note_restart(restarts[0])
        self._first, self._last = self._first or entry, entry
        self._account(entry)
        return entry

    def note(self, rule: str, seq: int, message: str) -> None:
        """Add a problem that only the store around the entries can see."""
        self._problems.append(ChainProblem(rule, seq, message))

    def report(self) -> ChainReport:
        first, last, walker = self._first, self._last, self._walker
        return ChainReport(
            desk=walker.desk,
            entries=self._count,
            first_seq=first.seq if first else 0,
            last_seq=walker.seq,
            head=walker.head,
            first_at=first.at if first else "",
            last_at=last.at if last else "",
            checkpoints=walker.checkpoints,
            signed_seq=walker.signed_seq,
            signed_by=walker.key.key_id if walker.key else "",
            unaccounted=tuple(seq for seq in self._off_hooks if seq != self._running),
            running=self._running if self._running in self._off_hooks else 0,
            restarts=tuple(walker.restarts),
            problems=tuple(self._problems),
        )

    def _note_restart(self, restart: Restart) -> None:
        if self._first is not None and not restart.follows:
            message = f"entry {restart.seq} begins a new chain that does not follow upon the entry before"
            self.note("restart", restart.seq, message)

    def _account(self, entry: Entry) -> None:
        """A call runs until it is hung up and the checkpoint behind it is written, or the desk stops."""
        match entry.kind:
            case "off_hook":
                self._off_hooks[entry.seq] = None
                self._running, self._hung_up = entry.seq, False
            case "recording" | "not_recorded":
                self._account_call(entry)
            case "on_hook":
                self._hung_up = True
            case "boot" | "shutdown":
                self._running = 0
            case "checkpoint" if self._hung_up:
                self._running = 0

    def _account_call(self, entry: Entry) -> None:
        call = parse_call(text(entry.body["call"]))
        if call.desk != entry.desk or call.seq >= entry.seq:
            self.note(
                "call", entry.seq, f"entry {entry.seq} is about {call}, which is no call of this desk's"
            )
            return
        self._off_hooks.pop(call.seq, None)
        if entry.kind == "recording":
            if call.seq in self._recorded:
                self.note("call", entry.seq, f"entry {entry.seq} enters another recording of {call}")
            self._recorded.add(call.seq)


def verify_chain(entries: Iterable[bytes], key: VerifyKey | None = None) -> ChainReport:
    """Walk a whole ledger and report every break; raises nothing for what the ledger holds."""
    audit = ChainAudit(key)
    for data in entries:
        audit.take(data)
    return audit.report()
