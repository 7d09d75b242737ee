"""Reading a public key that a person gives: base64 itself, or a file with base64 or PEM in it."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from firmware.evidence.errors import FormatError, KeyFileError
from firmware.evidence.keys import SigningKey, VerifyKey

MAX_BYTES = 16_384


def read_verify_key(text: str) -> VerifyKey:
    """An Ed25519 public key. KeyFileError says what was expected."""
    try:
        return VerifyKey.from_base64(text)
    except FormatError:
        path = Path(text)
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES)
    except OSError as error:
        raise KeyFileError(
            f"{text:.80}: neither a public key in base64 (44 characters) nor a readable file"
        ) from error
    return _from_file(path, data)


def _from_file(path: Path, data: bytes) -> VerifyKey:
    if b"PRIVATE KEY" in data:
        return SigningKey.load(path).public
    try:
        if data.startswith(b"-----BEGIN PUBLIC KEY"):
            key = load_pem_public_key(data)
            if isinstance(key, Ed25519PublicKey):
                return VerifyKey(key.public_bytes_raw())
        return VerifyKey.from_base64(data.decode("ascii").strip())
    except (ValueError, FormatError) as error:
        raise KeyFileError(f"{path}: not an Ed25519 public key (base64 or PEM)") from error
