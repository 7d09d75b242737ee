"""Is what was recorded what was on the line: where it lies, whether it drifts, and how like it is.

All arrays are 8 kHz mono int16 unless said. Source of the score: segmental SNR as in Hansen & Pellom,
"An effective quality evaluation protocol for speech enhancement algorithms", ICSLP 1998 (20 ms, -10 … 35 dB).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import correlate

RATE_HZ = 8000
WINDOW = RATE_HZ  # 1 s: long enough to be unlike its neighbours, short enough to see a jump
QUIET_RMS = 300.0  # int16, -41 dBFS; a window below it holds nothing to align by

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Alignment:
    """`offset`: where the recording begins in the truth. `lags`: of each window from there, in samples."""

    offset: int
    lags: tuple[int, ...]
    likeness: float  # mean normalised correlation of the windows, 1 = the same

    @property
    def worst_lag_ms(self) -> float:
        return max(map(abs, self.lags), default=0) * 1000 / RATE_HZ


def align(recorded: Samples, truth: Samples) -> Alignment:
    """Find the whole recording in the truth, then each of its seconds near where it should be."""
    offset = int(np.argmax(correlate(truth.astype(np.float32), recorded.astype(np.float32), "valid", "fft")))
    lags, likeness = [], []
    for start in range(0, len(recorded) - WINDOW + 1, WINDOW):
        window = recorded[start : start + WINDOW].astype(np.float64)
        if np.sqrt(np.mean(window**2)) < QUIET_RMS:
            continue
        reach = min(80, offset + start)  # 10 ms to either side
        around = truth[offset + start - reach : offset + start + WINDOW + 80].astype(np.float64)
        score = correlate(around, window, "valid", "fft")
        energy = np.sqrt(np.convolve(around**2, np.ones(WINDOW), "valid") * np.sum(window**2))
        likenesses = score / np.maximum(energy, 1.0)
        best = int(np.argmax(likenesses))
        if (
            likenesses[reach] > 0.99 * likenesses[best]
        ):  # a tone fits a period beside as well: it lies where it should
            best = reach
        lags.append(best - reach)
        likeness.append(likenesses[best])
    return Alignment(offset, tuple(lags), float(np.mean(likeness)) if likeness else 0.0)


def segmental_snr_db(recorded: Samples, truth: Samples) -> float:
    """Both aligned and of one length; windows of 20 ms with sound in them."""
    size = RATE_HZ // 50
    count = min(len(recorded), len(truth)) // size
    signal = truth[: count * size].astype(np.float64).reshape(count, size)
    error = signal - recorded[: count * size].astype(np.float64).reshape(count, size)
    power, noise = np.sum(signal**2, axis=1), np.sum(error**2, axis=1)
    loud = power > size * QUIET_RMS**2
    ratio = 10 * np.log10(power[loud] / np.maximum(noise[loud], 1e-9))
    return float(np.mean(np.clip(ratio, -10, 35)))
