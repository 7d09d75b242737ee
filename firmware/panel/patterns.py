"""Patterns: a lamp's brightness as a pure function of the time since it began.

No pattern flashes more than three times a second, the limit of WCAG 2.3.1 for people with photosensitive
epilepsy: fast_blink is 2.5 Hz, short blinks are 2 Hz.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """steps: (brightness 0 to 1, milliseconds), repeated for ever, or once with the last brightness held."""

    name: str
    steps: tuple[tuple[float, int], ...]
    repeats: bool = True

    def __post_init__(self) -> None:
        if not self.steps or any(ms <= 0 or not 0 <= level <= 1 for level, ms in self.steps):
            raise ValueError(f"pattern {self.name}: steps need a brightness of 0 to 1 and a time over 0 ms")

    @property
    def period_ms(self) -> int:
        return sum(ms for _, ms in self.steps)

    def level_at(self, elapsed_ms: float) -> float:
        """Brightness; before the begin as at the begin."""
        for level, begins_ms, ends_ms in self._edges(elapsed_ms):
            if begins_ms <= max(elapsed_ms, 0) < ends_ms:
                return level
        return self.steps[-1][0]

    def next_change_ms(self, elapsed_ms: float) -> float | None:
        """When the brightness may change next, since the begin of the pattern; None: never again."""
        if len(self.steps) == 1:
            return None
        for _, begins_ms, ends_ms in self._edges(elapsed_ms):
            if begins_ms <= max(elapsed_ms, 0) < ends_ms:
                final = not self.repeats and ends_ms >= self.period_ms
                return None if final else ends_ms
        return None

    def _edges(self, elapsed_ms: float) -> Iterator[tuple[float, int, int]]:
        """Brightness, begin and end of each step of the round that holds `elapsed_ms`."""
        ends_ms = int(max(elapsed_ms, 0)) // self.period_ms * self.period_ms if self.repeats else 0
        for level, ms in self.steps:
            yield level, ends_ms, ends_ms + ms
            ends_ms += ms


def short_blinks(count: int) -> Pattern:
    """`count` short blinks, then a pause that is longer than any gap between them."""
    steps = ((1.0, 200), (0.0, 300)) * count
    return Pattern(f"blinks_{count}", (*steps[:-1], (0.0, 1500)))


OFF = Pattern("off", ((0.0, 1000),))
ON = Pattern("on", ((1.0, 1000),))
SLOW_BLINK = Pattern("slow_blink", ((1.0, 1000), (0.0, 1000)))
FAST_BLINK = Pattern("fast_blink", ((1.0, 200), (0.0, 200)))
LAMP_TEST = Pattern("lamp_test", ((1.0, 1000), (0.0, 1000)), repeats=False)
LONG_BLINKS = Pattern("long_blinks_2", ((1.0, 800), (0.0, 400), (1.0, 800), (0.0, 1600)))
CHASE_GREEN = Pattern("chase_1", ((1.0, 200), (0.0, 400)))
CHASE_RED = Pattern("chase_2", ((0.0, 200), (1.0, 200), (0.0, 200)))
CHASE_AMBER = Pattern("chase_3", ((0.0, 400), (1.0, 200)))
ATTENTION = {number: short_blinks(number) for number in range(1, 7)}

PATTERNS = {
    pattern.name: pattern
    for pattern in (
        OFF,
        ON,
        SLOW_BLINK,
        FAST_BLINK,
        LAMP_TEST,
        LONG_BLINKS,
        CHASE_GREEN,
        CHASE_RED,
        CHASE_AMBER,
        *ATTENTION.values(),
    )
}
