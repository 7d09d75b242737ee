"""Ring bursts into rings: what a caller would count. Seconds of any clock.

A network's cadence may have two bursts a ring (400 on, 200 off, 400 on, 2000 off): pauses shorter than half
the long one do not part two rings. Works without a cadence too, with the shortest long pause in the world
(2 s: Japan, United Kingdom).
"""

from collections.abc import Sequence
from dataclasses import dataclass

LONG_PAUSE_S = 2.0
TOLERANCE = 0.25  # of the cadence: standards allow 10 %, a detector adds the time it takes to see the ring
BURST_MIN_S = 0.1  # a dialling neighbour or a switch makes shorter ones


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring; `on_cadence`: its bursts are as the network sends them. index: from 1 within this ringing."""

    index: int
    start_s: float
    end_s: float
    on_cadence: bool


class RingCounter:
    """Bursts in order of time. cadence_ms: on, off …, the last pause the long one; empty: unknown."""

    def __init__(self, cadence_ms: Sequence[int] = ()) -> None:
        if len(cadence_ms) % 2:
            raise ValueError(f"cadence {list(cadence_ms)}: must be on, off, on, off …")
        self._on_s = [one / 1000 for one in cadence_ms[::2]]
        self._pause_s = cadence_ms[-1] / 1000 if cadence_ms else LONG_PAUSE_S
        self._bursts: list[tuple[float, float]] = []
        self._count = 0

    @property
    def deadline_s(self) -> float | None:
        """When the ring that goes on is over if no burst comes."""
        return self._bursts[-1][1] + self._pause_s / 2 if self._bursts else None

    @property
    def silent_after_s(self) -> float:
        """Ringing that pauses so long has stopped."""
        return self._pause_s * (1 + TOLERANCE) + 1.0

    def burst(self, start_s: float, end_s: float) -> list[Ring]:
        """A burst has ended; the ring before it, if this one begins another."""
        if end_s - start_s < BURST_MIN_S:
            return []
        told = self.passed(start_s)
        if self._bursts and len(self._bursts) > len(self._on_s or [0.0, 0.0]):
            self._bursts.pop()  # bounded: chatter counts as the ring it is in
        self._bursts.append((start_s, end_s))
        return told

    def passed(self, now_s: float) -> list[Ring]:
        """The ring that is over by now."""
        if self.deadline_s is None or now_s < self.deadline_s:
            return []
        bursts, self._bursts, self._count = self._bursts, [], self._count + 1
        return [Ring(self._count, bursts[0][0], bursts[-1][1], self._fits(bursts))]

    def stopped(self) -> list[Ring]:
        """Ringing is over: the last ring, and counting begins anew."""
        told = self.passed(float("inf"))
        self._count = 0
        return told

    def _fits(self, bursts: list[tuple[float, float]]) -> bool:
        if not self._on_s:
            return True
        lengths = [end_s - start_s for start_s, end_s in bursts]
        return len(lengths) == len(self._on_s) and all(
            abs(length - on_s) <= TOLERANCE * on_s + 0.05
            for length, on_s in zip(lengths, self._on_s, strict=True)
        )
