"""The memory file that the simulator and the card's plugin share.

Layout (native byte order, as card_plugin.c's `struct card`), then the ring of s16 frames at byte 4096:
u32 magic, version, rate, channels, ring_frames, mode, plugged, hung; u64 epoch_ns, written, read, started_at;
u32 opens, starts, overruns.
"""

import mmap
import os
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.virtual.options import CardMode

MAGIC = 0x4356484F
VERSION = 1
HEADER_BYTES = 4096
RING_S = 32
"""How late an elastic card's reader may be; more than any stall that a test survives."""
MODES: tuple[CardMode, ...] = ("elastic", "strict", "fast")
WORDS = ("magic", "version", "rate", "channels", "ring_frames", "mode", "plugged", "hung")
LONGS = {"epoch_ns": 0, "written": 1, "read": 2, "started_at": 3}
COUNTS = {"opens": 0, "starts": 1, "overruns": 2}


class CardMemory:
    """The simulator's side: it alone writes samples, plugged, hung; the plugin alone the rest.

    The file goes with this object, or with the process when that ends in order.
    """

    def __init__(self, path: Path, *, rate_hz: int, channels: int, mode: CardMode, epoch_ns: int) -> None:
        self.path = path
        self.rate_hz = rate_hz
        self.channels = channels
        self._frames = rate_hz * RING_S
        size = HEADER_BYTES + self._frames * channels * 2
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._remove = weakref.finalize(self, path.unlink, missing_ok=True)
        try:
            os.truncate(descriptor, size)
            self._map = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        self._words = np.frombuffer(self._map, np.uint32, len(WORDS), 0)
        self._longs = np.frombuffer(self._map, np.uint64, len(LONGS), 32)
        self._counts = np.frombuffer(self._map, np.uint32, len(COUNTS), 64)
        ring = np.frombuffer(self._map, "<i2", self._frames * channels, HEADER_BYTES)
        self._ring = ring.reshape(self._frames, channels)
        self._longs[0] = epoch_ns
        self._words[1:] = (VERSION, rate_hz, channels, self._frames, MODES.index(mode), 1, 0)
        self._words[0] = MAGIC
        self._plugging = 1

    def write(self, frames: NDArray[np.int16]) -> None:
        """Append frames, shape (n, channels), n far below the ring's length."""
        at = self.written % self._frames
        first = min(len(frames), self._frames - at)
        self._ring[at : at + first] = frames[:first]
        self._ring[: len(frames) - first] = frames[first:]
        self._longs[1] += np.uint64(len(frames))

    @property
    def written(self) -> int:
        return int(self._longs[1])

    @property
    def read(self) -> int:
        """Frames of the ring that the reader has taken (its next frame)."""
        return int(self._longs[2])

    @property
    def started_at(self) -> int:
        """Ring frame that the last start of a stream began with."""
        return int(self._longs[3])

    def count(self, name: str) -> int:
        """`opens`, `starts` or `overruns` so far."""
        return int(self._counts[COUNTS[name]])

    @property
    def plugged(self) -> bool:
        return bool(self._words[6])

    def plug(self) -> None:
        self._plugging += 1
        self._words[6] = self._plugging

    def unplug(self) -> None:
        self._words[6] = 0

    def hang(self, hung: bool) -> None:
        self._words[7] = int(hung)

    def close(self) -> None:
        """Streams that are still open see the card unplugged."""
        self.unplug()
        self._remove()
