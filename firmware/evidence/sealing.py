"""Sealing a recording while it is made. The file key lives in the sealer's memory and nowhere else."""

import hashlib
import os
import struct
from collections.abc import Sequence
from dataclasses import replace

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from firmware.evidence.errors import FormatError
from firmware.evidence.keys import ArchivePublicKey
from firmware.evidence.recording import MAX_PLAINTEXT, TAG_BYTES, Header, Seal

FILE_KEY_BYTES = 32
MAX_FRAMES = 2**32  # far below the 88-bit counter; a bound for readers' counters

_LENGTH = struct.Struct(">I")


def file_key_info(header: Header) -> bytes:
    """HPKE info of the file key's seals."""
    return b"offhook-recording/1 file key\n" + header.emit_without_seals()


def payload_cipher(file_key: bytes, intro: bytes) -> ChaCha20Poly1305:
    """The cipher of the frames; `intro` is line 1 and line 2 with their LFs, as they stand in the file."""
    derive = HKDF(
        algorithm=SHA256(),
        length=32,
        salt=hashlib.sha256(intro).digest(),
        info=b"offhook-recording/1 payload",
    )
    return ChaCha20Poly1305(derive.derive(file_key))


def nonce(number: int, *, last: bool) -> bytes:
    """Frame number in 11 bytes, then 0x01 for the last frame: the STREAM construction."""
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


class RecordingSealer:
    """Seals one recording, frame by frame; the caller appends what it returns, in order.

    `intro` is what the file begins with. After `seal(…, last=True)` the recording is closed.
    """

    def __init__(self, header: Header, recipients: Sequence[ArchivePublicKey]) -> None:
        """`header` comes without seals; FormatError when there is no recipient."""
        if header.seals or not recipients:
            raise FormatError("a recording is sealed once, to at least one recipient")
        file_key = os.urandom(FILE_KEY_BYTES)
        info = file_key_info(header)
        seals = tuple(Seal(recipient.key_id, recipient.seal(file_key, info)) for recipient in recipients)
        self.header = replace(header, seals=seals)
        self.intro = self.header.intro
        self._cipher: ChaCha20Poly1305 | None = payload_cipher(file_key, self.intro)
        self.frames = 0  # sealed so far

    @property
    def closed(self) -> bool:
        return self._cipher is None

    def seal(self, plaintext: bytes, *, last: bool = False) -> bytes:
        """A frame as it stands in the file: u32 length, then ciphertext. `last` must be the `Z` frame."""
        if self._cipher is None:
            raise FormatError("the recording is closed: its last frame has been sealed")
        if not 1 <= len(plaintext) <= MAX_PLAINTEXT:
            raise FormatError(f"a frame holds 1 to {MAX_PLAINTEXT} bytes, not {len(plaintext)}")
        if last is not plaintext.startswith(b"Z"):
            raise FormatError("the last frame, and only that, is the end frame (Z)")
        sealed = self._cipher.encrypt(nonce(self.frames, last=last), plaintext, None)
        self.frames += 1
        if last:
            self._cipher = None
        return _LENGTH.pack(len(plaintext) + TAG_BYTES) + sealed
