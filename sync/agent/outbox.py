"""Which ledger entries go to one replica next. Pure; times are seconds of any monotonic clock.

The ledger is the outbox and a PUBACK proves nothing, so only the vault's `ack` moves the cursor. Up to WINDOW
batches are on their way at once; when no ack moves the cursor in time, all after the cursor is sent again.
"""

from collections import deque
from dataclasses import dataclass, field

from sync.agent.errors import RefusedError

WINDOW = 4  # batches of at most 63 KiB: hides 200 ms of latency, and a broker never holds more of ours
FIRST_TIMEOUT_S, MOST_TIMEOUT_S = 5.0, 60.0


@dataclass(slots=True)
class Outbox:
    """`acked`: highest seq that the vault holds; `sent`: highest seq given to this connection."""

    acked: int
    sent: int = field(init=False)
    _timeout_s: float = FIRST_TIMEOUT_S
    _deadline: float | None = None
    _connected: bool = False
    _window: deque[int] = field(default_factory=deque)  # last seq of each batch on its way

    def __post_init__(self) -> None:
        self.sent = self.acked

    def connected(self) -> None:
        """A new connection: whatever was on its way may be lost."""
        self._connected = True
        self._timeout_s = FIRST_TIMEOUT_S
        self._rewind()

    def disconnected(self) -> None:
        self._connected = False
        self._rewind()

    def next_seq(self, head: int) -> int | None:
        """First seq of the batch to send now; None: nothing to send, or enough is on its way."""
        if not self._connected or self.sent >= head or len(self._window) >= WINDOW:
            return None
        return self.sent + 1

    def was_sent(self, last_seq: int, now: float) -> None:
        """A batch up to `last_seq` went out."""
        self.sent = last_seq
        self._window.append(last_seq)
        if self._deadline is None:
            self._deadline = now + self._timeout_s

    def on_ack(self, seq: int, head: int, now: float) -> bool:
        """The vault holds all up to `seq`. True when the cursor moved, forward or back.

        RefusedError when it claims entries that were never written: another desk's chain, or another disk.
        """
        if not 0 <= seq <= head:
            raise RefusedError(f"it acknowledges ledger entry {seq}, but this desk has written {head}")
        if seq == self.acked:
            return False
        if seq < self.acked:  # it lost entries (an older disk): it gets them again
            self.acked = seq
            self._rewind()
            return True
        self.acked = seq
        self.sent = max(self.sent, seq)
        while self._window and self._window[0] <= seq:
            self._window.popleft()
        self._timeout_s = FIRST_TIMEOUT_S
        self._deadline = now + self._timeout_s if self._window else None
        return True

    def resend_if_late(self, now: float) -> bool:
        """When the deadline has passed: start again after the cursor, with a longer time-out."""
        if self._deadline is None or now < self._deadline:
            return False
        self._timeout_s = min(MOST_TIMEOUT_S, self._timeout_s * 2)
        self._rewind()
        return True

    def _rewind(self) -> None:
        self.sent = self.acked
        self._window.clear()
        self._deadline = None
