"""Contact bounce: which of the hook's edges are real. Times in seconds, any clock.

Two kinds of bounce, for a pulse dial at 20 pulses a second makes contact for 16 ms only: a level counts once
it has held for SETTLE_S, and then from when it began; a break shorter than `bounce_s` counts for nothing.
"""

from dataclasses import dataclass

SETTLE_S = 0.006


@dataclass(frozen=True, slots=True)
class Level:
    """The hook has been off (or on) since then."""

    at_s: float
    off_hook: bool


class Settle:
    """Edges in order of time, in; levels that held, out. Begins on-hook."""

    def __init__(self) -> None:
        self._off_hook = False
        self._since_s: float | None = None  # the other level holds since then

    @property
    def deadline_s(self) -> float | None:
        """When `passed` will have something to tell, if no edge comes."""
        return None if self._since_s is None else self._since_s + SETTLE_S

    def edge(self, at_s: float, off_hook: bool) -> Level | None:
        told = self.passed(at_s)
        if off_hook == self._off_hook:
            self._since_s = None
        elif self._since_s is None:
            self._since_s = at_s
        return told

    def passed(self, now_s: float) -> Level | None:
        """What is sure by now."""
        if self._since_s is None or now_s < self._since_s + SETTLE_S:
            return None
        at_s, self._since_s = self._since_s, None
        self._off_hook = not self._off_hook
        return Level(at_s, self._off_hook)
