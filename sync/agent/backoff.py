"""Waiting between attempts: 1 to 60 s, doubling ceiling, full jitter.

A thousand desks that lose a broker at once must not come back at once: TLS handshakes, not messages, are
what limits it.
"""

from collections.abc import Callable
from random import SystemRandom

FIRST_S, MOST_S = 1.0, 60.0
_RANDOM = SystemRandom()


class Backoff:
    """`next_s()` before each new attempt; `reset()` once things work again."""

    def __init__(self, *, uniform: Callable[[float, float], float] = _RANDOM.uniform) -> None:
        self._uniform = uniform
        self._failures = 0

    @property
    def failures(self) -> int:
        return self._failures

    def next_s(self) -> float:
        """Seconds to wait: between FIRST_S and a ceiling of 2, 4, 8, … MOST_S."""
        self._failures += 1
        ceiling = min(MOST_S, FIRST_S * 2 ** min(self._failures, 16))
        return self._uniform(FIRST_S, ceiling)

    def reset(self) -> None:
        self._failures = 0
