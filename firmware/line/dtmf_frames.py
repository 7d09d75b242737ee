"""Coarse look at the line, each 10 ms: which pair of DTMF tones, if any, stands out of a 20 ms frame.

A Hann window and one real FFT a frame. The peak of the low group (697 to 941 Hz) and of the high group (1209
to 1633 Hz), interpolated, say which digit it may be; nothing is decided here but where a closer look pays.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.line.blocks import SAMPLE_RATE_HZ, Samples

LOW_HZ = (697.0, 770.0, 852.0, 941.0)
HIGH_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
FRAME, HOP, FFT = 160, 80, 256
BIN_HZ = SAMPLE_RATE_HZ / FFT
WINDOW = np.hanning(FRAME + 1)[:-1].astype(np.float32)
LOW_BINS, HIGH_BINS = slice(21, 33), slice(36, 56)  # 656 to 1000, 1125 to 1719 Hz
BAND_BINS = slice(19, 120)  # 594 Hz up: dial tone and hum lie below
NEAR = 0.045  # of the nominal frequency: the limit and what 20 ms in noise may be wrong by
LOW, HIGH = np.array(LOW_HZ, np.float32), np.array(HIGH_HZ, np.float32)
LOW_BETWEEN, HIGH_BETWEEN = np.sqrt(LOW[1:] * LOW[:-1]), np.sqrt(HIGH[1:] * HIGH[:-1])
AROUND = np.array([[-1], [0], [1]])
ONE, HALF, TINY, BEND_MIN = (np.float32(value) for value in (1.0, 0.5, 1e-20, -1e-6))

# |bin|² of a sine of amplitude a: (a / 2 · sum of window)²; of all bins: power · FFT / 2 · sum of window².
TONE_POWER = np.float32(2.0 / float(WINDOW.sum()) ** 2)
SHARE_OF_BAND = np.float32(0.15 * 2.0 / (FFT * float((WINDOW**2).sum())))  # in the two tones, at least
TWIST_MIN, TWIST_MAX = np.float32(10**-1.6), np.float32(10**1.6)
BIN_MIN = np.float32(10 ** ((-46.0 - 3.14) / 10) / 2) / TONE_POWER  # -46 dBm0 a tone, 4 dB under the limit


@dataclass(frozen=True, slots=True)
class Coarse:
    """Per frame: digit index 0 to 15 (row * 4 + column) or -1; power of both tones together."""

    digit: NDArray[np.intp]
    power: NDArray[np.float32]


def look(samples: Samples) -> Coarse:
    """Frames of FRAME samples each HOP samples, as many as are whole."""
    power = _power(samples)
    low_hz, low, high_hz, high = _peaks(power)
    row, near_low = _nearest(low_hz, LOW_BETWEEN, LOW)
    column, near_high = _nearest(high_hz, HIGH_BETWEEN, HIGH)
    tones, band = low + high, power[:, BAND_BINS].sum(axis=1)
    good = near_low & near_high & (tones * TONE_POWER >= band * SHARE_OF_BAND)
    good &= (high > low * TWIST_MIN) & (high < low * TWIST_MAX) & (np.minimum(low, high) > BIN_MIN)
    return Coarse(np.where(good, row * len(HIGH) + column, -1), tones)


def _power(samples: Samples) -> Samples:
    """|bin|² of each frame."""
    count = (len(samples) - FRAME) // HOP + 1
    stride = samples.strides[0]
    frames = np.ndarray((count, FRAME), np.float32, samples, 0, (HOP * stride, stride))
    spectrum = np.fft.rfft(frames * WINDOW, FFT)
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)


def _peaks(power: Samples) -> tuple[Samples, Samples, Samples, Samples]:
    """Hz and |bin|² of the strongest line within each group, by a parabola through three bins."""
    count, width = power.shape
    at = np.concatenate([power[:, group].argmax(axis=1) + group.start for group in (LOW_BINS, HIGH_BINS)])
    rows = np.arange(0, count * width, width)
    places = at + np.concatenate([rows, rows])
    left, middle, right = np.log(power.ravel()[places + AROUND] + TINY)
    bend = np.minimum(left - 2 * middle + right, BEND_MIN)
    shift = np.clip(HALF * (left - right) / bend, -ONE, ONE)
    hz = (at.astype(np.float32) + shift) * np.float32(BIN_HZ)
    peak = np.exp(middle - HALF * HALF * (left - right) * shift)
    return hz[:count], peak[:count], hz[count:], peak[count:]


def _nearest(hz: Samples, between: Samples, nominal: Samples) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    index = np.searchsorted(between, hz)
    wanted = nominal[index]
    return index, np.abs(hz - wanted) < np.float32(NEAR) * wanted
