"""Display: three patterns in time on three lamps. A lamp keeps its phase while its pattern stays the same."""

from dataclasses import dataclass

from drivers.lamps import Lamps
from firmware.panel.patterns import OFF, Pattern
from firmware.panel.situations import Shown

NS_PER_MS = 1_000_000
Levels = tuple[float, float, float]  # green, red, amber


@dataclass(frozen=True, slots=True)
class _Playing:
    pattern: Pattern
    since_ns: int

    def replaced_by(self, pattern: Pattern, now_ns: int) -> "_Playing":
        return self if pattern == self.pattern else _Playing(pattern, now_ns)

    def level_at(self, now_ns: int) -> float:
        return self.pattern.level_at((now_ns - self.since_ns) / NS_PER_MS)

    def next_change_ns(self, now_ns: int) -> int | None:
        change_ms = self.pattern.next_change_ms((now_ns - self.since_ns) / NS_PER_MS)
        return None if change_ms is None else self.since_ns + int(change_ms * NS_PER_MS)


class Display:
    """Drives the lamps only when a brightness changes. Raises DriverError as the lamps do, then again."""

    def __init__(self, lamps: Lamps) -> None:
        self._lamps = lamps
        dark = _Playing(OFF, 0)
        self._playing = (dark, dark, dark)
        self._levels: Levels | None = None

    def show(self, shown: Shown, now_ns: int) -> None:
        green, red, amber = self._playing
        self._playing = (
            green.replaced_by(shown.green, now_ns),
            red.replaced_by(shown.red, now_ns),
            amber.replaced_by(shown.amber, now_ns),
        )
        self.refresh(now_ns)

    def green_off(self, now_ns: int) -> None:
        """At once, whatever else is shown: nothing may promise READY any more."""
        _, red, amber = self._playing
        self._playing = (_Playing(OFF, now_ns), red, amber)
        self.refresh(now_ns)

    def refresh(self, now_ns: int) -> None:
        """Bring the lamps to where their patterns are."""
        green, red, amber = (playing.level_at(now_ns) for playing in self._playing)
        if self._levels != (green, red, amber):
            self._levels = None
            self._lamps.set(green=green, red=red, amber=amber)
            self._levels = (green, red, amber)

    def next_change_ns(self, now_ns: int) -> int | None:
        """When `refresh` is due, None: never with these patterns."""
        due = [at for playing in self._playing if (at := playing.next_change_ns(now_ns)) is not None]
        return min(due, default=None)
