"""What the tones of the networks look like: from the line profiles, and SIT, which is the same everywhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from config.lines import LineProfile, Tone
from firmware.line.tone_lines import Lines

Kind = Literal["dial", "ringback", "busy", "congestion", "unobtainable", "howler"]
KINDS: tuple[Kind, ...] = ("busy", "congestion", "ringback", "dial", "unobtainable", "howler")
NEAR_HZ = 9.0  # what a receiver grants at least
BEYOND_HZ = 3.0  # and beyond the standard, whose limits are to be met with noise
MODULATION_NEAR_HZ = 5.0
SIT_HZ = (950.0, 1400.0, 1800.0)
SIT_NEAR_HZ = 50.0
KNOWN_MAX = 256  # bursts whose fits are remembered


@dataclass(frozen=True, slots=True)
class Pattern:
    kind: Kind
    network: str
    hz: tuple[float, ...]
    near_hz: float
    modulation_hz: float
    cadence_ms: tuple[int, ...]
    alternate_db: float

    def off_hz(self, lines: Lines) -> float | None:
        """How far the lines are from this tone; None: they are something else."""
        if self.modulation_hz:
            return self._off_modulated(lines)
        if lines.modulation_hz or len(lines.hz) != len(self.hz):
            return None
        off = max(abs(is_hz - hz) for is_hz, hz in zip(lines.hz, self.hz, strict=True))
        return off if off <= self.near_hz else None

    def _off_modulated(self, lines: Lines) -> float | None:
        """A carrier with sidebands, or the two sidebands alone."""
        rate, middle = lines.modulation_hz, sum(lines.hz) / len(lines.hz)
        if len(lines.hz) == 2:
            rate = (lines.hz[1] - lines.hz[0]) / 2
        if not rate or len(lines.hz) > 2 or abs(rate - self.modulation_hz) > MODULATION_NEAR_HZ:
            return None
        off = abs(middle - self.hz[0])
        return off if off <= self.near_hz else None


@cache
def patterns_of(profiles: tuple[tuple[str, LineProfile], ...]) -> tuple[Pattern, ...]:
    """Of one network, or of all that it may be; each tone once a network, the likelier kind first."""
    found: list[Pattern] = []
    for name, profile in profiles:
        seen: set[Tone] = set()
        for kind in KINDS:
            tone = getattr(profile.tones, kind)
            if tone not in seen and not (kind == "howler" and tone.tolerance_hz > 100):  # a siren has no line
                found.append(_pattern(kind, name, tone))
            seen.add(tone)
    return tuple(found)


def _pattern(kind: Kind, network: str, tone: Tone) -> Pattern:
    hz = tuple(float(hertz) for hertz in sorted(tone.frequencies_hz))
    near = max(NEAR_HZ, tone.tolerance_hz + BEYOND_HZ)
    return Pattern(kind, network, hz, near, float(tone.modulation_hz), tone.cadence_ms, tone.alternate_db)


class Fits:
    """Which of the patterns a burst's lines may be, nearest first, with how far off they are in Hz."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns = tuple(patterns)
        self._known: dict[Lines, list[tuple[Pattern, float]]] = {}

    def __call__(self, lines: Lines) -> list[tuple[Pattern, float]]:
        if lines not in self._known:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[lines] = self._look(lines)
        return self._known[lines]

    def _look(self, lines: Lines) -> list[tuple[Pattern, float]]:
        both = ((pattern, pattern.off_hz(lines)) for pattern in self.patterns)
        return sorted(((pattern, off) for pattern, off in both if off is not None), key=lambda pair: pair[1])
