"""Device samples → 8 kHz s16le: rates 8000, 16000, 44100, 48000; mono, or stereo folded or kept.

At 8 kHz with the channels wanted the bytes pass untouched. Stereo folds to (L + R) / 2, rounded down there.
Other rates are resampled (resample.py, imported only for them: numpy and soxr cost a desk 20 MB).

Counts are exact for ever: after `flush`, n device frames have become floor(n * 8000 / rate + 1/2) samples.
"""

from array import array
from itertools import repeat
from operator import add, rshift
from typing import Protocol

from drivers.audio import SAMPLE_RATE_HZ
from drivers.errors import NotInstalledError

RATES_HZ = (8000, 16000, 44100, 48000)


def converted_count(device_frames: int, rate_hz: int) -> int:
    """Samples at 8 kHz that so many device frames become."""
    return (2 * device_frames * SAMPLE_RATE_HZ + rate_hz) // (2 * rate_hz)


class Converter(Protocol):
    """A stream's conversion. `push` may hold samples back; `flush` gives them and begins a new stream."""

    def push(self, raw: bytes) -> bytes: ...

    def flush(self) -> bytes: ...


def open_converter(*, rate_hz: int, channels: int, keep_stereo: bool) -> Converter:
    """ValueError for a rate or channel count that no card is asked for; NotInstalledError without soxr."""
    if rate_hz not in RATES_HZ or channels not in (1, 2):
        raise ValueError(f"{rate_hz} Hz with {channels} channels: rates are {RATES_HZ}, channels 1 or 2")
    folds = channels == 2 and not keep_stereo
    if rate_hz == SAMPLE_RATE_HZ:
        return Fold() if folds else Unchanged()
    try:
        from drivers.audio.resample import Resampler  # noqa: PLC0415 (a desk at 8 kHz does not pay for it)
    except ImportError as error:
        raise NotInstalledError("resampling needs numpy and soxr: pip install 'offhook[desk]'") from error
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
        sides = array("h", raw)
        return array("h", map(rshift, map(add, sides[::2], sides[1::2]), repeat(1))).tobytes()

    def flush(self) -> bytes:
        return b""
