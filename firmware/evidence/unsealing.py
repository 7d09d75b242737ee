"""Unsealing frames with an archive key: the reverse of `sealing`, for pieces of any size."""

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from firmware.evidence.errors import EvidenceError, FormatError, NoSealError, OpenError
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.recording import Header
from firmware.evidence.sealing import FILE_KEY_BYTES, file_key_info, nonce, payload_cipher
from firmware.evidence.walking import check_length, parse_intro, take_intro

_LENGTH = struct.Struct(">I")
_END = ord("Z")


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


class FrameUnsealer:
    """Fed a recording in pieces of any size, returns the plaintexts of its frames as they become whole.

    `header` is there once the intro is whole; `complete` once the last frame opened; `frames` counts.
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

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes, in order.

        Raises FormatError, NoSealError or OpenError at what does not belong. Frames before the fault
        that came in the same piece are returned first; the error then meets the next call, or `finish`.
        """
        self._raise()
        frames: list[bytes] = []
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

    def _open(self, cipher: ChaCha20Poly1305, data: bytes, frames: list[bytes]) -> None:
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

    def _frame(self, cipher: ChaCha20Poly1305, sealed: memoryview) -> bytes:
        try:
            number = self.frames.to_bytes(11, "big")  # as `nonce`, without the call
            plaintext, last = cipher.decrypt(number + b"\0", sealed, None), False
        except InvalidTag:
            plaintext, last = self._last(cipher, sealed), True
        if (plaintext[0] == _END) is not last:
            raise FormatError(
                f"frame {self.frames}: an end frame (Z) is last, and the last one is an end frame",
            )
        self.frames += 1
        self.complete = last
        if last:
            self._need = 0  # any byte more is one too many
        return plaintext

    def _last(self, cipher: ChaCha20Poly1305, sealed: memoryview) -> bytes:
        try:
            return cipher.decrypt(nonce(self.frames, last=True), sealed, None)
        except InvalidTag:
            raise OpenError(
                f"frame {self.frames} does not open: it was changed, moved or left out, or the header was",
            ) from None
