"""Levels of one channel, for judging a recording: each 100 ms, and over all of it.

dBFS: 20 log10(RMS) with full scale 1.0, so a full-scale sine has -3; digital silence is FLOOR_DBFS. What the
recorder watches live, without numpy, is firmware.capture.levels.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.line.blocks import SAMPLE_RATE_HZ, Block, Samples, Tape, pieces
from firmware.line.hum import HumMeter

WINDOW = SAMPLE_RATE_HZ // 10
FLOOR_DBFS = -96.0
CLIP_AT = 32766 / 32768  # converters that clip deliver one of the last two codes
SILENT_DBFS = -60.0
NOISE_PART = 0.1  # the level that a tenth of the windows stay under


@dataclass(frozen=True, slots=True)
class Level:
    """One window. `frozen`: the same samples as in the window before, or all one value, and not zero."""

    start_sample: int
    rms_dbfs: float
    peak_dbfs: float
    dc: float
    clipped: int
    frozen: bool

    @property
    def silent(self) -> bool:
        return self.rms_dbfs < SILENT_DBFS


@dataclass(frozen=True, slots=True)
class Levels:
    """All that was fed. `noise_dbfs`: level of the quiet tenth, zeros left out. hum_db: power at the mains'
    frequency hum_hz (50 or 60) and its harmonics over the power of the speech band beside them.
    """

    seconds: float
    rms_dbfs: float
    peak_dbfs: float
    noise_dbfs: float
    dc: float
    clipped: int
    silent_s: float
    frozen_s: float
    hum_hz: int
    hum_db: float


class LevelMeter:
    """Windows as they are full; `levels` at any time. Memory does not grow with what is fed."""

    def __init__(self) -> None:
        self._tape = Tape(WINDOW)
        self._next = 0
        self._before: Samples = np.zeros(0, np.float32)
        self._hum = HumMeter()
        self._square = self._sum = 0.0
        self._peak, self._clipped, self._silent, self._frozen = 0.0, 0, 0, 0
        self._histogram = np.zeros(round(-FLOOR_DBFS) + 1, np.int64)  # windows by level, 1 dB each

    def feed(self, samples: Block) -> list[Level]:
        """Levels of the windows that are full now. ValueError, TypeError: no single channel of samples."""
        told: list[Level] = []
        for piece in pieces(samples):
            self._hum.feed(piece)
            self._tape.append(piece)
            while self._next + WINDOW <= self._tape.end:
                told.append(self._measure(self._tape.read(self._next, self._next + WINDOW)))
                self._next += WINDOW
        return told

    def finish(self) -> list[Level]:
        """The last window, shorter than the others."""
        rest = self._tape.read(self._next, self._tape.end)
        self._next = self._tape.end - len(rest)
        told = [self._measure(rest)] if len(rest) else []
        self._next = self._tape.end
        return told

    def levels(self) -> Levels:
        count = max(1, self._next)
        windows = self._histogram[1:]
        below = np.searchsorted(np.cumsum(windows), max(1.0, NOISE_PART * float(windows.sum())))
        hum_hz, hum_db = self._hum.ratio()
        return Levels(
            seconds=self._next / SAMPLE_RATE_HZ,
            rms_dbfs=dbfs(self._square / count),
            peak_dbfs=dbfs(self._peak**2),
            noise_dbfs=FLOOR_DBFS + 1 + float(below) if windows.any() else FLOOR_DBFS,
            dc=self._sum / count,
            clipped=self._clipped,
            silent_s=self._silent / SAMPLE_RATE_HZ,
            frozen_s=self._frozen / SAMPLE_RATE_HZ,
            hum_hz=hum_hz,
            hum_db=hum_db,
        )

    def _measure(self, window: Samples) -> Level:
        wide: NDArray[np.float64] = window.astype(np.float64)
        size = np.abs(wide)
        constant = bool((window == window[0]).all())
        same = len(window) == len(self._before) and bool((window == self._before).all())
        level = Level(
            start_sample=self._next,
            rms_dbfs=dbfs(float(np.mean(wide**2))),
            peak_dbfs=dbfs(float(size.max()) ** 2),
            dc=float(wide.mean()),
            clipped=int((size >= CLIP_AT).sum()),
            frozen=bool(window.any()) and (constant or same),
        )
        self._before = window.copy()
        self._square += float((wide**2).sum())
        self._sum += float(wide.sum())
        self._peak = max(self._peak, float(size.max()))
        self._clipped += level.clipped
        self._silent += len(window) if level.silent else 0
        self._frozen += len(window) if level.frozen else 0
        self._histogram[int(np.clip(round(level.rms_dbfs - FLOOR_DBFS), 0, len(self._histogram) - 1))] += 1
        return level


def dbfs(power: float) -> float:
    """Of a mean square, never under FLOOR_DBFS."""
    return max(FLOOR_DBFS, 10 * float(np.log10(power))) if power > 0 else FLOOR_DBFS


def measure(blocks: Iterable[Block]) -> Levels:
    """All blocks of one channel at once."""
    meter = LevelMeter()
    for block in blocks:
        meter.feed(block)
    meter.finish()
    return meter.levels()
