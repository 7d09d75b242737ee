"""Bursts of one tone in a row, and which of the patterns their cadence is."""

from collections.abc import Sequence
from dataclasses import dataclass

from firmware.line.blocks import SAMPLE_RATE_HZ
from firmware.line.tone_bursts import Burst, dbfs
from firmware.line.tone_patterns import Fits, Pattern

SLACK_MS = 50.0
SLACK = 0.16  # of the nominal time: standards allow 10 %, and frames blur 10 ms
ALTERNATE_NEAR_DB = 4.0
EVEN_DB = 5.0
STABLE_HZ = 5.0  # an exchange's generator stands still; music and voices do not
NEARLY = 0.8
CONTINUES = 1.15  # longer than the longest burst of the same tone by so much: continuous
SURE_MS = 480.0  # of a tone that no other kind of the network has
PART_MS = 280.0  # of a burst that was cut by the answer, of a tone that only ringback has
ALONE_MS = 480.0  # of a single burst cut short, of a tone that others have too
HOWLER_MS = 1500.0


@dataclass(frozen=True, slots=True)
class Run:
    """Bursts first to last (both in) of a train are `pattern`. `full`: those with their whole length."""

    pattern: Pattern
    first: int
    last: int
    full: int
    gaps: int
    off: float
    cut: bool

    @property
    def weight(self) -> tuple[int, float]:
        return self.full + self.gaps, -self.off


def near_ms(is_ms: float, ms: float) -> bool:
    return abs(is_ms - ms) <= max(SLACK_MS, SLACK * ms)


def gap_ms(before: Burst, after: Burst) -> float:
    return (after.start - before.end) * 1000 / SAMPLE_RATE_HZ


def runs_of(bursts: Sequence[Burst], fits: Fits) -> list[Run]:
    """The bursts as runs of patterns, the best run first taken, then what lies either side of it."""
    best = max(_all_runs(bursts, fits), key=lambda run: run.weight, default=None)
    if best is None:
        return []
    before = runs_of(bursts[: best.first], fits)
    behind = [_moved(run, best.last + 1) for run in runs_of(bursts[best.last + 1 :], fits)]
    return [*before, best, *behind]


def _moved(run: Run, by: int) -> Run:
    return Run(run.pattern, run.first + by, run.last + by, run.full, run.gaps, run.off, run.cut)


def _all_runs(bursts: Sequence[Burst], fits: Fits) -> list[Run]:
    found = []
    for first, burst in enumerate(bursts):
        for pattern, off_hz in fits(burst.lines):
            if pattern.cadence_ms:
                found += _cadenced(bursts, first, pattern, off_hz)
            elif _continuous(burst, pattern, fits):
                found.append(Run(pattern, first, first, 1, 0, off_hz / 10, cut=False))
    return found


def _continuous(burst: Burst, pattern: Pattern, fits: Fits) -> bool:
    if pattern.kind == "howler":
        return burst.length_ms >= HOWLER_MS
    same = [other for other, _ in fits(burst.lines) if other.network == pattern.network]
    longest = max((max(other.cadence_ms[::2]) for other in same if other.cadence_ms), default=0)
    return burst.length_ms >= max(SURE_MS, longest * CONTINUES)


def _cadenced(bursts: Sequence[Burst], first: int, pattern: Pattern, off_hz: float) -> list[Run]:
    found = []
    for phase in range(0, len(pattern.cadence_ms), 2):
        run = _run(bursts, first, phase, pattern, off_hz)
        if run is not None:
            found.append(run)
    return found


def _run(bursts: Sequence[Burst], first: int, phase: int, pattern: Pattern, off_hz: float) -> Run | None:
    """As many bursts from `first` on as keep the cadence, which begins at element `phase`."""
    cadence, last, full, gaps, off, cut = pattern.cadence_ms, first - 1, 0, 0, off_hz / 10, False
    for index in range(first, len(bursts)):
        place = phase + 2 * (index - first)
        on, pause = cadence[place % len(cadence)], cadence[(place - 1) % len(cadence)]
        if index > first and not (_goes_with(bursts[index - 1], bursts[index], pattern) and near_ms(
            gap_ms(bursts[index - 1], bursts[index]), pause
        )):  # fmt: skip
            break
        length_ms = bursts[index].length_ms
        whole = (
            near_ms(length_ms, on) or NEARLY * on <= length_ms <= on
        )  # a modulated burst may end in a trough
        if not whole and (length_ms > on or (index > first and cut)):
            break
        if (
            not whole
            and index != first
            and index + 1 < len(bursts)
            and not _breaks(bursts, index, cadence, place)
        ):
            break
        last, full, gaps = index, full + whole, gaps + (index > first)
        off += abs(bursts[index].length_ms - on) / on if whole else 0.1
        if not whole and index > first:
            cut = True
            break
    return _worth(Run(pattern, first, last, full, gaps, off / max(1, last - first + 1), cut), bursts)


def _breaks(bursts: Sequence[Burst], index: int, cadence: tuple[int, ...], place: int) -> bool:
    """A burst cut short is the last of its run: what follows does not keep the cadence."""
    return not near_ms(gap_ms(bursts[index], bursts[index + 1]), cadence[(place + 1) % len(cadence)])


def _goes_with(before: Burst, after: Burst, pattern: Pattern) -> bool:
    if pattern.off_hz(after.lines) is None or abs(after.lines.hz[0] - before.lines.hz[0]) > STABLE_HZ:
        return False
    step = dbfs(after.level) - dbfs(before.level)
    if pattern.alternate_db:
        return abs(abs(step) - abs(pattern.alternate_db)) <= ALTERNATE_NEAR_DB
    return abs(step) <= EVEN_DB


def _worth(run: Run, bursts: Sequence[Burst]) -> Run | None:
    """Is it enough to go by? Two bursts and the pause between; of ringback one."""
    if run.last < run.first:
        return None
    if run.full >= 2 and run.gaps >= 1:
        return run
    if run.pattern.kind != "ringback":
        return None
    only = bursts[run.first]
    if run.full == 1 or run.gaps >= 1:
        return run if only.length_ms >= PART_MS or run.gaps >= 1 else None
    return run if only.length_ms >= (PART_MS if len(only.lines.hz) > 1 else ALONE_MS) else None
