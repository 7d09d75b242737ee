"""Where somebody speaks, of one channel, block by block.

Frames of 20 ms: speech stands SNR_DB over the noise, which is followed by its minimum over a second and a
half, and does not hold still as tones do. A stretch must last SHORTEST_FRAMES of HANG_FRAMES and is kept
alive over pauses between words.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.line.blocks import SAMPLE_RATE_HZ, Block, Samples, Tape, pieces

FRAME = SAMPLE_RATE_HZ // 50
HZ = SAMPLE_RATE_HZ // FRAME  # between lines: 50
BAND = slice(250 // HZ, 3500 // HZ)
WINDOW = np.hanning(FRAME + 1)[:-1].astype(np.float32)
POWER = 2.0 / (FRAME * float((WINDOW**2).sum()))
SNR_DB = 9.0
LOUDEST_DBFS = 0.0
LOWEST_DBFS = -55.0  # softer is nobody: line noise is at -60
NOISE_FRAMES, NOISE_PARTS = (
    25,
    3,
)  # minimum over three to four half seconds, as one frame is dropped at a time
TONAL = 0.93  # of the power in the two strongest lines
STILL_LINES = 2  # that the strongest of a tone moves from frame to frame, at most: 350 and 440 Hz take turns
SHORTEST_FRAMES = 4  # of speech within a stretch
HANG_FRAMES = 15
KNOWN_DB = 24.0  # that much over the noise is sure


@dataclass(frozen=True, slots=True)
class Speech:
    """Somebody spoke. Samples at 8 kHz to 20 ms; RMS level of the frames of speech; thousandths."""

    start_sample: int
    end_sample: int
    level_dbfs: float
    confidence: int


@dataclass(slots=True)
class _Stretch:
    first: int
    last: int
    frames: int
    power: float
    snr_db: float


class SpeechDetector:
    """One channel; what is told does not depend on how it was cut into blocks."""

    def __init__(self) -> None:
        self._tape = Tape(FRAME)
        self._frame = 0
        self._line = -1  # the strongest of the frame before
        self._minima = [LOUDEST_DBFS] * NOISE_PARTS  # of each half second, the last one still running
        self._stretch: _Stretch | None = None

    def feed(self, samples: Block) -> list[Speech]:
        """Stretches that ended."""
        told: list[Speech] = []
        for piece in pieces(samples):
            self._tape.append(piece)
            count = (self._tape.end - self._frame * FRAME) // FRAME
            if count > 0:
                first, self._frame = self._frame, self._frame + count
                told += self._take(first, self._tape.read(first * FRAME, self._frame * FRAME))
        return told

    def finish(self) -> list[Speech]:
        """The stretch that the end cut short."""
        return self._end()

    def _take(self, first: int, samples: Samples) -> list[Speech]:
        power, lines = _frames(samples)
        levels = (10 * np.log10(np.maximum(power, 1e-12))).tolist()
        told: list[Speech] = []
        for at, (level_db, line) in enumerate(zip(levels, lines.tolist(), strict=True), first):
            still = line >= 0 and (self._line < 0 or abs(line - self._line) <= STILL_LINES)
            self._line = line
            told += self._frame_is(at, level_db, still=still)
        return told

    def _frame_is(self, at: int, level_db: float, *, still: bool) -> list[Speech]:
        noise_db = self._noise(at, level_db)
        snr_db = level_db - noise_db
        stretch = self._stretch
        if snr_db < SNR_DB or level_db < LOWEST_DBFS or still:
            return self._end() if stretch is not None and at - stretch.last > HANG_FRAMES else []
        if stretch is None:
            self._stretch = stretch = _Stretch(at, at, 0, 0.0, 0.0)
        stretch.last, stretch.frames = at, stretch.frames + 1
        stretch.power += 10 ** (level_db / 10)
        stretch.snr_db = max(stretch.snr_db, snr_db)
        return []

    def _noise(self, at: int, level_db: float) -> float:
        if at % NOISE_FRAMES == 0:
            self._minima = [*self._minima[1:], level_db]
        self._minima[-1] = min(self._minima[-1], level_db)
        return max(min(self._minima), -75.0)

    def _end(self) -> list[Speech]:
        stretch, self._stretch = self._stretch, None
        if stretch is None or stretch.frames < SHORTEST_FRAMES:
            return []
        level = 10 * float(np.log10(stretch.power / stretch.frames))
        sure = round(1000 * min(0.99, 0.5 + 0.49 * stretch.snr_db / KNOWN_DB * min(1.0, stretch.frames / 25)))
        return [Speech(stretch.first * FRAME, (stretch.last + 1) * FRAME, round(level, 1), sure)]


def _frames(samples: Samples) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Power from 250 to 3500 Hz of each frame; its strongest line, -1 unless two make up nearly all of it."""
    spectrum = np.fft.rfft(samples.reshape(-1, FRAME) * WINDOW)
    lines = np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)
    band = np.ascontiguousarray(lines[:, BAND])
    total = band.sum(axis=1)
    first, one = _take_strongest(band)
    _, other = _take_strongest(band)
    return (total * POWER).astype(np.float32), np.where(one + other > TONAL * total, first, -1)


def _take_strongest(band: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The strongest line of each frame and its power, its main lobe set to zero."""
    at = np.clip(band.argmax(axis=1), 1, band.shape[1] - 2)
    around = at[:, None] + np.array([-1, 0, 1])
    power = np.take_along_axis(band, around, axis=1).sum(axis=1)
    np.put_along_axis(band, around, 0.0, axis=1)
    return at, power
