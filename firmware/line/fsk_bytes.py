"""Soft bits to bytes: each byte finds its own start edge, as a UART does, and its own best phase.

Between two bytes up to 20 mark bits may stand, in no relation to the bit clock before them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.line.fsk_demodulate import BIT

LEAD_BITS = 10  # of mark before a message may begin
LEAD_SHARE = 0.97
GAP_BITS = 24
PHASES = np.arange(-2.0, 2.01, 0.25)
IN_BYTE = np.arange(10) * BIT
STOPS = np.arange(9.7, 11.2, 0.05) * BIT
FAULT = 0.3  # of the mean soft bit
POWERS = 1 << np.arange(8)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Byte:
    """`centre`: of its start bit, samples. `strength`: its mean soft bit; `margin`: its weakest bit of data
    over that. `framed`: neither start nor stop bit is clearly wrong; a pause that is no whole number of bits
    weakens both.
    """

    value: int
    centre: float
    framed: bool
    margin: float
    strength: float

    @property
    def end(self) -> float:
        return self.centre + 9.5 * BIT


def starts(bits: Floats, first: int) -> NDArray[np.intp]:
    """Samples at `first` or behind where a long mark ends."""
    lead = round(LEAD_BITS * BIT)
    mark = bits > 0
    falls = np.flatnonzero(mark[:-1] & ~mark[1:]) + 1
    falls = falls[falls >= max(first, lead)]
    before = np.concatenate([[0], np.cumsum(mark)])
    return np.asarray(falls[before[falls] - before[falls - lead] >= LEAD_SHARE * lead])


def mark_before(bits: Floats, start: int) -> float:
    """Bits of mark that end at sample `start`."""
    spaces = np.flatnonzero(bits[:start] <= 0)
    return float((start - 1 - (spaces[-1] if len(spaces) else -1)) / BIT)


def seizure_bits(bits: Floats) -> float:
    """Length in bits of the longest stretch that alternates as 0101…"""
    mark = bits > 0
    edges = np.flatnonzero(mark[1:] != mark[:-1])
    regular = np.abs(np.diff(edges) - BIT) <= 0.35 * BIT
    breaks = np.flatnonzero(~np.concatenate([[False], regular, [False]]))
    return float(np.max(np.diff(breaks), initial=1) - 1)


def read_bytes(bits: Floats, start: int, most: int) -> list[Byte]:
    """Bytes from the start edge `start` on: at most `most`, while one begins."""
    found: list[Byte] = []
    centre: float | None = start + BIT / 2
    while centre is not None and len(found) < most and centre + 9.6 * BIT + 2 < len(bits):
        byte = read_byte(bits, centre)
        found.append(byte)
        centre = next_centre(bits, byte)
    return found


def read_byte(bits: Floats, centre: float) -> Byte:
    """The byte whose start bit is near `centre`: at the phase at which its ten bits are clearest."""
    phase, ten = _clearest(bits, centre + PHASES)
    clear = np.abs(ten)
    mean = float(clear.mean()) + 1e-9
    framed = bool(ten[0] < FAULT * mean and ten[9] > -FAULT * mean)
    value = int(((ten[1:9] > 0) * POWERS).sum())
    return Byte(value, phase, framed, float(clear[1:9].min()) / mean, mean)


def _clearest(bits: Floats, centres: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Of the centres of a start bit the one whose ten bits add up to most, and these ten."""
    soft = _between(bits, centres[:, None] + IN_BYTE)
    score = np.abs(soft[:, 1:9]).sum(axis=1) - soft[:, 0] + soft[:, 9]
    best = int(score.argmax())
    return float(centres[best]), soft[best]


def next_centre(bits: Floats, byte: Byte) -> float | None:
    """Where the next start bit is; None: the mark goes on, or no more is there."""
    first = int(byte.centre + 9 * BIT)
    if (
        bits[min(first, len(bits) - 1)] <= FAULT * byte.strength
    ):  # weak: part of a bit may be between the bytes
        return _clearest(bits, byte.centre + STOPS)[0]
    after = bits[first : first + round(GAP_BITS * BIT)]
    half = round(BIT / 2)
    for fall in np.flatnonzero((after[:-1] > 0) & (after[1:] <= 0)):
        if fall + half < len(after) and after[fall + half] < 0:
            exact = first + fall + after[fall] / max(float(after[fall] - after[fall + 1]), 1e-9)
            return float(exact + BIT / 2)
    return None


def _between(bits: Floats, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear between samples."""
    at = np.clip(at, 0, len(bits) - 1.001)
    whole = at.astype(int)
    part = at - whole
    return np.asarray(bits[whole] * (1 - part) + bits[whole + 1] * part)
