"""Archive keys (seal and open) and signing keys (desks and vaults).

Archive: ML-KEM-768 with X25519, used through HPKE base mode, single shot, HKDF-SHA256,
ChaCha20-Poly1305. Raw public key: ML-KEM-768 (1184 bytes), then X25519 (32 bytes). Private file: two
PKCS#8 PEM blocks in that order. Signing: Ed25519, PKCS#8 PEM; raw public key 32 bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from firmware.evidence.errors import FormatError, KeyFileError, OpenError, SignatureError
from firmware.evidence.ids import from_base64, key_id, to_base64
from firmware.evidence.keyfile import read_private, write_private

MLKEM_BYTES, X25519_BYTES, ED25519_BYTES = 1184, 32, 32
SEAL_OVERHEAD = 1120 + 16  # KEM ciphertext (1088 + 32) and the AEAD's tag

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_K = TypeVar("_K")
_PEM_END = b"-----END PRIVATE KEY-----\n"


@dataclass(frozen=True, slots=True)
class ArchivePublicKey:
    """What a desk seals to. `raw` is 1216 bytes; equality and key id rest on it alone."""

    raw: bytes
    _hpke: MLKEM768X25519PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.raw) != MLKEM_BYTES + X25519_BYTES:
            raise FormatError(f"an archive public key is 1216 bytes, this has {len(self.raw)}")
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(self.raw[:MLKEM_BYTES])
        except ValueError as error:
            raise FormatError("the first 1184 bytes are not an ML-KEM-768 public key") from error
        x25519 = X25519PublicKey.from_public_bytes(self.raw[MLKEM_BYTES:])
        object.__setattr__(self, "_hpke", MLKEM768X25519PublicKey(mlkem, x25519))

    @classmethod
    def from_base64(cls, text: str) -> Self:
        return cls(from_base64(text))

    @property
    def base64(self) -> str:
        return to_base64(self.raw)

    @property
    def key_id(self) -> str:
        return key_id(self.raw)

    def seal(self, plaintext: bytes, info: bytes) -> bytes:
        """HPKE seal, `SEAL_OVERHEAD` bytes longer than `plaintext`; fresh randomness each time."""
        try:
            return _SUITE.encrypt(plaintext, self._hpke, info=info)
        except ValueError as error:  # an all-zero X25519 share
            raise OpenError(f"archive key {self.key_id} cannot be sealed to: {error}") from error


@dataclass(frozen=True, slots=True)
class ArchivePrivateKey:
    """What opens recordings or details. Never on a desk."""

    _mlkem: MLKEM768PrivateKey = field(repr=False)
    _x25519: X25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        return cls(MLKEM768PrivateKey.generate(), X25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """From two PKCS#8 blocks, ML-KEM-768 first. Comment lines are not accepted."""
        first, end, second = pem.partition(_PEM_END)
        mlkem, x25519 = _load_pem(first + end), _load_pem(second)
        if not isinstance(mlkem, MLKEM768PrivateKey) or not isinstance(x25519, X25519PrivateKey):
            raise KeyFileError("not an archive key: two PEM blocks are expected, ML-KEM-768 then X25519")
        return cls(mlkem, x25519)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """From a file that only its owner can read; KeyFileError tells what is wrong with it."""
        return _load(cls.from_pem, Path(path))

    def save(self, path: Path | str) -> None:
        """Durable, mode 0600, never over an existing file (KeyFileError)."""
        write_private(Path(path), self.pem)

    @property
    def pem(self) -> bytes:
        return _pem(self._mlkem) + _pem(self._x25519)

    @property
    def public(self) -> ArchivePublicKey:
        return ArchivePublicKey(
            self._mlkem.public_key().public_bytes_raw() + self._x25519.public_key().public_bytes_raw(),
        )

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """The plaintext of a seal to this key with the same `info`; OpenError else."""
        try:
            return _SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(self._mlkem, self._x25519), info=info)
        except InvalidTag as error:
            raise OpenError("the seal does not open with this key: another key, or it was changed") from error


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """An Ed25519 public key (32 bytes raw) of a desk or vault."""

    raw: bytes
    _key: Ed25519PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.raw) != ED25519_BYTES:
            raise FormatError(f"an Ed25519 public key is 32 bytes, this has {len(self.raw)}")
        object.__setattr__(self, "_key", Ed25519PublicKey.from_public_bytes(self.raw))

    @classmethod
    def from_base64(cls, text: str) -> Self:
        return cls(from_base64(text))

    @property
    def base64(self) -> str:
        return to_base64(self.raw)

    @property
    def key_id(self) -> str:
        return key_id(self.raw)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Nothing when `signature` holds, SignatureError else."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature as error:
            raise SignatureError(f"the signature is not by key {self.key_id} over these bytes") from error


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 private key of a desk or vault."""

    _key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        key = _load_pem(pem)
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError("not a signing key: one PEM block with an Ed25519 private key is expected")
        return cls(key)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """From a file that only its owner can read; KeyFileError tells what is wrong with it."""
        return _load(cls.from_pem, Path(path))

    def save(self, path: Path | str) -> None:
        """Durable, mode 0600, never over an existing file (KeyFileError)."""
        write_private(Path(path), self.pem)

    @property
    def pem(self) -> bytes:
        return _pem(self._key)

    @property
    def public(self) -> VerifyKey:
        return VerifyKey(self._key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature."""
        return self._key.sign(message)


def _pem(key: MLKEM768PrivateKey | X25519PrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _load_pem(block: bytes) -> object:
    if block.count(b"-----BEGIN ") != 1:
        raise KeyFileError("a private key file holds '-----BEGIN PRIVATE KEY-----' blocks and nothing else")
    try:
        return load_pem_private_key(block, password=None)
    except (ValueError, TypeError) as error:
        raise KeyFileError("a PEM block is not an unencrypted PKCS#8 private key") from error


def _load(from_pem: Callable[[bytes], _K], path: Path) -> _K:
    try:
        return from_pem(read_private(path))
    except KeyFileError as error:
        if str(error).startswith(str(path)):
            raise
        raise KeyFileError(f"{path}: {error}") from error
