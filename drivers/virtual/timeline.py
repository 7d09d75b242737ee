"""One time for everything: samples at 8 kHz, mapped exactly to CLOCK_MONOTONIC.

Two clocks run on it. The write head is where sound is made: what happens on the line (Timeline) happens
there, at exact samples. Real time follows the lead behind: pins and tty change then (Outbox), when the card
presents the same sample.
"""

import heapq
from collections.abc import Callable
from itertools import count

from drivers.virtual.moments import NS_PER_SAMPLE, RATE_HZ


class Timer:
    """Something that will happen; cancelled, it will not."""

    __slots__ = ("action", "cancelled", "sample")

    def __init__(self, sample: int, action: Callable[[], object]) -> None:
        self.sample = sample
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Timeline:
    """The write head, and what happens when it gets somewhere."""

    def __init__(self) -> None:
        self.head = 0
        self._heap: list[tuple[int, int, Timer]] = []
        self._order = count()

    def at(self, sample: int, action: Callable[[], object]) -> Timer:
        """Run `action` when the head is at `sample`, in order of calling; the past means now."""
        timer = Timer(max(sample, self.head), action)
        heapq.heappush(self._heap, (timer.sample, next(self._order), timer))
        return timer

    def after_ms(self, milliseconds: float, action: Callable[[], object]) -> Timer:
        return self.at(self.head + samples_of_ms(milliseconds), action)

    def run_due(self) -> None:
        """All that is due at the head, and what that makes due at once."""
        while self._heap and self._heap[0][0] <= self.head:
            timer = heapq.heappop(self._heap)[2]
            if not timer.cancelled:
                timer.action()

    def next_stop(self, limit: int) -> int:
        """The sample up to which sound can be made in one piece."""
        return min(limit, self._heap[0][0]) if self._heap else limit


class Outbox:
    """What becomes visible when real time reaches a sample, in order of samples."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Callable[[], object]]] = []
        self._order = count()

    def put(self, sample: int, show: Callable[[], object]) -> None:
        heapq.heappush(self._heap, (sample, next(self._order), show))

    @property
    def next_sample(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def show_until(self, sample: int) -> None:
        while self._heap and self._heap[0][0] <= sample:
            heapq.heappop(self._heap)[2]()


def samples_of_ms(milliseconds: float) -> int:
    return round(milliseconds * RATE_HZ / 1000)


def ns_of_samples(samples: int) -> int:
    return samples * NS_PER_SAMPLE
