"""A spectrum each 10 ms, and what of it is tone: the common ground of call progress and of talk.

A Hann window of 64 ms: 400 and 450 Hz are not resolved here (the long look at a whole burst is `tone_lines`),
but one window spans at least one beat of every pair and modulation in use, so that levels hold still.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.line.blocks import SAMPLE_RATE_HZ, SINE_DBM0_AT_FULL_SCALE, Block, Samples, Tape, pieces

HOP = 80
WINDOW_LENGTH = 512
CHUNK = 800
BIN_HZ = SAMPLE_RATE_HZ / WINDOW_LENGTH
WINDOW = np.hanning(WINDOW_LENGTH + 1)[:-1].astype(np.float32)
POWER = np.float32(2.0 / (WINDOW_LENGTH * float((WINDOW**2).sum())))  # sum of |bin|² → mean square
LOBE = 3  # bins either side of a peak: 47 Hz, the lobe and sidebands of 25 Hz
RING = slice(1, 3)  # 16 to 31 Hz: ringing voltage
HUM = slice(3, 10)  # 47 to 140 Hz: mains
SEARCH = slice(19, 180)  # 300 to 2800 Hz: where tones are
LOW = slice(13, 65)  # 200 to 1000 Hz
HIGH = slice(65, 218)  # 1000 to 3400 Hz
BANDS = (RING, HUM, LOW, HIGH)
LOW_END = 46  # a peak below 720 Hz is judged against the low band alone: noise above it does not count
SHARE_MIN = 0.72
HIGH_MAX = 1.5  # noise and whatever else above 1 kHz, over the tone
HOWLER_HZ = (1400, 2060, 2450, 2600)
LOUD_MIN = np.float32(10 ** ((-52.0 - SINE_DBM0_AT_FULL_SCALE) / 10) / 2)
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Frames:
    """Features of consecutive frames; frame i is centred on sample `first` + i * HOP.

    Powers are mean squares. `tone`: in the two strongest lines. `centre_hz`: their common centre. `howl`: the
    four tones of the North American howler and nothing else.
    """

    first: int
    ring: Floats
    hum: Floats
    low: Floats
    high: Floats
    tone: Floats
    centre_hz: Floats
    tonal: NDArray[np.bool_]
    howl: NDArray[np.bool_]

    def part(self, begin: int, end: int) -> "Frames":
        """Frames [begin, end)."""
        at = slice(begin, end)
        return Frames(
            self.first + begin * HOP,
            self.ring[at],
            self.hum[at],
            self.low[at],
            self.high[at],
            self.tone[at],
            self.centre_hz[at],
            self.tonal[at],
            self.howl[at],
        )


class Framer:
    """Blocks of any length to Frames of CHUNK samples each."""

    def __init__(self, keep: int = 0) -> None:
        self.tape = Tape(keep + CHUNK + 2 * WINDOW_LENGTH)
        self._next = 0  # the first sample of the next chunk

    def feed(self, samples: Block) -> Iterator[Frames]:
        """Lazily: who takes the frames finds their samples on the tape."""
        for piece in pieces(samples):
            self.tape.append(piece)
            count = (self.tape.end - self._next) // CHUNK
            if count:
                yield from self._chunks(count)

    def finish(self) -> Iterator[Frames]:
        """What is left, with silence behind."""
        if self.tape.end:
            yield from self.feed(np.zeros(CHUNK + WINDOW_LENGTH, np.float32))

    def _chunks(self, count: int) -> Iterator[Frames]:
        """Reckoned together, which costs less; each the same as alone."""
        begin = self._next - WINDOW_LENGTH + HOP
        self._next += count * CHUNK
        together = frames_of(self.tape.read(begin, self._next), begin)
        per_chunk = CHUNK // HOP
        for at in range(0, count * per_chunk, per_chunk):
            yield together.part(at, at + per_chunk)


def frames_of(samples: Samples, begin: int) -> Frames:
    """All whole frames of `samples`, the first of which is at `begin`."""
    cut = np.lib.stride_tricks.sliding_window_view(samples, WINDOW_LENGTH)[::HOP]
    spectrum = np.fft.rfft((cut - cut.mean(axis=1, keepdims=True)) * WINDOW)
    power: Floats = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False) * POWER
    ring, hum, low, high = (power[:, band].sum(axis=1) for band in BANDS)
    tone, centre, first_peak = _two_lines(power)
    within = np.where(first_peak < LOW_END, low, low + high)
    tonal = (tone >= SHARE_MIN * within) & (tone > LOUD_MIN) & (high <= HIGH_MAX * tone + within - low)
    howl = _howl(power, low + high) if bool((high > 4 * low).any()) else np.zeros(len(low), np.bool_)
    return Frames(begin + WINDOW_LENGTH // 2, ring, hum, low, high, tone, centre, tonal, howl)


def _two_lines(power: Floats) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Power of the two strongest lines, their centre in Hz, and the bin of the stronger."""
    search = power[:, SEARCH.start - LOBE : SEARCH.stop + LOBE].copy()
    rows, near = np.arange(len(search))[:, None], np.arange(-LOBE, LOBE + 1)
    tone, moment = np.zeros(len(search), np.float32), np.zeros(len(search), np.float32)
    first = peak = search[:, LOBE:-LOBE].argmax(axis=1) + LOBE
    for _ in range(2):
        at = peak[:, None] + near
        lobe = search[rows, at]
        tone += lobe.sum(axis=1)
        moment += (lobe * at).sum(axis=1)
        search[rows, at] = 0.0
        peak = search[:, LOBE:-LOBE].argmax(axis=1) + LOBE
    centre = (moment / np.maximum(tone, np.float32(1e-20)) + (SEARCH.start - LOBE)) * np.float32(BIN_HZ)
    return tone, centre.astype(np.float32), first + (SEARCH.start - LOBE)


def _howl(power: Floats, whole: Floats) -> NDArray[np.bool_]:
    """All four tones, and little else."""
    bins = [round(hertz / BIN_HZ) for hertz in HOWLER_HZ]
    lines = np.stack([power[:, at - LOBE : at + LOBE + 1].sum(axis=1) for at in bins])
    loud = (lines.sum(axis=0) > 0.85 * whole) & (whole > LOUD_MIN)
    return np.asarray(loud & (lines.min(axis=0) > 0.04 * whole))
