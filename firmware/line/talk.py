"""Somebody talks, or the line rings: what the frames of `tone_frames` say beside tones.

Talk is power from 200 to 1000 Hz that rises over the line's noise, is no steady tone and is not ringing
voltage, for 200 ms within 600 ms. It says where speech is, not whether it is a person: music counts.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from firmware.line.tone_frames import CHUNK, HOP, WINDOW_LENGTH, Floats, Frames

OVER_FLOOR = np.float32(10**0.5)
QUIET_MIN = np.float32(1e-8)  # -80 dBFS
FLOOR_CHUNKS = 60  # 6 s: nobody talks so long without a pause
AHEAD_CHUNKS = 25  # of them behind the chunk that is judged: talk may begin with the recording
WINDOW_CHUNKS, FRAMES_MIN, CHUNKS_MIN = 6, 20, 3
END_CHUNKS = 10
RING_OVER = 10.0  # of speech's band
RING_OVER_HUM = 3.0
RING_MIN = 10**-5.0  # -50 dBFS
RING_FRAMES = 24  # shorter is a click, or a breath into the microphone
RING_STEADY = 0.5  # a generator's power holds; breath and knocks do not
RING_KEPT = 500  # frames
WHOLE_FRAMES = WINDOW_LENGTH // HOP  # from the stream's beginning, frames that reach before it


@dataclass(frozen=True, slots=True)
class Stretch:
    """From first to last sample of it."""

    kind: Literal["talk", "ring"]
    start_sample: int
    end_sample: int


class TalkDetector:
    """Takes Frames in order, gives stretches that have ended."""

    def __init__(self) -> None:
        self._floor: deque[float] = deque(maxlen=FLOOR_CHUNKS)
        self._counts: deque[tuple[int, int, int]] = deque(maxlen=WINDOW_CHUNKS)  # frames, first, last sample
        self._waiting: deque[tuple[int, Floats]] = deque()
        self._talk: list[int] | None = None  # start, last heard
        self._silent = 0
        self._ring: list[int] | None = None
        self._ring_power: list[float] = []

    def take(self, frames: Frames) -> list[Stretch]:
        low, ring = frames.low, frames.ring
        ringing = (ring > RING_OVER * low) & (ring > RING_OVER_HUM * frames.hum) & (ring > RING_MIN)
        plain = low[ring < RING_MIN]  # a converter at its limit hides the noise
        plain = plain[WHOLE_FRAMES if frames.first < WINDOW_LENGTH // 2 else 0 :]
        self._floor += [float(plain.min())] if len(plain) else []
        self._waiting.append((frames.first, np.where(frames.tonal | (ring >= low * 2), np.float32(0), low)))
        found = self._rings(ringing, ring, frames.first)
        return found + (self._oldest() if len(self._waiting) > AHEAD_CHUNKS else [])

    def finish(self) -> list[Stretch]:
        found = self._end_ring()
        while self._waiting:
            found += self._oldest()
        return sorted(found + self._end_talk(), key=lambda one: one.start_sample)

    def _oldest(self) -> list[Stretch]:
        """The chunk whose noise is known from both sides by now."""
        first, power = self._waiting.popleft()
        floor = max(min(self._floor, default=0.0), float(QUIET_MIN))
        return self._talks(np.flatnonzero(power > OVER_FLOOR * np.float32(floor)), first)

    def _talks(self, speech: NDArray[np.intp], first: int) -> list[Stretch]:
        at = [first + int(place) * HOP for place in speech]
        self._counts.append((len(at), at[0] if at else 0, at[-1] if at else 0))
        if self._talk is None:
            heard = [row for row in self._counts if row[0]]
            if sum(row[0] for row in heard) >= FRAMES_MIN and len(heard) >= CHUNKS_MIN:
                self._talk = [heard[0][1], heard[-1][2]]
                self._silent = 0
            return []
        if len(at) > 1:
            self._talk[1], self._silent = at[-1], 0
            return []
        self._silent += 1
        return self._end_talk() if self._silent >= END_CHUNKS else []

    def _end_talk(self) -> list[Stretch]:
        talk, self._talk = self._talk, None
        self._counts.clear()
        return [Stretch("talk", max(0, talk[0]), talk[1] + HOP)] if talk else []

    def _rings(self, ringing: NDArray[np.bool_], power: Floats, first: int) -> list[Stretch]:
        if not ringing.any():
            return self._end_ring() if self._ring and first - self._ring[1] > CHUNK else []
        at = first + np.flatnonzero(ringing) * HOP
        found: list[Stretch] = []
        if self._ring and int(at[0]) - self._ring[1] > CHUNK:
            found = self._end_ring()
        if self._ring is None:
            self._ring = [int(at[0]), int(at[-1])]
        self._ring[1] = int(at[-1])
        self._ring_power = (self._ring_power + power[ringing].tolist())[:RING_KEPT]
        return found

    def _end_ring(self) -> list[Stretch]:
        ring, power, self._ring, self._ring_power = self._ring, self._ring_power, None, []
        if ring is None or ring[1] - ring[0] < RING_FRAMES * HOP:
            return []
        weak, middle = np.percentile(power, (25, 60))  # its rise and fall are below
        if weak < RING_STEADY * middle:
            return []
        return [Stretch("ring", max(0, ring[0]), ring[1] + HOP)]
