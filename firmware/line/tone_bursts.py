"""Bursts of steady tone: where a line spectrum stands still, from its rise to its fall."""

from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np

from firmware.line.blocks import SAMPLE_RATE_HZ, Tape
from firmware.line.tone_frames import BIN_HZ, HOP, LOW_END, Frames
from firmware.line.tone_lines import Lines, lines_of

SHORTEST = 5  # frames
BRIDGE = 4  # frames that may be missing inside
DRIFT_HZ = 22.0
FALL = 10 ** (-9 / 10)  # of the recent level: the tone has ended
HALF_AMPLITUDE = 10 ** (-6 / 10)
RECENT = 12
RENEW = 4  # frames after which the middle of the recent ones is taken anew
INSET = 240  # samples left out at both ends where lines are measured
LONGEST_LOOK = 8000
STEADY = 29  # frames: what lasts so long may be dial tone
SHARE_MIN = 0.8


@dataclass(frozen=True, slots=True)
class Burst:
    """Samples from rise to fall. `level`: mean square. `rises`: it ended louder by more than 6 dB."""

    start: int
    end: int
    level: float
    lines: Lines
    howl: bool
    rises: bool

    @property
    def length_ms(self) -> float:
        return (self.end - self.start) * 1000 / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Steady:
    """A burst that has lasted 290 ms and goes on."""

    start: int
    at: int
    lines: Lines
    level: float


class BurstFinder:
    """`take` frames in order; the tape must hold the last second and a half."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._open: _Open | None = None

    def take(self, frames: Frames) -> list[Burst | Steady]:
        sounding = frames.tonal | frames.howl
        if self._open is None and not sounding.any():
            return []
        found: list[Burst | Steady] = []
        rows = zip(
            sounding.tolist(),
            frames.howl.tolist(),
            frames.tone.tolist(),
            frames.centre_hz.tolist(),
            strict=True,
        )
        for number, (tonal, howl, level, hertz) in enumerate(rows):
            at = frames.first + number * HOP
            found += self._step(at, tonal, howl, level, hertz)
        return found

    def finish(self) -> list[Burst | Steady]:
        return self._close()

    @property
    def sounding_since(self) -> int | None:
        return self._open.at[0] if self._open else None

    def _step(self, at: int, tonal: bool, howl: bool, level: float, hertz: float) -> list[Burst | Steady]:
        found: list[Burst | Steady] = []
        if self._open is not None and not (tonal and self._open.goes_on(level, hertz, howl)):
            self._open.missing += 1
            if self._open.missing <= BRIDGE:
                return found
            found += self._close()
        if not tonal:
            return found
        if self._open is None:
            self._open = _Open(at, level, hertz, howl)
            return found
        self._open.add(at, level, hertz)
        if self._open.count == STEADY:
            found += self._steady(at)
        self._open.look(self._tape)
        return found

    def _steady(self, at: int) -> list[Burst | Steady]:
        burst = self._open
        if burst is None or burst.howl:
            return []
        lines = burst.measure(self._tape)
        return [Steady(burst.start, at, lines, burst.level)] if lines.share >= SHARE_MIN else []

    def _close(self) -> list[Burst | Steady]:
        burst, self._open = self._open, None
        if burst is None or burst.count < SHORTEST:
            return []
        lines = burst.lines or burst.measure(self._tape)
        if lines.share < SHARE_MIN and not burst.howl:
            return []
        rises = burst.last_level > burst.first_level * 4
        return [Burst(burst.start, burst.end, burst.level, lines, burst.howl, rises)]


class _Open:
    """A burst that has begun. Only its first and its recent frames are kept."""

    def __init__(self, at: int, level: float, hertz: float, howl: bool) -> None:
        self.howl = howl
        self.missing = 0
        self.count = 1
        self.lines: Lines | None = None
        self.at = [at]
        self._first = [level]
        self._recent: deque[tuple[int, float, float]] = deque([(at, level, hertz)], maxlen=RECENT)
        self._middle: tuple[float, float] | None = None

    def goes_on(self, level: float, hertz: float, howl: bool) -> bool:
        if self._middle is None:
            self._middle = (self.recent_level, self._centre_hz)
        recent_level, centre_hz = self._middle
        near = howl == self.howl if howl or self.howl else abs(hertz - centre_hz) <= DRIFT_HZ
        return near and level > FALL * recent_level

    def add(self, at: int, level: float, hertz: float) -> None:
        self.missing = 0
        self.count += 1
        if self.count < RECENT or self.count % RENEW == 0:
            self._middle = None
        if len(self._first) < RECENT:
            self.at.append(at)
            self._first.append(level)
        self._recent.append((at, level, hertz))

    def look(self, tape: Tape) -> None:
        """After a second the lines are measured, before the tape forgets."""
        if self.lines is None and self.count * HOP >= LONGEST_LOOK + INSET:
            self.lines = self.measure(tape)

    def measure(self, tape: Tape) -> Lines:
        start, end = self.start, self.end
        inset = min(INSET, (end - start) // 4)
        first = max(start + inset, end - inset - LONGEST_LOOK)
        return lines_of(
            tape.read(first, max(end - inset, first + HOP)), above=self._centre_hz > LOW_END * BIN_HZ
        )

    @property
    def recent_level(self) -> float:
        return median(row[1] for row in self._recent)

    @property
    def first_level(self) -> float:
        return max(median(self._first), self._first[-1] * 0.5)

    @property
    def last_level(self) -> float:
        return self.recent_level

    @property
    def level(self) -> float:
        return self.recent_level

    @property
    def _centre_hz(self) -> float:
        return median(row[2] for row in self._recent)

    @property
    def start(self) -> int:
        """Where half the amplitude is reached."""
        limit = HALF_AMPLITUDE * self.first_level
        return next(at for at, level in zip(self.at, self._first, strict=True) if level >= limit)

    @property
    def end(self) -> int:
        limit = HALF_AMPLITUDE * self.last_level
        return max(at for at, level, _ in self._recent if level >= limit) + HOP


def dbfs(level: float) -> float:
    """Mean square to dBFS."""
    return round(10 * float(np.log10(level + 1e-12)), 1)
