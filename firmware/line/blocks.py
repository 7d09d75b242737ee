"""Blocks of any length in, samples by absolute position out: the intake of every detector.

Positions count samples at 8000 Hz from the first one fed. Memory is bounded by what the owner asks to keep.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 8000
FULL_SCALE = 32768.0
SINE_DBM0_AT_FULL_SCALE = 3.14  # G.711: dBFS of a sine's peak = dBm0 - 3.14
LIMIT = 64.0  # float samples beyond are junk; squares and sums of them must stay finite
PIECE = 8000  # a long block is taken in pieces of one second, so that memory does not grow with it

Samples = NDArray[np.float32]
Block = NDArray[np.int16] | NDArray[np.float32] | NDArray[np.float64]


def as_samples(block: Block) -> Samples:
    """One channel as float32, full scale 1.0. Not-a-number counts as 0. TypeError, ValueError: no audio."""
    if block.ndim != 1:
        raise ValueError(f"samples have {block.ndim} dimensions: feed one channel at a time")
    if block.dtype == np.int16:
        return block.astype(np.float32) / np.float32(FULL_SCALE)
    if block.dtype.kind != "f":
        raise TypeError(f"samples are {block.dtype}: must be int16 or float32")
    clean = np.clip(np.nan_to_num(block, nan=0.0), -LIMIT, LIMIT)
    return np.asarray(clean, np.float32)


def pieces(block: Block) -> Iterator[Samples]:
    """The block in parts of at most PIECE samples."""
    for at in range(0, len(block), PIECE):
        yield as_samples(block[at : at + PIECE])


class Tape:
    """The last samples of a stream, by absolute position: [start, end)."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._samples = np.zeros(0, np.float32)
        self.end = 0

    @property
    def start(self) -> int:
        return self.end - len(self._samples)

    def append(self, samples: Samples) -> None:
        """Take in `samples`; what lies more than `keep` before them is forgotten."""
        kept = self._samples[max(0, len(self._samples) - self._keep) :]
        self._samples = np.concatenate([kept, samples])
        self.end += len(samples)

    def read(self, first: int, last: int) -> Samples:
        """Samples [first, last); those not there (any more, or yet) are zero."""
        inside = self._samples[max(0, first - self.start) : max(0, last - self.start)]
        if len(inside) == last - first:
            return inside
        before = min(max(0, self.start - first), last - first)
        return np.pad(inside, (before, last - first - before - len(inside)))
