"""Device samples → 8 kHz s16le: rates 8000, 16000, 44100, 48000; mono, or stereo folded or kept.

At 8 kHz with the channels wanted the bytes pass untouched. Stereo folds to (L + R) / 2, at 8 kHz rounded
down. Other rates go through soxr "MQ" in float32: 16-bit precision, flat to 3.6 kHz, aliases below -110 dB
from 4.01 kHz on; it holds back at most 120 ms, where "HQ" holds 160 ms for a precision that 16-bit samples
cannot carry.

Counts are exact for ever: after `flush`, n device frames have become floor(n · 8000 / rate + ½) samples.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.audio import SAMPLE_RATE_HZ
from drivers.errors import NotInstalledError

RATES_HZ = (8000, 16000, 44100, 48000)
_S16 = np.dtype("<i2")


def converted_count(device_frames: int, rate_hz: int) -> int:
    """Samples at 8 kHz that so many device frames become."""
    return (2 * device_frames * SAMPLE_RATE_HZ + rate_hz) // (2 * rate_hz)


class Converter(Protocol):
    """A stream's conversion. `push` may hold samples back; `flush` gives the rest and is ready for a new
    stream.
    """

    def push(self, raw: bytes) -> bytes: ...

    def flush(self) -> bytes: ...


def open_converter(*, rate_hz: int, channels: int, keep_stereo: bool) -> Converter:
    """ValueError for a rate or channel count that no card is asked for."""
    if rate_hz not in RATES_HZ or channels not in (1, 2):
        raise ValueError(f"{rate_hz} Hz with {channels} channels: rates are {RATES_HZ}, channels 1 or 2")
    folds = channels == 2 and not keep_stereo
    if rate_hz == SAMPLE_RATE_HZ:
        return Fold() if folds else Unchanged()
    return Resampler(rate_hz=rate_hz, channels=channels, folds=folds)


class Unchanged:
    """8 kHz as wanted: bit-exact to what the driver delivered."""

    def push(self, raw: bytes) -> bytes:
        return raw

    def flush(self) -> bytes:
        return b""


class Fold:
    """8 kHz stereo → mono."""

    def push(self, raw: bytes) -> bytes:
        sides = np.frombuffer(raw, _S16).reshape(-1, 2).astype(np.int32)
        folded: NDArray[np.int16] = (sides.sum(axis=1) >> 1).astype(_S16)
        return folded.tobytes()

    def flush(self) -> bytes:
        return b""


class Resampler:
    def __init__(self, *, rate_hz: int, channels: int, folds: bool) -> None:
        # Imported here: a desk whose card runs at 8 kHz does not pay for it.
        try:
            import soxr  # noqa: PLC0415
        except ImportError as error:
            raise NotInstalledError("resampling needs soxr: pip install 'offhook[desk]'") from error
        self._channels = channels
        self._folds = folds
        self._stream = soxr.ResampleStream(
            rate_hz, SAMPLE_RATE_HZ, 1 if folds else channels, dtype="float32", quality="MQ"
        )
        self._nothing = np.zeros((0, 1 if folds else channels), np.float32)

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
