"""Call-progress tones of a network profile, DTMF digits and ringing as tables of sound."""

from functools import lru_cache

import numpy as np

from config.lines import Tone
from drivers.virtual.signals.voices import Sound, Voice, peak_of_dbm0, sine, softened
from drivers.virtual.timeline import samples_of_ms

DTMF_LOW_HZ = (697, 770, 852, 941)
DTMF_HIGH_HZ = (1209, 1336, 1477, 1633)
DTMF_KEYS = "123A456B789C*0#D"
MODULATION_DEPTH = 0.9


@lru_cache(maxsize=16)
def tone_table(tone: Tone) -> tuple[Sound, int]:
    """One period of the tone, and the index that it repeats from.

    All frequencies are whole Hz, so that one second of a continuous tone repeats without a seam.
    """
    if tone.steps_dbm0:
        steps = [_chord(tone, level, tone.step_ms) for level in tone.steps_dbm0]
        table = np.concatenate([*steps, _chord(tone, tone.steps_dbm0[-1], 1000)])
        return table, len(table) - 8000
    if not tone.cadence_ms:
        return _chord(tone, tone.level_dbm0, 1000), 0
    parts = []
    twice = 2 if tone.alternate_db else 1
    for number, length_ms in enumerate(tone.cadence_ms * twice):
        sounding = number % 2 == 0
        silence = np.zeros(samples_of_ms(length_ms), np.float32)
        level_dbm0 = tone.level_dbm0 + (tone.alternate_db if number % 4 == 2 else 0.0)
        parts.append(softened(_chord(tone, level_dbm0, length_ms)) if sounding else silence)
    return np.concatenate(parts), 0


def tone_voice(tone: Tone, start: int) -> Voice:
    table, loop_from = tone_table(tone)
    return Voice(start, table, loop_from)


def dtmf_digit(digit: str, on_ms: int, level_dbm0: float, twist_db: float) -> Sound:
    """One key: the low tone at `level_dbm0`, the high one `twist_db` above. KeyError on no key."""
    place = dict(zip(DTMF_KEYS, range(16), strict=True))[digit]
    count = samples_of_ms(on_ms)
    low = sine(DTMF_LOW_HZ[place // 4], count, peak_of_dbm0(level_dbm0))
    high = sine(DTMF_HIGH_HZ[place % 4], count, peak_of_dbm0(level_dbm0 + twist_db))
    return softened(low + high)


def ring_residue(frequency_hz: int, samples: int, peak: float) -> Sound:
    """What the tap's transformer lets through of the ringing voltage."""
    return softened(sine(frequency_hz, samples, peak))


def hook_click(peak: float) -> Sound:
    """The step of the loop current behind the transformer: 10 ms, decaying with 2 ms."""
    return (peak * np.exp(-np.arange(80) / 16)).astype(np.float32)


def _chord(tone: Tone, level_dbm0: float, length_ms: float) -> Sound:
    count = samples_of_ms(length_ms)
    out = np.zeros(count, np.float32)
    for frequency_hz in tone.frequencies_hz:
        out += sine(frequency_hz, count, peak_of_dbm0(level_dbm0))
    if tone.modulation_hz:
        out *= (1 + MODULATION_DEPTH * sine(tone.modulation_hz, count, 1.0)) / (1 + MODULATION_DEPTH)
    return out
