"""Signed checkpoints: at boot, after each call, at shutdown, and every `checkpoint_s`."""

import logging

from drivers.clock import Clock
from firmware.ledger import Ledger, LedgerBlockedError
from firmware.log import event
from firmware.recorder.coverage import Coverage
from firmware.recorder.keeper import CallKeeper

log = logging.getLogger(__name__)


class Checkpoints:
    """Owner thread only. Without the desk's key there are none, and the time counts as uncovered."""

    def __init__(
        self, *, ledger: Ledger, coverage: Coverage, keeper: CallKeeper, clock: Clock, every_s: int
    ) -> None:
        self._ledger = ledger
        self._coverage = coverage
        self._keeper = keeper
        self._clock = clock
        self._every_ns = every_s * 1_000_000_000
        self._due_ns = 0
        self._accounted = 0
        self.seq = 0

    def tick(self) -> None:
        """Write one if it is time, or if a call has been accounted for since the last."""
        if self._clock.monotonic_ns() >= self._due_ns or self._keeper.accounted != self._accounted:
            self.write()

    def write(self) -> None:
        if self._ledger.key is None:
            return
        now_ns = self._clock.monotonic_ns()
        off_hook_ms, recorded_ms = self._coverage.since_checkpoint(self._keeper.calls, now_ns)
        try:
            self.seq = self._ledger.checkpoint(off_hook_ms=off_hook_ms, recorded_ms=recorded_ms).seq
        except LedgerBlockedError as error:
            event(log, "no_checkpoint", level=logging.ERROR, error=error)
            return  # at the next tick
        self._coverage.told(off_hook_ms, recorded_ms)
        self._accounted = self._keeper.accounted
        self._due_ns = now_ns + self._every_ns
