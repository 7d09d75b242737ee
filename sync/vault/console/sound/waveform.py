"""Peaks of a recording, for drawing: one number per bucket and channel."""

import math

import numpy as np
from numpy.typing import NDArray

from firmware.archive.decoding import Pcm

FULL_SCALE = 32_768
FINE_MS = 10  # first counted in buckets of this length, then joined: the length is not known before the end
BUCKETS = 1600  # drawn at most: more than a screen has columns for


class Peaks:
    """`take` pieces in order; `joined` gives 0 to 255 per bucket and channel."""

    def __init__(self, channels: int, rate_hz: int) -> None:
        self._channels = channels
        self._step = rate_hz * FINE_MS // 1000
        self._fine: list[NDArray[np.int32]] = []
        self._rest: NDArray[np.int16] = np.empty((0, channels), np.int16)
        self.samples = 0

    def take(self, pcm: Pcm) -> None:
        fresh = np.frombuffer(pcm.samples, "<i2").reshape(-1, self._channels)
        self.samples += len(fresh)
        both = np.concatenate((self._rest, fresh))
        whole = len(both) // self._step * self._step
        if whole:
            self._fine.append(_loudest(both[:whole], self._step))
        self._rest = both[whole:]

    def joined(self) -> tuple[int, list[list[int]]]:
        """Samples per bucket, and a list per channel."""
        fine = [*self._fine, *([_loudest(self._rest, len(self._rest))] if len(self._rest) else [])]
        if not fine:
            return self._step, [[] for _ in range(self._channels)]
        peaks = np.concatenate(fine)
        width = max(1, math.ceil(len(peaks) / BUCKETS))
        padded = np.zeros((math.ceil(len(peaks) / width) * width, self._channels), np.int32)
        padded[: len(peaks)] = peaks
        loudest = padded.reshape(-1, width, self._channels).max(axis=1)
        scaled = np.minimum(255, np.ceil(loudest * 255 / FULL_SCALE)).astype(int)
        return width * self._step, [[int(value) for value in column] for column in scaled.T]


def _loudest(samples: NDArray[np.int16], step: int) -> NDArray[np.int32]:
    wide = np.abs(samples.astype(np.int32))
    loudest: NDArray[np.int32] = wide.reshape(-1, step, wide.shape[1]).max(axis=1)
    return loudest
