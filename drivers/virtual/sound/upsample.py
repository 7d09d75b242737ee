"""From the timeline's 8 kHz to the rate of the card: polyphase windowed sinc, 2 ms of delay.

soxr needs 60 ms and more of look-ahead at this rate, which the lead cannot spare.
"""

import numpy as np
from numpy.typing import NDArray

from drivers.virtual.moments import RATE_HZ

TAPS = 32
"""Input samples under each output sample: images below -70 dB up to 3.6 kHz."""
BLOCK = 160
"""20 ms: the shortest time that is a whole number of samples at 8, 16, 44.1 and 48 kHz."""
HALF = TAPS // 2


class Upsampler:
    """Streams blocks of (BLOCK * k, channels) s16 into s16 at `rate_hz`; output n is at time n / rate_hz.

    The last HALF input samples are held back until the next block, so the output lags by 2 ms.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._per_block = BLOCK * rate_hz // RATE_HZ
        where = np.arange(self._per_block) * RATE_HZ / rate_hz
        self._index = where.astype(np.int64)
        self._weights = _weights(where - self._index).astype(np.float32)
        self._past = np.zeros((0, channels), np.float32)
        self._skip = HALF - 1

    def convert(self, block: NDArray[np.int16]) -> NDArray[np.int16]:
        if not len(self._past):
            self._past = np.zeros((self._skip, block.shape[1]), np.float32)
        held = np.concatenate([self._past, block.astype(np.float32)])
        blocks = max(0, (len(held) - TAPS + 1) // BLOCK)
        out = np.empty((blocks * self._per_block, block.shape[1]), np.float32)
        for i in range(blocks):
            view = held[i * BLOCK : i * BLOCK + BLOCK + TAPS]
            windows = np.lib.stride_tricks.sliding_window_view(view, TAPS, axis=0)
            made = np.einsum("nct,nt->nc", windows[self._index], self._weights)
            out[i * self._per_block : (i + 1) * self._per_block] = made
        self._past = held[blocks * BLOCK :]
        return np.clip(np.rint(out), -32768, 32767).astype(np.int16)


def _weights(fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kaiser-windowed sinc at input offsets -(HALF-1) … HALF around each output sample, unit gain at DC."""
    offsets = np.arange(TAPS) - (HALF - 1) - fraction[:, None]
    window = np.i0(8.0 * np.sqrt(np.clip(1 - (offsets / HALF) ** 2, 0, 1))) / np.i0(8.0)
    weights = np.sinc(offsets) * window
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
