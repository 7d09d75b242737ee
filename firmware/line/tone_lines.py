"""The long look at one burst of tone: its lines to a hertz, pairs and modulation told apart."""

from dataclasses import dataclass

import numpy as np

from firmware.line.blocks import SAMPLE_RATE_HZ, Samples

FFT = 8192
BIN_HZ = SAMPLE_RATE_HZ / FFT
FROM_HZ, TO_HZ = 200.0, 1000.0
WEAK_LINE = 10 ** (-13 / 10)  # of the strongest line's power
SYMMETRY_HZ = 4.0
MODULATION_HZ = (10.0, 32.0)


@dataclass(frozen=True, slots=True)
class Lines:
    """`hz`: rising. `modulation_hz`: 0 or the rate, and then `hz` is the carrier alone.

    `share`: part of the power from 200 to 1000 Hz (of all, for a tone above) that is in the lines.
    """

    hz: tuple[float, ...]
    modulation_hz: float
    share: float


def lines_of(samples: Samples, *, above: bool) -> Lines:
    """Lines of a steady tone; `above`: it lies above 720 Hz."""
    count = min(len(samples), FFT)
    window = np.hanning(count + 2)[1:-1]
    power = np.abs(np.fft.rfft(samples[:count] * window, FFT)) ** 2
    low, high = (FROM_HZ, 3400.0) if above else (FROM_HZ, TO_HZ)
    band = slice(round(low / BIN_HZ), round(high / BIN_HZ))
    lobe = int(2.2 * SAMPLE_RATE_HZ / count / BIN_HZ) + 1
    rest, total = power.copy(), float(power[band].sum()) + 1e-20
    rest[: band.start] = rest[band.stop :] = 0.0
    found: list[tuple[float, float]] = []
    for _ in range(3):
        at = int(rest.argmax())
        around = slice(max(0, at - lobe), at + lobe + 1)
        if rest[at] <= (WEAK_LINE * found[0][1] if found else 0.0):
            break
        found.append((_exact(power, at), float(rest[at])))
        rest[around] = 0.0
    if not found:
        return Lines((0.0,), 0.0, 0.0)
    share = 1.0 - float(rest[band].sum()) / total
    return _named(sorted(hertz for hertz, _ in found), found[0][0], share)


def _named(hz: list[float], strongest: float, share: float) -> Lines:
    if len(hz) == 3 and strongest == hz[1]:
        below, beyond = hz[1] - hz[0], hz[2] - hz[1]
        if (
            abs(below - beyond) <= SYMMETRY_HZ
            and MODULATION_HZ[0] <= (below + beyond) / 2 <= MODULATION_HZ[1]
        ):
            return Lines((hz[1],), (below + beyond) / 2, share)
    return Lines(tuple(hz), 0.0, share)


def _exact(power: np.ndarray, at: int) -> float:
    left, middle, right = np.log(power[at - 1 : at + 2] + 1e-20)
    bend = left - 2 * middle + right
    return float((at + (0.5 * (left - right) / bend if bend < 0 else 0.0)) * BIN_HZ)
