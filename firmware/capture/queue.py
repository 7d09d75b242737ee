"""CaptureQueue: what drivers and the recorder's owner put in, in order, for the capture thread.

Audio is bounded (`seconds`, 30 by default: an SD card can stall that long while it erases). What does not fit
is dropped and said: one AudioGap "queue_full" of the exact length stands where the blocks would have stood.
Commands always fit, up to MAX_COMMANDS.
"""

import threading
from collections.abc import Callable

from drivers.audio import QUEUE_FULL, SAMPLE_RATE_HZ, AudioBlock, AudioEvent, AudioGap

Command = Callable[[], None]
Item = AudioEvent | Command

MAX_COMMANDS = 1000  # events of a call while the disk stalls: a dialled digit makes two, nobody dials 500


class CaptureError(Exception):
    """Capture is used in a way that it cannot be: a mistake in this program."""


class CaptureQueue:
    def __init__(self, *, seconds: float, channels: int) -> None:
        self._bound = round(seconds * SAMPLE_RATE_HZ)
        self._channels = channels
        self._items: list[Item] = []
        self._samples = 0
        self._blocks = 0
        self._commands = 0
        self._dropped: AudioGap | None = None
        self._ready = threading.Condition()

    @property
    def blocks(self) -> int:
        """Blocks that wait now."""
        return self._blocks

    def put_audio(self, event: AudioEvent) -> None:
        with self._ready:
            if isinstance(event, AudioBlock):
                self._put_block(event)
            else:
                self._say_dropped()
                self._items.append(event)
            self._ready.notify()

    def put_command(self, command: Command) -> None:
        with self._ready:
            if self._commands >= MAX_COMMANDS:
                raise CaptureError(f"{MAX_COMMANDS} commands wait for the disk")
            self._commands += 1
            self._say_dropped()
            self._items.append(command)
            self._ready.notify()

    def take(self) -> list[Item]:
        """All that waits, at least one; blocks until there is something."""
        with self._ready:
            while not self._items:
                self._ready.wait()
            items, self._items = self._items, []
            self._samples = self._blocks = self._commands = 0
            return items

    def _put_block(self, block: AudioBlock) -> None:
        count = block.frames(self._channels)
        if self._samples + count > self._bound:
            self._drop(block, count)
            return
        self._say_dropped()
        self._items.append(block)
        self._samples += count
        self._blocks += 1

    def _drop(self, block: AudioBlock, count: int) -> None:
        if self._dropped is None:
            self._dropped = AudioGap(block.first_sample, count, QUEUE_FULL, block.at_ns)
        else:
            first, lost = self._dropped.first_sample, self._dropped.lost_samples
            self._dropped = AudioGap(first, lost + count, QUEUE_FULL, block.at_ns)

    def _say_dropped(self) -> None:
        if self._dropped is not None:
            self._items.append(self._dropped)
            self._dropped = None
