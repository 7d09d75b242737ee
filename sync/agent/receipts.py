"""Receipts: believed only against our own settings and our own ledger, then kept. Owner thread only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firmware.evidence.errors import EvidenceError
from firmware.evidence.ids import parse_call
from firmware.evidence.keys import VerifyKey
from firmware.evidence.receipt import Receipt
from sync.agent.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Recorded:
    """What our ledger says of a recording, in its `recording` entry."""

    call: str
    sha256: str
    size: int
    frames: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A receipt that holds, with its text as it is to be stored."""

    seq: int
    vault: str
    text: str
    receipt: Receipt


class ReceiptCheck:
    """The ordered list of rules; the first that fails refuses, and nothing has been changed.

    1. The text is a receipt, signed by the key that the settings name for the replica it came from.
    2. It names that replica as its vault.
    3. Its call is one of this desk.
    4. This desk's ledger has a `recording` entry of that call.
    5. SHA-256, size and number of frames are those of the entry.
    """

    def __init__(
        self, *, desk: str, keys: Mapping[str, VerifyKey], recorded: Callable[[int], Recorded | None]
    ) -> None:
        self._desk, self._keys, self._recorded = desk, keys, recorded

    def take(self, replica: str, text: str) -> Taken:
        """The receipt, or RefusedError with the reason."""
        try:
            receipt = Receipt.verify(text, self._keys[replica])
            call = parse_call(receipt.call)
        except EvidenceError as error:
            raise RefusedError(f"a receipt of {replica} is refused: {error}") from error
        if receipt.vault != replica:
            raise RefusedError(f"a receipt of {replica} is refused: it names vault {receipt.vault!r:.40}")
        if call.desk != self._desk:
            raise RefusedError(f"a receipt of {replica} is refused: {receipt.call} is a call of another desk")
        self._compare(replica, receipt, self._recorded(call.seq))
        return Taken(call.seq, replica, text, receipt)

    @staticmethod
    def _compare(replica: str, receipt: Receipt, recorded: Recorded | None) -> None:
        if recorded is None:
            raise RefusedError(
                f"a receipt of {replica} is refused: {receipt.call} is not in this desk's ledger"
            )
        for field in ("sha256", "size", "frames"):
            if getattr(receipt, field) != getattr(recorded, field):
                raise RefusedError(
                    f"a receipt of {replica} is refused: {field} of {receipt.call} is not what was recorded"
                )
