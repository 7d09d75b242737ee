"""Running: one begun recording on the line's timeline.

Cuts pieces to its bounds and gives them to its writer.
"""

from drivers.audio import BYTES_PER_SAMPLE, DEVICE_LOST, SAMPLE_RATE_HZ, AudioBlock, AudioGap
from firmware.capture.preroll import Piece, length
from firmware.capture.writer import RecordingWriter

SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000


class Running:
    """Positions are the line's. `start` is the recording's first; the end is known once `end_at` was
    called.
    """

    def __init__(self, writer: RecordingWriter, *, start: int, channels: int) -> None:
        self.writer = writer
        self.start = start
        self.end: int | None = None
        self.ended_by = ""
        self._channels = channels

    @property
    def position(self) -> int:
        """Up to where the timeline is taken."""
        return self.start + self.writer.position

    @property
    def is_complete(self) -> bool:
        return self.end is not None and self.position >= self.end

    def end_at(self, position: int, ended_by: str) -> None:
        """What was taken already stays: an end that is told late cannot take it back."""
        self.end, self.ended_by = max(position, self.position), ended_by

    def take(self, piece: Piece) -> None:
        """The part of the piece that lies between what was taken and the end."""
        first, until = piece.first_sample, piece.first_sample + length(piece, self._channels)
        begin, stop = max(first, self.position), until if self.end is None else min(until, self.end)
        if begin >= stop:
            return
        self.fill(begin)
        if isinstance(piece, AudioGap):
            self.writer.gap(stop - begin, piece.reason)
        else:
            self.writer.audio(self._part(piece, begin - first, stop - first))

    def fill(self, until: int) -> None:
        """Say that what lies between what was taken and `until` never came."""
        if until > self.position:
            self.writer.gap(until - self.position, DEVICE_LOST)

    def event(self, position: int, kind: str, fields: dict[str, str | int]) -> None:
        """An event before the first sample is none of this recording's."""
        if position >= self.start:
            self.writer.event((position - self.start) // SAMPLES_PER_MS, kind, **fields)

    def _part(self, block: AudioBlock, begin: int, stop: int) -> bytes:
        frame_bytes = BYTES_PER_SAMPLE * self._channels
        return block.samples[begin * frame_bytes : stop * frame_bytes]  # the whole is not copied
