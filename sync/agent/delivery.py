"""Receipts in, recordings delivered, old ones pruned. Owner thread only.

Order for each receipt: file, ledger entry, folder. What stops in between (full disk, power cut) is gone
on with by `finish`, at the next tick, or by `settle`, at the next start.
"""

from collections.abc import Callable

from firmware.evidence.canonical import JsonObject
from firmware.evidence.entry import Entry
from firmware.evidence.errors import FormatError
from firmware.evidence.receipt import receipt_sha256
from firmware.spool.layout import recording_path
from firmware.spool.spool import Spool
from sync.agent.ports import LedgerPort
from sync.agent.receipts import ReceiptCheck, Recorded
from sync.agent.shelf import Shelf


class Delivery:
    """`required`: receipts that let a recording go."""

    def __init__(
        self,
        *,
        call_of: Callable[[int], str],
        ledger: LedgerPort,
        spool: Spool,
        shelf: Shelf,
        check: ReceiptCheck,
        required: int,
    ) -> None:
        self._call_of, self._ledger, self._spool, self._shelf = call_of, ledger, spool, shelf
        self._check, self._required = check, required
        self._unfinished: dict[tuple[int, str], str] = {}
        self._perhaps_entered: set[tuple[int, str]] = set()  # of an earlier agent: the ledger must be asked

    def take(self, replica: str, text: str) -> bool:
        """A receipt as it came. True when it is new, and now kept; RefusedError when it does not hold."""
        taken = self._check.take(replica, text)
        if self._spool.layout.receipt(taken.seq, replica).exists():
            self._shelf.add_receipt(taken.seq, replica)
            return False
        self._spool.add_receipt(taken.seq, replica, text.encode("ascii"))
        self._shelf.add_receipt(taken.seq, replica)
        self._unfinished[taken.seq, replica] = text
        self.finish()
        return True

    def finish(self) -> None:
        """Ledger entry and folder for stored receipts. LedgerError, OSError: goes on at the next call."""
        for (seq, replica), text in list(self._unfinished.items()):
            if (seq, replica) not in self._perhaps_entered or not self._is_entered(seq, replica):
                body: JsonObject = {
                    "call": self._call_of(seq),
                    "vault": replica,
                    "sha256": receipt_sha256(text),
                }
                self._ledger.append("receipt", body)
            self._perhaps_entered.add((seq, replica))
            self._deliver(seq)
            del self._unfinished[seq, replica]
            self._perhaps_entered.discard((seq, replica))

    def settle(self) -> None:
        """At start: finish what a lost agent had begun, for recordings that still wait."""
        for seq in self._spool.waiting():
            for path in self._spool.receipts(seq):
                vault = path.name.removesuffix(".jws").partition(".")[2]
                self._unfinished[seq, vault] = path.read_text("ascii")
                self._perhaps_entered.add((seq, vault))
        self.finish()

    def prune(self, *, keep_days: int, low_percent: float) -> bool:
        """Remove what may go, each after its ledger entry. False: so much would go that it was refused."""
        plan = self._spool.plan_pruning(
            keep_days=keep_days, low_percent=low_percent, receipts_required=self._required
        )
        for kept in plan.remove:
            self._ledger.append("pruned", {"call": self._call_of(kept.seq), "receipts": kept.receipts})
            self._spool.prune(kept.seq)
        return not plan.refused

    def _is_entered(self, seq: int, vault: str) -> bool:
        call = self._call_of(seq)
        bodies = (Entry.parse(raw).body for raw in self._ledger.since(seq + 1, "receipt"))
        return any((body["call"], body["vault"]) == (call, vault) for body in bodies)

    def _deliver(self, seq: int) -> None:
        item = self._shelf.get(seq)  # knows the receipts without listing a folder of years
        held = len(item.receipts) if item is not None else len(self._spool.receipts(seq))
        if held >= self._required and recording_path(self._spool.layout.waiting, seq).exists():
            self._shelf.moved(seq, self._spool.mark_delivered(seq))


def recorded_in(ledger: LedgerPort, call: str, seq: int) -> Recorded | None:
    """What the ledger's `recording` entry says of the call that began at `seq`."""
    for raw in ledger.since(seq + 1, "recording"):
        entry = Entry.parse(raw)
        if entry.body["call"] == call:
            return _recorded(entry)
    return None


def _recorded(entry: Entry) -> Recorded:
    match entry.body:
        case {"call": str(call), "sha256": str(sha256), "size": int(size), "frames": int(frames)}:
            return Recorded(call, sha256, size, frames)
        case _:
            raise FormatError(f"entry {entry.seq}: a `recording` without sha256, size or frames")
