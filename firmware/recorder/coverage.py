"""Milliseconds off-hook and recorded: since the last checkpoint, and today (UTC)."""

from collections.abc import Iterable
from datetime import date

from firmware.recorder.open_call import OpenCall


class Coverage:
    """Sums of calls that are accounted for; open calls are added when asked."""

    def __init__(self) -> None:
        self._off_hook_ms = 0
        self._recorded_ms = 0
        self._told = (0, 0)  # by checkpoints
        self._day: date | None = None
        self._midnight = (0, 0)
        self._before = (0, 0)  # today's, of earlier runs of this process
        self.lost_samples_today = 0

    def add(self, off_hook_ms: int, recorded_ms: int) -> None:
        self._off_hook_ms += off_hook_ms
        self._recorded_ms += recorded_ms

    def begin_day(self, day: date, off_hook_ms: int, recorded_ms: int) -> None:
        """What today's checkpoints of earlier runs told."""
        self._day, self._before = day, (off_hook_ms, recorded_ms)

    def turn_day(self, day: date, open_calls: Iterable[OpenCall], now_ns: int) -> None:
        if day != self._day:
            self._day, self._before = day, (0, 0)
            self._midnight = self._totals(open_calls, now_ns)
            self.lost_samples_today = 0

    def today(self, open_calls: Iterable[OpenCall], now_ns: int) -> tuple[int, int]:
        """(off-hook, recorded) in ms."""
        totals = self._totals(open_calls, now_ns)
        return (
            max(0, totals[0] - self._midnight[0]) + self._before[0],
            max(0, totals[1] - self._midnight[1]) + self._before[1],
        )

    def since_checkpoint(self, open_calls: Iterable[OpenCall], now_ns: int) -> tuple[int, int]:
        """(off-hook, recorded) in ms that no checkpoint has told yet.

        A hang-up is known late, and shortens what was told of its call: the next ones tell less.
        """
        totals = self._totals(open_calls, now_ns)
        return max(0, totals[0] - self._told[0]), max(0, totals[1] - self._told[1])

    def told(self, off_hook_ms: int, recorded_ms: int) -> None:
        """A checkpoint has told so much of it."""
        self._told = (self._told[0] + off_hook_ms, self._told[1] + recorded_ms)

    def _totals(self, open_calls: Iterable[OpenCall], now_ns: int) -> tuple[int, int]:
        off_hook_ms, recorded_ms = self._off_hook_ms, self._recorded_ms
        for call in open_calls:
            off_hook_ms += call.off_hook_ms(now_ns)
            recorded_ms += call.recorded_ms(now_ns)
        return off_hook_ms, recorded_ms
