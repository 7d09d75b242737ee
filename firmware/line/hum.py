"""Mains hum: power at 50 or 60 Hz and harmonics against the speech band, over whole seconds.

One Hann-windowed FFT a second: its lines are 1 Hz apart, so hum of either frequency stands alone.
"""

import numpy as np
from numpy.typing import NDArray

from firmware.line.blocks import SAMPLE_RATE_HZ, Samples, Tape

SECOND = SAMPLE_RATE_HZ
MAINS_HZ = (50, 60)
HARMONICS = (1, 2, 3, 4, 5, 6, 7)
SPEECH_HZ = (300, 3400)
REACH_HZ = 2  # lines to each side: the main lobe, and mains that are 0.2 Hz off at the 7th harmonic
LIMIT_DB = 96.0
WINDOW = np.hanning(SECOND + 1)[:-1].astype(np.float32)


def _lines(mains_hz: int) -> NDArray[np.bool_]:
    lines = np.zeros(SECOND // 2 + 1, np.bool_)
    for k in HARMONICS:
        lines[mains_hz * k - REACH_HZ : mains_hz * k + REACH_HZ + 1] = True
    return lines


HUM_LINES = {mains_hz: _lines(mains_hz) for mains_hz in MAINS_HZ}
SPEECH_LINES = np.zeros(SECOND // 2 + 1, np.bool_)
SPEECH_LINES[SPEECH_HZ[0] : SPEECH_HZ[1] + 1] = True
SPEECH_LINES &= ~(HUM_LINES[50] | HUM_LINES[60])


class HumMeter:
    """Sums of power over all whole seconds fed."""

    def __init__(self) -> None:
        self._tape = Tape(SECOND)
        self._next = 0
        self._hum = dict.fromkeys(MAINS_HZ, 0.0)
        self._speech = 0.0

    def feed(self, samples: Samples) -> None:
        self._tape.append(samples)
        while self._next + SECOND <= self._tape.end:
            spectrum = np.fft.rfft(self._tape.read(self._next, self._next + SECOND) * WINDOW)
            power = spectrum.real.astype(np.float64) ** 2 + spectrum.imag.astype(np.float64) ** 2
            for mains_hz, lines in HUM_LINES.items():
                self._hum[mains_hz] += float(power[lines].sum())
            self._speech += float(power[SPEECH_LINES].sum())
            self._next += SECOND

    def ratio(self) -> tuple[int, float]:
        """Mains frequency of the stronger hum, and its power over the speech band's in dB."""
        mains_hz = max(MAINS_HZ, key=lambda hz: self._hum[hz])
        hum = self._hum[mains_hz]
        if hum <= 0:
            return mains_hz, -LIMIT_DB
        if self._speech <= 0:
            return mains_hz, LIMIT_DB
        return mains_hz, float(np.clip(10 * np.log10(hum / self._speech), -LIMIT_DB, LIMIT_DB))
