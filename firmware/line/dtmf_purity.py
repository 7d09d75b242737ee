"""How much of what sounds is the two lines: spectrum of a whole stretch, as sharp as its length allows."""

from dataclasses import dataclass

import numpy as np

from firmware.line.blocks import SAMPLE_RATE_HZ, Samples

LONGEST = 1024  # 128 ms
BIN_HZ = SAMPLE_RATE_HZ / LONGEST
BAND_HZ = (590.0, 3700.0)
LOW_GROUP_HZ = (590.0, 1065.0)
HIGH_GROUP_HZ = (1085.0, 1800.0)
VOICE_HZ = (170.0, 330.0)  # under every dial tone, over the strong harmonics of hum


@dataclass(frozen=True, slots=True)
class Purity:
    """Power of the lines over the power of the band, the low group, the high group.

    `voice`: power from 170 to 330 Hz over that of the lines. `harmonic`: at twice the high tone over the high
    tone.
    """

    band: float
    low: float
    high: float
    voice: float
    harmonic: float


def measure(sound: Samples, low_hz: float, high_hz: float) -> Purity:
    sound = sound[:LONGEST]
    reach = 2.0 * SAMPLE_RATE_HZ / len(sound)  # half the main lobe of a Hann window
    spectrum = np.fft.rfft(sound * np.hanning(len(sound) + 2)[1:-1], LONGEST)
    sums = np.concatenate([[0.0], np.cumsum(spectrum.real**2 + spectrum.imag**2, dtype=np.float64)])

    def power(first_hz: float, last_hz: float) -> float:
        return float(sums[int(last_hz / BIN_HZ) + 1] - sums[int(np.ceil(first_hz / BIN_HZ))])

    low, high = power(low_hz - reach, low_hz + reach), power(high_hz - reach, high_hz + reach)
    return Purity(
        band=_part(low + high, power(*BAND_HZ)),
        low=_part(low, power(*LOW_GROUP_HZ)),
        high=_part(high, power(*HIGH_GROUP_HZ)),
        harmonic=power(2 * high_hz - reach, 2 * high_hz + reach) / high if high > 0 else 0.0,
        voice=power(*VOICE_HZ) / (low + high) if low + high > 0 else 0.0,
    )


def _part(lines: float, all_of_it: float) -> float:
    return min(1.0, lines / all_of_it) if all_of_it > 0 else 0.0
