"""Sound with a place on the timeline."""

import math

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

FULL_SCALE_DBM0 = 3.14
"""Level of a full-scale sine on the line (ITU-T G.711, A-law): 0 dBm0 is 3.14 dB below it."""


def peak_of_dbm0(level_dbm0: float) -> float:
    """Peak of a sine of that level; full scale is 1."""
    return float(10 ** ((level_dbm0 - FULL_SCALE_DBM0) / 20))


def rms_of_dbfs(level_dbfs: float) -> float:
    return float(10 ** (level_dbfs / 20))


def sine(frequency_hz: float, samples: int, peak: float) -> Sound:
    phase = np.arange(samples) * (2 * math.pi * frequency_hz / 8000)
    return np.asarray(np.sin(phase) * peak, np.float32)


def softened(sound: Sound, edge_samples: int = 16) -> Sound:
    """With raised-cosine edges (2 ms), so that switching does not click."""
    edge = min(edge_samples, len(sound) // 2)
    ramp = ((1 - np.cos(np.pi * (np.arange(edge) + 0.5) / edge)) / 2).astype(np.float32)
    out = sound.copy()
    out[:edge] *= ramp
    out[len(out) - edge :] *= ramp[::-1]
    return out


class Voice:
    """A table of sound from sample `start` on; `loop_from`: repeats from there for ever, else it ends."""

    __slots__ = ("end", "loop_from", "start", "table")

    def __init__(self, start: int, table: Sound, loop_from: int | None = None) -> None:
        self.start = start
        self.table = table
        self.loop_from = loop_from
        self.end: int | None = None if loop_from is not None else start + len(table)

    def add_to(self, out: Sound, first: int) -> None:
        """Add samples first … first + len(out) of the timeline."""
        begin = max(self.start, first)
        stop = first + len(out) if self.end is None else min(first + len(out), self.end)
        if stop <= begin:
            return
        index = np.arange(begin - self.start, stop - self.start)
        if self.loop_from is None or index[-1] < len(self.table):
            piece = self.table[index[0] : index[-1] + 1]
        else:
            loop = len(self.table) - self.loop_from
            late = index >= len(self.table)
            index[late] = self.loop_from + (index[late] - self.loop_from) % loop
            piece = self.table[index]
        out[begin - first : stop - first] += piece


class Bus:
    """Voices that are heard or muted together."""

    def __init__(self) -> None:
        self.open = True
        self._voices: list[Voice] = []

    def add(self, voice: Voice) -> Voice:
        self._voices.append(voice)
        return voice

    def remove(self, voice: Voice) -> None:
        if voice in self._voices:
            self._voices.remove(voice)

    def clear(self) -> None:
        self._voices.clear()

    def render(self, first: int, count: int) -> Sound | None:
        """The sum, or None for silence. Voices that have ended are forgotten."""
        self._voices = [v for v in self._voices if v.end is None or v.end > first]
        if not self._voices or not self.open:
            return None
        out = np.zeros(count, np.float32)
        for voice in self._voices:
            voice.add_to(out, first)
        return out
