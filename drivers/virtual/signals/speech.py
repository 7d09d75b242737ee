"""Speech files: any format and rate that libsndfile reads, brought to 8 kHz mono at one level."""

from pathlib import Path

import numpy as np
import soundfile
import soxr

from drivers.virtual.errors import VerbRefusedError
from drivers.virtual.moments import RATE_HZ
from drivers.virtual.signals.voices import Sound, rms_of_dbfs

ACTIVE_LEVEL_DBFS = -22.0
"""RMS of the talking parts of the agent's voice at the tap."""
PEAK_LIMIT = 0.95
LONGEST_S = 3600


def load_speech(file: str) -> Sound:
    """Raises VerbRefusedError when the file cannot be read, is empty or longer than an hour."""
    if not Path(file).is_file():
        raise VerbRefusedError(f"{file}: no such file")
    try:
        with soundfile.SoundFile(file) as opened:
            rate_hz = opened.samplerate
            if not 0 < opened.frames <= LONGEST_S * rate_hz:
                raise VerbRefusedError(f"{file}: is empty or longer than an hour")
            samples = opened.read(dtype="float32", always_2d=True).mean(axis=1, dtype=np.float32)
    except soundfile.LibsndfileError as error:
        raise VerbRefusedError(f"{file}: not a sound file that can be read: {error}") from error
    if rate_hz != RATE_HZ:
        samples = soxr.resample(samples, rate_hz, RATE_HZ)
    return levelled(np.asarray(samples, np.float32))


def levelled(samples: Sound) -> Sound:
    """Scaled so that its talking parts (20 ms frames within 25 dB of the loudest) have the active level."""
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    rms = np.sqrt((frames.astype(np.float64) ** 2).mean(axis=1)) if len(frames) else np.zeros(1)
    loud = rms[rms > rms.max() * rms_of_dbfs(-25)]
    if not len(loud):
        return samples
    gain = rms_of_dbfs(ACTIVE_LEVEL_DBFS) / float(np.sqrt((loud**2).mean()))
    gain = min(gain, PEAK_LIMIT / float(np.abs(samples).max()))
    return samples * np.float32(gain)
