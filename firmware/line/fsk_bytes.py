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
POWERS = 1 << np.arange(8)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Byte:
    """`centre`: of its start bit, samples. `margin`: its weakest soft bit over its mean one."""

    value: int
    centre: float
    framed: bool
    margin: float

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
    at = centre + PHASES[:, None] + IN_BYTE
    soft = _between(bits, at)
    clear = np.abs(soft)
    score = clear.sum(axis=1) - clear[:, 0] - soft[:, 0] - clear[:, 9] + soft[:, 9]
    best = int(score.argmax())
    ten = soft[best]
    mean = float(clear[best].mean()) + 1e-9
    framed = bool(ten[0] < 0 < ten[9])
    value = int(((ten[1:9] > 0) * POWERS).sum())
    return Byte(value, float(centre + PHASES[best]), framed, float(clear[best].min()) / mean)


def next_centre(bits: Floats, byte: Byte) -> float | None:
    """Where the next start bit is; None: the mark goes on, or no more is there."""
    first = int(byte.centre + 9 * BIT)
    if bits[min(first, len(bits) - 1)] <= 0:  # the stop bit is lost: trust the clock
        return byte.centre + 10 * BIT
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
