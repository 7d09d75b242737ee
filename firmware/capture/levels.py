"""Levels of a block (0.2 ms for 100 ms of mono): what health and the meter judge a line by.

dBFS here: 20 log10(value / 32768); a full-scale sine has an RMS level of -3 dBFS and a peak of 0. Digital
silence is FLOOR_DBFS. With two channels RMS and peak are over both; `measure_sides` tells them apart.

Plain Python on purpose: numpy would cost a desk whose card runs at 8 kHz 16 MB, this costs 0.2 % of a core.
"""

import math
from array import array
from dataclasses import dataclass
from operator import add, mul

from drivers.audio import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

FLOOR_DBFS = -96.0
FULL_SCALE = 32768.0
CLIP_AT = 32766  # converters that clip deliver one of the last two codes
# Butterworth high pass, order 4, 300 Hz at 4 kHz, as two sections (a1, a2) with a common gain.
HIGH_PASS = ((-1.2554404735, 0.4090137832), (-1.5182418441, 0.7039626567))
HIGH_PASS_GAIN = 0.5365885311


@dataclass(frozen=True, slots=True)
class BlockLevel:
    """`clipped`: samples at full scale."""

    rms_dbfs: float = FLOOR_DBFS
    peak_dbfs: float = FLOOR_DBFS
    clipped: int = 0


@dataclass(frozen=True, slots=True)
class LineLevel:
    """The last block's level, and for how long the line has been dead.

    `speech_dbfs`: RMS of what lies above 300 Hz, 2 kHz and more counted less: 50 Hz hum is 60 dB down, its
    third harmonic 24 dB. `zero_ms`: nothing but zeros (a muted or broken converter; a real line has noise).
    `frozen_ms`: the same block, not zero, again and again (a driver that repeats its buffer), or one value.
    """

    block: BlockLevel = BlockLevel()
    speech_dbfs: float = FLOOR_DBFS
    zero_ms: int = 0
    frozen_ms: int = 0


def measure(samples: bytes) -> BlockLevel:
    """Level of s16le samples, interleaved channels together."""
    return _measure(array("h", samples))


def measure_sides(samples: bytes) -> tuple[BlockLevel, BlockLevel]:
    """Stereo: agent, far end."""
    values = array("h", samples)
    return _measure(values[::2]), _measure(values[1::2])


class LineMeter:
    """Follows one line's blocks."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._frame_bytes = BYTES_PER_SAMPLE * channels
        self._previous = b""
        self._zero_samples = 0
        self._frozen_samples = 0
        self._speech = SpeechBand(channels)

    def take(self, samples: bytes) -> LineLevel:
        values = array("h", samples)
        block = _measure(values)
        count = len(samples) // self._frame_bytes
        zero = block.peak_dbfs <= FLOOR_DBFS
        frozen = not zero and (samples == self._previous or _is_constant(samples, self._frame_bytes))
        self._zero_samples = self._zero_samples + count if zero else 0
        self._frozen_samples = self._frozen_samples + count if frozen else 0
        self._previous = samples
        return LineLevel(
            block=block,
            speech_dbfs=self._speech.take(values),
            zero_ms=self._zero_samples * 1000 // SAMPLE_RATE_HZ,
            frozen_ms=self._frozen_samples * 1000 // SAMPLE_RATE_HZ,
        )


class SpeechBand:
    """RMS above 300 Hz, at 4 kHz (pairs of samples summed): speech has its power below 2 kHz."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._state = (0.0, 0.0, 0.0, 0.0)

    def take(self, values: "array[int]") -> float:
        """Level of this block in dBFS; the filter goes on from the last one."""
        if self._channels == 2:
            values = array("i", map(add, values[::2], values[1::2]))
        (a1, a2), (b1, b2) = HIGH_PASS
        s1, s2, t1, t2 = self._state
        power, count = 0.0, 0
        for x in map(add, values[::2], values[1::2]):
            y = x + s1
            s1 = s2 - 2.0 * x - a1 * y
            s2 = x - a2 * y
            z = y + t1
            t1 = t2 - 2.0 * y - b1 * z
            t2 = y - b2 * z
            power += z * z
            count += 1
        self._state = (s1, s2, t1, t2)
        if not count:
            return FLOOR_DBFS
        return _dbfs(math.sqrt(power / count) * HIGH_PASS_GAIN / (2 * self._channels))


def _measure(values: "array[int]") -> BlockLevel:
    if not values:
        return BlockLevel()
    lowest, highest = min(values), max(values)
    peak = max(-lowest, highest)
    if not peak:
        return BlockLevel()
    return BlockLevel(
        rms_dbfs=_dbfs(math.sqrt(sum(map(mul, values, values)) / len(values))),
        peak_dbfs=_dbfs(peak),
        clipped=sum(abs(value) >= CLIP_AT for value in values) if peak >= CLIP_AT else 0,
    )


def _is_constant(samples: bytes, frame_bytes: int) -> bool:
    return samples[frame_bytes:] == samples[:-frame_bytes]


def _dbfs(value: float) -> float:
    return max(FLOOR_DBFS, 20.0 * math.log10(value / FULL_SCALE)) if value > 0 else FLOOR_DBFS
