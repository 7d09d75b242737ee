"""Resampling to 8 kHz by soxr, "MQ" in float32: precise to 16 bits, flat to 3.4 kHz, aliases below -90 dB.

It holds back at most 120 ms; "HQ" would hold 160 ms for a precision that 16-bit samples cannot carry.
"""

import numpy as np
import soxr
from numpy.typing import NDArray

from drivers.audio import SAMPLE_RATE_HZ

_S16 = np.dtype("<i2")


class Resampler:
    """A Converter. `folds`: stereo is brought to mono first."""

    def __init__(self, *, rate_hz: int, channels: int, folds: bool) -> None:
        self._channels = channels
        self._folds = folds
        width = 1 if folds else channels
        self._stream = soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, width, dtype="float32", quality="MQ")
        self._nothing = np.zeros((0, width), np.float32)

    def push(self, raw: bytes) -> bytes:
        frames = np.frombuffer(raw, _S16).astype(np.float32).reshape(-1, self._channels)
        if self._folds:
            frames = frames.mean(axis=1, keepdims=True)
        return _to_s16(self._stream.resample_chunk(frames))

    def flush(self) -> bytes:
        rest = _to_s16(self._stream.resample_chunk(self._nothing, last=True))
        self._stream.clear()
        return rest


def _to_s16(samples: NDArray[np.float32]) -> bytes:
    """Round to nearest; what the filter overshoots is clipped, never wrapped."""
    return np.clip(np.rint(samples), -32768, 32767).astype(_S16).tobytes()
