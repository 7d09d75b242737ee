"""FSK at 1200 bit/s to soft bits: a bank of matched filters, three bits long, at every sample.

Theory. Caller id is continuous-phase FSK, so a bit's neighbours tell about it: for each of the 8 patterns of
three bits the waveform is known but for its amplitude and phase. At every sample the received signal is
correlated with all of them, and the soft bit is the best pattern with a 1 in the middle less the best with
a 0 (non-coherent detection over several symbols, Osborne and Luntz 1974). decisions/0002 says why three.

A line weakens one of the two tones, so the bank exists for three slopes; both standards make six hypotheses.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from firmware.line.blocks import SAMPLE_RATE_HZ, Samples

BIT = SAMPLE_RATE_HZ / 1200
SPAN_BITS = 3
HALF = int(SPAN_BITS * BIT / 2) + 1  # samples either side of the one looked at: 11
TILTS_DB = (0.0, -9.0, 9.0)  # space over mark
FILTER_HALF = 32
BAND_HZ = (650.0, 2800.0)
GLANCE = 8
EDGE = HALF + FILTER_HALF  # samples needed before and behind those demodulated

Standard = Literal["bell202", "v23"]
TONES_HZ: dict[Standard, tuple[float, float]] = {"bell202": (1200.0, 2200.0), "v23": (1300.0, 2100.0)}
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    standard: Standard
    tilt_db: float


HYPOTHESES = tuple(Hypothesis(standard, tilt) for tilt in TILTS_DB for standard in TONES_HZ)


@dataclass(frozen=True, slots=True)
class Soft:
    """Per sample and hypothesis, [hypothesis, sample].

    `bits`: > 0 mark, < 0 space, as amplitude. `fit`: part of the power that the best pattern explains.
    `power`: per sample, mean square within the band over the patterns' length.
    """

    bits: Floats
    fit: Floats
    power: Floats


def demodulate(samples: Samples) -> Soft:
    """Soft bits at samples[EDGE:-EDGE]."""
    windows, energy = _windows(samples, 1)
    bits, fit = [], []
    for hypothesis in HYPOTHESES:
        one, zero = _best(windows, hypothesis)
        bits.append(np.sqrt(one) - np.sqrt(zero))
        fit.append(np.minimum(np.maximum(one, zero) / energy, 1.0))
    return Soft(np.array(bits), np.array(fit), energy / np.float32(2 * HALF + 1))


def fit_of(samples: Samples) -> float:
    """Mean fit of the better standard at samples[EDGE:-EDGE], looked at here and there."""
    windows, energy = _windows(samples, GLANCE)
    return max(float(np.mean(np.maximum(*_best(windows, it)) / energy)) for it in HYPOTHESES[: len(TONES_HZ)])


def _windows(samples: Samples, step: int) -> tuple[Floats, Floats]:
    """[place, sample] each `step` samples, and the energy of each."""
    band = np.convolve(samples, bandpass(), "valid")
    windows = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(band, 2 * HALF + 1)[::step])
    return windows, np.maximum(np.einsum("ij,ij->i", windows, windows), np.float32(1e-12))


def _best(windows: Floats, hypothesis: Hypothesis) -> tuple[Floats, Floats]:
    """Power of the best pattern with a 1 in the middle, and with a 0."""
    both = bank(hypothesis) @ windows.T  # [pattern, place]: the maximum runs along memory
    power = np.square(both)
    half, quarter = len(both) // 2, len(both) // 4
    power = power[:half] + power[half:]
    return power[quarter:].max(axis=0), power[:quarter].max(axis=0)


@cache
def bank(hypothesis: Hypothesis) -> Floats:
    """[real parts of 8 patterns, imaginary parts; sample], of unit energy each."""
    mark, space = TONES_HZ[hypothesis.standard]
    weight = 10 ** (hypothesis.tilt_db / 40)
    numbers = sorted(range(2**SPAN_BITS), key=lambda number: number >> (SPAN_BITS // 2) & 1)  # middle 0 first
    columns = [_pattern(number, mark, space, weight) for number in numbers]
    waves = np.stack(columns)
    return np.concatenate([waves.real, waves.imag]).astype(np.float32)


def _pattern(number: int, mark: float, space: float, weight: float) -> NDArray[np.complex128]:
    """The analytic waveform of the bits, weighted `weight` in space and 1 / weight in mark."""
    fine = 60  # steps a sample: edges fall between samples
    time = (np.arange((2 * HALF + 1) * fine) + 0.5) / fine - HALF - 0.5
    place = np.floor(time / BIT + SPAN_BITS / 2).astype(int)
    inside = (place >= 0) & (place < SPAN_BITS)
    is_mark = (number >> np.clip(place, 0, SPAN_BITS - 1) & 1) == 1
    phase = np.cumsum(np.where(is_mark, mark, space)) * 2 * np.pi / (SAMPLE_RATE_HZ * fine)
    wave = np.exp(1j * phase) * np.where(is_mark, 1 / weight, weight) * inside
    middles = wave.reshape(-1, fine)[:, fine // 2]
    return np.asarray(middles * np.sqrt(2.0 / np.sum(np.abs(middles) ** 2)))


@cache
def bandpass() -> Floats:
    """Keeps hum, its harmonics and speech below the tones out."""
    low, high = (2 * edge / SAMPLE_RATE_HZ for edge in BAND_HZ)
    at = np.arange(-FILTER_HALF, FILTER_HALF + 1)
    taps = (high * np.sinc(high * at) - low * np.sinc(low * at)) * np.hamming(len(at))
    return np.asarray(taps, np.float32)
