"""Is there FSK in this frame? A cheap look at every 50 ms, so that speech does not cost a demodulation."""

import numpy as np
from numpy.typing import NDArray

from firmware.line.blocks import SAMPLE_RATE_HZ, SINE_DBM0_AT_FULL_SCALE, Samples

FRAME = 400
BIN_HZ = SAMPLE_RATE_HZ / FRAME
INSIDE = slice(round(880 / BIN_HZ), round(2520 / BIN_HZ))
WHOLE = slice(round(340 / BIN_HZ), round(3600 / BIN_HZ))
SHARE_MIN = 0.68
WINDOW = np.hanning(FRAME + 1)[:-1].astype(np.float32)
POWER = 2.0 / (FRAME * float((WINDOW**2).sum()))
LOUD_MIN = 10 ** ((-52.0 - SINE_DBM0_AT_FULL_SCALE) / 10) / 2  # 10 dB below the weakest that is worth a try


def may_be_fsk(frames: Samples) -> NDArray[np.bool_]:
    """[frame, sample] each: most of the power lies where the two tones are; speech has its own below."""
    spectrum = np.fft.rfft(frames * WINDOW)
    power = spectrum.real**2 + spectrum.imag**2
    inside, whole = power[:, INSIDE].sum(axis=1), power[:, WHOLE].sum(axis=1)
    return np.asarray((inside > LOUD_MIN / POWER) & (inside > SHARE_MIN * whole))
