"""Ledger entries to one replica: outbox, cursor and connection put together. Owner thread only."""

import hashlib
from collections.abc import Callable

import msgspec

from sync.agent.cursor import Cursor, CursorFile
from sync.agent.outbox import Outbox
from sync.agent.ports import LedgerPort
from sync.wire import batch


class _Numbered(msgspec.Struct):
    seq: int


class LedgerSender:
    """`publish(payload)` hands a batch to the connection and says whether it was taken."""

    def __init__(
        self,
        *,
        ledger: LedgerPort,
        cursor: CursorFile,
        publish: Callable[[bytes], bool],
        mono_s: Callable[[], float],
    ) -> None:
        self._ledger, self._cursor, self._publish, self._mono_s = ledger, cursor, publish, mono_s
        self._outbox = Outbox(acked=cursor.load(self._hash_of).seq)

    @property
    def acked(self) -> int:
        return self._outbox.acked

    def connected(self) -> None:
        self._outbox.connected()
        self.pump()

    def disconnected(self) -> None:
        self._outbox.disconnected()

    def pump(self) -> None:
        """Send what may be sent now. WireError when an entry is too large for any broker."""
        head = self._ledger.last_seq()
        while (seq := self._outbox.next_seq(head)) is not None:
            entries = self._ledger.read(seq, batch.BATCH_ENTRIES)
            if not entries:
                return
            payload, taken = batch.pack(entries)
            if not self._publish(payload):
                return
            # Not seq + taken: a chain that replaced a broken one may begin above the cursor.
            self._outbox.was_sent(_seq_of(entries[taken - 1]), self._mono_s())

    def on_ack(self, seq: int) -> None:
        """Move the cursor as the vault says, then send on. RefusedError when it cannot be."""
        if self._outbox.on_ack(seq, self._ledger.last_seq(), self._mono_s()):
            self._cursor.save(Cursor(seq, self._hash_of(seq) or ""))
            self.pump()

    def tick(self) -> bool:
        """Once a second. True when the vault did not acknowledge in time, and all is sent again."""
        late = self._outbox.resend_if_late(self._mono_s())
        self.pump()
        return late

    def close(self) -> None:
        self._cursor.flush()

    def _hash_of(self, seq: int) -> str | None:
        entries = self._ledger.read(seq, 1) if seq else []
        return hashlib.sha256(entries[0]).hexdigest() if entries and _seq_of(entries[0]) == seq else None


def _seq_of(entry: bytes) -> int:
    return msgspec.json.decode(entry, type=_Numbered).seq
