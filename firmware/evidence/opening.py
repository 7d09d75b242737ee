"""Opening sealed recordings with an archive key, whole or while they grow."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from firmware.evidence.errors import EvidenceError, FormatError
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.recording import EndFrame, Frame, Header, parse_frame
from firmware.evidence.unsealing import FrameUnsealer
from firmware.evidence.walking import CHUNK_BYTES, read_chunks


class RecordingOpener:
    """Fed a recording in pieces of any size, returns its frames as they become whole.

    `header` is there once the intro is whole; `complete` once the end frame opened; `frames` counts.
    """

    def __init__(self, key: ArchivePrivateKey) -> None:
        self.complete = False
        self.frames = 0
        self._unsealer = FrameUnsealer(key)
        self._error: EvidenceError | None = None

    @property
    def header(self) -> Header | None:
        return self._unsealer.header

    @property
    def unlocked(self) -> bool:
        """The header was read and the file key opened."""
        return self._unsealer.unlocked

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes, in order.

        Raises FormatError, NoSealError or OpenError at what does not belong. Frames before the fault
        that came in the same piece are returned first; the error then meets the next call, or `finish`.
        """
        if self._error is not None:
            raise self._error
        frames: list[Frame] = []
        try:
            for plaintext in self._unsealer.feed(data):
                frames.append(parse_frame(plaintext))
                self.frames += 1
        except EvidenceError as error:
            self._error = error
            if not frames:
                raise
        if frames:
            self.complete = isinstance(frames[-1], EndFrame)
        return frames

    def finish(self) -> int:
        """To be called after the last piece: how many torn bytes follow the last whole frame."""
        if self._error is not None:
            raise self._error
        return self._unsealer.finish()


class OpenedRecording:
    """A recording opened from a file. `complete` and `torn_bytes` hold once `frames()` is used up."""

    def __init__(self, file: BinaryIO, key: ArchivePrivateKey) -> None:
        self._file = file
        self._opener = RecordingOpener(key)
        self._first: list[Frame] = []
        self.header = self._begin()
        self.complete = False  # interrupted: no end frame (or not reached yet)
        self.torn_bytes = 0

    def _begin(self) -> Header:
        while not self._opener.unlocked and (data := self._file.read(CHUNK_BYTES)):
            try:
                self._first += self._opener.feed(data)
            except EvidenceError:
                if not self._opener.unlocked:
                    raise
                # the header is good, the first frame is not: `frames` will say so
        if self._opener.header is None:
            raise FormatError("the file ends within the header, so nothing in it opens")
        return self._opener.header

    def frames(self) -> Iterator[Frame]:
        """Every whole frame; FormatError or OpenError where one does not belong, after those before it."""
        yield from self._first
        self._first = []
        for data in read_chunks(self._file):
            yield from self._opener.feed(data)
        self.torn_bytes = self._opener.finish()
        self.complete = self._opener.complete


def open_recording(source: bytes | BinaryIO, key: ArchivePrivateKey) -> OpenedRecording:
    """Open a recording's header at once and its frames as they are asked for.

    FormatError when it is none, NoSealError when it is sealed to other keys, OpenError when changed.
    """
    return OpenedRecording(io.BytesIO(source) if isinstance(source, bytes) else source, key)
