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
TONE_POWER = 2.0 / float(WINDOW.sum()) ** 2  # |bin|² of a sine → its power
BAND_POWER = 2.0 / (FFT * float((WINDOW**2).sum()))  # sum of |bin|² → power
LOW_BINS, HIGH_BINS = slice(21, 33), slice(36, 56)  # 656 to 1000, 1125 to 1719 Hz
BAND_BINS = slice(19, 120)  # 594 Hz up: dial tone and hum lie below
NEAR = 0.045  # of the nominal frequency: the limit and what 20 ms in noise may be wrong by
SHARE_MIN = 0.15  # of the band's power in the two tones
TWIST_DB = (-16.0, 16.0)
POWER_MIN = 10 ** ((-46.0 - 3.14) / 10) / 2  # -46 dBm0 a tone, 4 dB under the limit
LOW_BETWEEN = np.sqrt(np.array(LOW_HZ[1:]) * np.array(LOW_HZ[:-1])).astype(np.float32)
HIGH_BETWEEN = np.sqrt(np.array(HIGH_HZ[1:]) * np.array(HIGH_HZ[:-1])).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Coarse:
    """Per frame: digit index 0 to 15 (row * 4 + column) or -1; power of both tones together."""

    digit: NDArray[np.intp]
    power: NDArray[np.float32]


def look(samples: Samples) -> Coarse:
    """Frames of FRAME samples each HOP samples, as many as are whole."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    spectrum = np.fft.rfft(frames * WINDOW, FFT)
    power = spectrum.real**2 + spectrum.imag**2
    low_hz, low = _peak(power, LOW_BINS)
    high_hz, high = _peak(power, HIGH_BINS)
    row, near_low = _nearest(low_hz, LOW_BETWEEN, LOW_HZ)
    column, near_high = _nearest(high_hz, HIGH_BETWEEN, HIGH_HZ)
    tones = (low + high) * np.float32(TONE_POWER)
    band = power[:, BAND_BINS].sum(axis=1) * np.float32(BAND_POWER)
    good = near_low & near_high & (tones >= np.float32(SHARE_MIN) * band)
    good &= (high > low * np.float32(10 ** (TWIST_DB[0] / 10))) & (
        high < low * np.float32(10 ** (TWIST_DB[1] / 10))
    )
    good &= np.minimum(low, high) > np.float32(POWER_MIN / TONE_POWER)
    return Coarse(np.where(good, row * len(HIGH_HZ) + column, -1), tones)


def _peak(power: NDArray[np.float32], group: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Frequency in Hz and |bin|² of the strongest line within the group, by a parabola through three bins."""
    at = power[:, group].argmax(axis=1) + group.start
    around = np.take_along_axis(power, at[:, None] + np.array([-1, 0, 1]), axis=1)
    left, middle, right = np.log(around + np.float32(1e-20)).T
    bend = np.minimum(left - 2 * middle + right, np.float32(-1e-6))
    shift = np.clip(np.float32(0.5) * (left - right) / bend, np.float32(-1), np.float32(1))
    hz = (at.astype(np.float32) + shift) * np.float32(BIN_HZ)
    return hz, np.exp(middle - np.float32(0.25) * (left - right) * shift)


def _nearest(
    hz: NDArray[np.float32], between: NDArray[np.float32], nominal: tuple[float, ...]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    index = np.searchsorted(between, hz)
    wanted = np.array(nominal, np.float32)[index]
    return index, np.abs(hz - wanted) < np.float32(NEAR) * wanted
