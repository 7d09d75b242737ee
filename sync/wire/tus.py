"""tus 1.0 as both ends use it (formats.md, section 5): names, checksum, metadata, numbers. Pure."""

import base64
import binascii
import hashlib
import re

from sync.wire.errors import WireError

UPLOADS_PATH = "/api/v1/uploads"
VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,checksum"
CHECKSUMS = ("sha256", "sha1")  # sha1 only because stock tuspy knows no other; our desk sends sha256
CONTENT_TYPE = "application/offset+octet-stream"
# One PATCH is held in memory, checked, written and synced as a whole: so a cut one leaves nothing behind.
MAX_PATCH_BYTES = 1024 * 1024
DESK_PATCH_BYTES = (
    256 * 1024
)  # what our desk sends at most at once: 85 s of Opus at 24 kbit/s, 0.3 s at 8 Mbit/s

RESUMABLE = "Tus-Resumable"
OFFSET = "Upload-Offset"
LENGTH = "Upload-Length"
DEFER_LENGTH = "Upload-Defer-Length"
METADATA = "Upload-Metadata"
CHECKSUM = "Upload-Checksum"
RECEIPT = "Offhook-Receipt"  # ours: the receipt, in answers about a finished upload

# Answers with a meaning of their own.
WRONG_OFFSET = 409
LOCKED = 423
CHECKSUM_MISMATCH = 460
GONE = (404, 410)
TOO_LARGE = 413

_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


def number(name: str, text: str | None) -> int:
    """A header that is a count of bytes; WireError names the header."""
    if text is None or _NUMBER.fullmatch(text) is None:
        raise WireError(f"{name}: must be a decimal number of bytes")
    return int(text)


def checksum(data: bytes, algorithm: str = "sha256") -> str:
    """Value of Upload-Checksum for the body of one PATCH."""
    digest = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    return f"{algorithm} {base64.b64encode(digest).decode('ascii')}"


def parse_checksum(text: str) -> tuple[str, bytes]:
    """(algorithm, digest); WireError for an algorithm not in CHECKSUMS or a digest of wrong length."""
    algorithm, _, encoded = text.partition(" ")
    if algorithm not in CHECKSUMS:
        raise WireError(f"{CHECKSUM}: algorithm must be one of {', '.join(CHECKSUMS)}")
    digest = _decode(CHECKSUM, encoded)
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise WireError(f"{CHECKSUM}: the {algorithm} digest has the wrong length")
    return algorithm, digest


def metadata(values: dict[str, str]) -> str:
    """Value of Upload-Metadata: `key base64(value),…`."""
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode('ascii')}" for key, value in values.items()
    )


def parse_metadata(text: str) -> dict[str, str]:
    """Pairs of Upload-Metadata; a key may come without a value. WireError when malformed or doubled."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, _, encoded = pair.partition(" ")
        if key in found:
            raise WireError(f"{METADATA}: {key[:40]!r} is there twice")
        try:
            found[key] = _decode(METADATA, encoded).decode()
        except UnicodeDecodeError as e:
            raise WireError(f"{METADATA}: {key[:40]!r} must be base64 of UTF-8") from e
    return found


def _decode(name: str, encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as e:
        raise WireError(f"{name}: must be base64") from e
