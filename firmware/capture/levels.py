"""Levels of a block, cheaply (about 50 µs for 100 ms): what health and the meter judge a line by.

dBFS here: 20 log10(value / 32768); a full-scale sine has an RMS level of -3 dBFS and a peak of 0. Digital
silence is FLOOR_DBFS. With two channels everything is over both; see `measure_sides` for each by itself.
"""

import math
from dataclasses import dataclass

import numpy as np

from drivers.audio import SAMPLE_RATE_HZ

FLOOR_DBFS = -96.0
FULL_SCALE = 32768.0
CLIP_AT = 32766  # converters that clip deliver one of the last two codes
SPEECH_HZ = (300.0, 3400.0)  # the telephone band: hum and its harmonics up to the fifth lie below


@dataclass(frozen=True, slots=True)
class BlockLevel:
    """`clipped`: samples at full scale. `speech_dbfs`: RMS of the telephone band alone."""

    rms_dbfs: float = FLOOR_DBFS
    peak_dbfs: float = FLOOR_DBFS
    speech_dbfs: float = FLOOR_DBFS
    clipped: int = 0


@dataclass(frozen=True, slots=True)
class LineLevel:
    """The last block's level, and for how long the line has been dead.

    `zero_ms`: nothing but zeros (a muted or broken converter; a real line has noise). `frozen_ms`: the same
    block, not
    zero, again and again (a driver that repeats its buffer) or one constant value.
    """

    block: BlockLevel = BlockLevel()
    zero_ms: int = 0
    frozen_ms: int = 0


def measure(samples: bytes) -> BlockLevel:
    """Level of s16le samples, interleaved channels together for RMS and peak, summed for the speech band."""
    values = np.frombuffer(samples, "<i2")
    if not values.size:
        return BlockLevel()
    lowest, highest = int(values.min()), int(values.max())
    peak = max(-lowest, highest)
    if not peak:
        return BlockLevel()
    wave = values.astype(np.float32)
    return BlockLevel(
        rms_dbfs=_dbfs(math.sqrt(float(wave @ wave) / wave.size)),
        peak_dbfs=_dbfs(peak),
        speech_dbfs=_dbfs(_speech_rms(wave)),
        clipped=int(np.count_nonzero(np.abs(wave) >= CLIP_AT)) if peak >= CLIP_AT else 0,
    )


def measure_sides(samples: bytes) -> tuple[BlockLevel, BlockLevel]:
    """Stereo: agent, far end."""
    sides = np.frombuffer(samples, "<i2").reshape(-1, 2)
    return measure(sides[:, 0].tobytes()), measure(sides[:, 1].tobytes())


class LineMeter:
    """Follows one line's blocks."""

    def __init__(self, channels: int) -> None:
        self._frame_bytes = 2 * channels
        self._previous = b""
        self._zero_samples = 0
        self._frozen_samples = 0

    def take(self, samples: bytes) -> LineLevel:
        block = measure(samples)
        count = len(samples) // self._frame_bytes
        zero = block.peak_dbfs <= FLOOR_DBFS
        frozen = not zero and (samples == self._previous or _is_constant(samples, self._frame_bytes))
        self._zero_samples = self._zero_samples + count if zero else 0
        self._frozen_samples = self._frozen_samples + count if frozen else 0
        self._previous = samples
        return LineLevel(
            block=block,
            zero_ms=self._zero_samples * 1000 // SAMPLE_RATE_HZ,
            frozen_ms=self._frozen_samples * 1000 // SAMPLE_RATE_HZ,
        )


def _is_constant(samples: bytes, frame_bytes: int) -> bool:
    return samples[frame_bytes:] == samples[:-frame_bytes]


def _speech_rms(wave: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
    """RMS of the band, by one Hann-windowed FFT: a steep cut costs less here than a filter."""
    size = wave.size
    window = np.hanning(size).astype(np.float32)
    spectrum = np.fft.rfft(wave * window)
    low, high = (math.ceil(edge * size / SAMPLE_RATE_HZ) for edge in SPEECH_HZ)
    band = spectrum[low:high]
    power = 2.0 * float(np.vdot(band, band).real) / (size * max(1e-9, float(window @ window)))
    return math.sqrt(power)


def _dbfs(value: float) -> float:
    return max(FLOOR_DBFS, 20.0 * math.log10(value / FULL_SCALE)) if value > 0 else FLOOR_DBFS
