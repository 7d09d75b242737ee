"""A receipt: a vault's signed statement that it holds a recording, byte for byte, on durable storage."""

import hashlib
from dataclasses import dataclass
from typing import Self

from firmware.evidence import fields
from firmware.evidence.canonical import JsonObject
from firmware.evidence.jws import parse_jws, sign_jws
from firmware.evidence.keys import SigningKey, VerifyKey

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`sha256` and `size` are of the whole .ohr file, `frames` counts its frames, `stored_at` is UTC text."""

    call: str
    frames: int
    sha256: str
    size: int
    stored_at: str
    vault: str

    def __post_init__(self) -> None:
        fields.check_fields("receipt", self._object(), _FIELDS | {"v": fields.count})

    def sign(self, key: SigningKey) -> str:
        """Compact JWS by the vault's key."""
        return sign_jws(self._object(), key)

    @classmethod
    def verify(cls, text: str, key: VerifyKey) -> Self:
        """The receipt that `key` signed; SignatureError or FormatError else."""
        return cls.of(parse_jws(text).verify(key))

    @classmethod
    def read_unverified(cls, text: str) -> Self:
        """What a receipt claims, with nobody's word for it."""
        return cls.of(parse_jws(text).payload)

    @classmethod
    def of(cls, payload: JsonObject) -> Self:
        """From a payload whose signature is somebody else's business."""
        value = fields.check_fields("receipt", payload, _FIELDS | {"v": fields.count})
        fields.version("receipt", value["v"], VERSION)
        return cls(**{name: inner for name, inner in value.items() if name != "v"})  # type: ignore[arg-type]

    def _object(self) -> JsonObject:
        return {
            "call": self.call,
            "frames": self.frames,
            "sha256": self.sha256,
            "size": self.size,
            "stored_at": self.stored_at,
            "v": VERSION,
            "vault": self.vault,
        }


_FIELDS: dict[str, fields.Check] = {
    "call": fields.call,
    "frames": fields.count,
    "sha256": fields.sha256,
    "size": fields.count,
    "stored_at": fields.time,
    "vault": fields.text,
}


def receipt_sha256(text: str) -> str:
    """Hash of the JWS text itself, as the ledger's `receipt` entry has it."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()
