"""From the card's raw blocks to the contract's events: timeline, conversion, positions.

Used by every source.
"""

from collections.abc import Callable, Iterable

from drivers.audio import BYTES_PER_SAMPLE, AudioBlock, AudioEvent, AudioFound, AudioGap, AudioLost
from drivers.audio.convert import Converter
from drivers.audio.timeline import Loss, Placed, RawBlock, Timeline


class Intake:
    """Lives in the driver's thread. `channels`: those of the emitted blocks."""

    def __init__(
        self, *, rate_hz: int, channels: int, converter: Converter, emit: Callable[[AudioEvent], None]
    ) -> None:
        self._timeline = Timeline(rate_hz)
        self._converter = converter
        self._frame_bytes = BYTES_PER_SAMPLE * channels
        self._emit = emit
        self._position = 0
        self._present = False
        self._said_lost = False

    @property
    def present(self) -> bool:
        return self._present

    def block(self, block: RawBlock, device: str) -> None:
        if not self._present:
            self._present, self._said_lost = True, False
            self._emit(AudioFound(block.at_ns, device))
        self._place(self._timeline.add(block))

    def lost(self, at_ns: int, reason: str) -> None:
        """The source is gone or not there; only the first call of a loss is told on."""
        if self._said_lost:
            return
        self._place(self._timeline.stop())
        if self._position == 0 and not self._present:
            self._timeline.origin(at_ns)
        self._tell(self._converter.flush())
        self._present, self._said_lost = False, True
        self._emit(AudioLost(at_ns, reason))

    def _place(self, placed: Iterable[Placed]) -> None:
        for item in placed:
            if isinstance(item, Loss):
                self._lose(item)
            else:
                self._tell(self._converter.push(item.samples))

    def _lose(self, loss: Loss) -> None:
        self._tell(self._converter.flush())
        if loss.first_sample != self._position:
            raise AssertionError(f"the converter gave {self._position} samples for {loss.first_sample}")
        self._position += loss.lost_samples
        at_ns = self._timeline.at_ns(self._position)
        self._emit(AudioGap(loss.first_sample, loss.lost_samples, loss.reason, at_ns))

    def _tell(self, samples: bytes) -> None:
        if samples:
            first, self._position = self._position, self._position + len(samples) // self._frame_bytes
            self._emit(AudioBlock(first, self._timeline.at_ns(self._position), samples))
