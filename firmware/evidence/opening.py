"""Opening sealed recordings with an archive key, whole or while they grow."""

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from firmware.evidence.errors import EvidenceError, FormatError, NoSealError, OpenError
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.recording import EndFrame, Frame, Header, parse_frame
from firmware.evidence.sealing import FILE_KEY_BYTES, file_key_info, nonce, payload_cipher
from firmware.evidence.walking import CHUNK_BYTES, check_length, parse_intro, read_chunks, take_intro

_LENGTH = struct.Struct(">I")


def open_file_key(header: Header, key: ArchivePrivateKey) -> bytes:
    """The recording's file key. NoSealError when it is sealed to others only, OpenError when changed."""
    own = key.public.key_id
    for seal in header.seals:
        if seal.key == own:
            file_key = key.open(seal.sealed, file_key_info(header))
            if len(file_key) != FILE_KEY_BYTES:
                raise OpenError(f"the sealed file key has {len(file_key)} bytes instead of {FILE_KEY_BYTES}")
            return file_key
    others = ", ".join(seal.key for seal in header.seals)
    raise NoSealError(f"the recording is sealed to key {others}; this key is {own}")


class RecordingOpener:
    """Fed a recording in pieces of any size, returns its frames as they become whole.

    `header` is there once the intro is whole; `complete` once the end frame opened; `frames` counts.
    """

    def __init__(self, key: ArchivePrivateKey) -> None:
        self.header: Header | None = None
        self.complete = False
        self.frames = 0
        self._key = key
        self._cipher: ChaCha20Poly1305 | None = None
        self._buffer = bytearray()  # a started intro or frame
        self._need = 4  # bytes from the start of the buffer on that allow the next step
        self._error: EvidenceError | None = None

    @property
    def unlocked(self) -> bool:
        """The header was read and the file key opened."""
        return self._cipher is not None

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes, in order.

        Raises FormatError, NoSealError or OpenError at what does not belong. Frames before the fault
        that came in the same piece are returned first; the error then meets the next call, or `finish`.
        """
        self._raise()
        frames: list[Frame] = []
        try:
            if self._cipher is None:
                data = self._begin(data)
            if self._cipher is not None:
                self._open(self._cipher, data, frames)
        except EvidenceError as error:
            self._error = error
            if not frames:
                raise
        return frames

    def finish(self) -> int:
        """To be called after the last piece: how many torn bytes follow the last whole frame."""
        self._raise()
        return len(self._buffer)

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _begin(self, data: bytes) -> bytes:
        """What follows the intro, once that is whole."""
        self._buffer += data
        intro = take_intro(self._buffer)
        if intro is None:
            return b""
        self.header = parse_intro(intro)
        self._cipher = payload_cipher(open_file_key(self.header, self._key), intro)
        rest = bytes(self._buffer[len(intro) :])
        self._buffer.clear()
        return rest

    def _open(self, cipher: ChaCha20Poly1305, data: bytes, frames: list[Frame]) -> None:
        """Copies at most once a piece, and not at all while no frame is whole: any piece size stays cheap."""
        if len(self._buffer) + len(data) < self._need:
            self._buffer += data
            return
        data, at = bytes(self._buffer) + data, 0
        view = memoryview(data)
        try:
            while not self.complete and (end := self._whole(data, at)):
                frames.append(self._frame(cipher, view[at + 4 : end]))
                at = end
            if self.complete and at < len(data):
                raise FormatError(f"{len(data) - at} bytes follow the end frame, where the file must end")
        finally:
            self._buffer[:] = view[at:]

    def _whole(self, data: bytes, at: int) -> int:
        """Where the frame that begins `at` ends, 0 for "need more"."""
        if len(data) - at < 4:
            self._need = 4
            return 0
        self._need = 4 + check_length(_LENGTH.unpack_from(data, at)[0], self.frames)
        return at + self._need if at + self._need <= len(data) else 0

    def _frame(self, cipher: ChaCha20Poly1305, sealed: memoryview) -> Frame:
        try:
            plaintext, last = cipher.decrypt(nonce(self.frames, last=False), sealed, None), False
        except InvalidTag:
            plaintext, last = self._last(cipher, sealed), True
        frame = parse_frame(plaintext)
        if isinstance(frame, EndFrame) is not last:
            raise FormatError(
                f"frame {self.frames}: an end frame (Z) is last, and the last one is an end frame"
            )
        self.frames += 1
        self.complete = last
        if last:
            self._need = 0  # any byte more is one too many
        return frame

    def _last(self, cipher: ChaCha20Poly1305, sealed: memoryview) -> bytes:
        try:
            return cipher.decrypt(nonce(self.frames, last=True), sealed, None)
        except InvalidTag:
            raise OpenError(
                f"frame {self.frames} does not open: it was changed, moved or left out, or the header was",
            ) from None


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
