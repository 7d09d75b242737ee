"""The truth of a run: truth.jsonl has every event, truth.wav every sample that the card presented.

truth.wav is at 8 kHz, before any conversion to the card's rate. truth.jsonl has one JSON object a line with
`event`, `sample`, `at_ns` (CLOCK_MONOTONIC of that sample) and values of its own; the first is `timeline`
with the mapping. Lines stand in the order of writing: what lies ahead (the digits of a number) is written
when it is planned. Times of `lamp` events are exact, their samples rounded down.
"""

import struct
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from drivers.virtual.moments import NS_PER_SAMPLE, RATE_HZ

WAV_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
DATA_LIMIT = 0xFFFFFFFF - 36
"""Bytes that a WAV file can say; 74 h of mono. Later samples are not kept."""


class Truth:
    """Writes both files in DIR; flush() makes them readable as far as they go."""

    def __init__(self, directory: Path, *, epoch_ns: int, channels: int) -> None:
        self.events_path = directory / "truth.jsonl"
        self.wav_path = directory / "truth.wav"
        self.epoch_ns = epoch_ns
        self.channels = channels
        self._bytes = 0
        self._events = self.events_path.open("wb")
        self._wav = self.wav_path.open("wb")
        self._wav.write(self._wav_header())

    def note(self, event: str, sample: int, /, **values: Any) -> None:
        at_ns = values.pop("at_ns", self.epoch_ns + sample * NS_PER_SAMPLE)
        line = {"event": event, "sample": sample, "at_ns": at_ns, **values}
        self._events.write(msgspec.json.encode(line) + b"\n")

    def add(self, frames: NDArray[np.int16]) -> None:
        """Append frames, shape (n, channels)."""
        data = frames.astype("<i2", copy=False).tobytes()
        if self._bytes + len(data) <= DATA_LIMIT:
            self._wav.write(data)
            self._bytes += len(data)

    def flush(self) -> None:
        end = self._wav.tell()
        self._wav.seek(0)
        self._wav.write(self._wav_header())
        self._wav.seek(end)
        self._wav.flush()
        self._events.flush()

    def close(self) -> None:
        self.flush()
        self._wav.close()
        self._events.close()

    def _wav_header(self) -> bytes:
        width = 2 * self.channels
        return WAV_HEADER.pack(
            b"RIFF", 36 + self._bytes, b"WAVE", b"fmt ", 16, 1,
            self.channels, RATE_HZ, RATE_HZ * width, width, 16, b"data", self._bytes,
        )  # fmt: skip
