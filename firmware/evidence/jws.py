"""Compact JWS (RFC 7515) with EdDSA, as small as receipts and tokens need it.

Header: exactly `alg` "EdDSA", `kid` the signer's key id, and `typ` where the use asks for one; header
and payload are canonical JSON. Any JOSE library reads these; this reader takes nothing else. See
decisions/0001-own-jws.md.
"""

import base64
import binascii
from dataclasses import dataclass

from firmware.evidence.canonical import JsonObject, emit, parse_object
from firmware.evidence.errors import FormatError, SignatureError
from firmware.evidence.ids import check_key_id
from firmware.evidence.keys import SigningKey, VerifyKey

MAX_JWS_CHARS = 65_536


@dataclass(frozen=True, slots=True)
class Jws:
    """A parsed JWS whose signature has not been looked at yet."""

    kid: str
    typ: str  # "" when there is none
    payload: JsonObject
    signing_input: bytes
    signature: bytes

    def verify(self, key: VerifyKey) -> JsonObject:
        """The payload when `key` signed it, SignatureError else."""
        if self.kid != key.key_id:
            raise SignatureError(f"signed by key {self.kid}, not by {key.key_id}")
        key.verify(self.signature, self.signing_input)
        return self.payload


def sign_jws(payload: JsonObject, key: SigningKey, *, typ: str = "") -> str:
    header: JsonObject = {"alg": "EdDSA", "kid": key.public.key_id}
    if typ:
        header["typ"] = typ
    signing_input = _encode(emit(header)) + "." + _encode(emit(payload))
    return signing_input + "." + _encode(key.sign(signing_input.encode("ascii")))


def parse_jws(text: str) -> Jws:
    """FormatError for anything but one canonical compact JWS with an EdDSA header."""
    parts = text.split(".", 3) if isinstance(text, str) and len(text) <= MAX_JWS_CHARS else []
    if len(parts) != 3:
        raise FormatError("not a compact JWS: three base64url parts joined by '.'")
    header, payload, signature = (_decode(part) for part in parts)
    head = parse_object(header, max_bytes=1024)
    kid, typ = head.get("kid"), head.get("typ", "")
    if set(head) - {"typ"} != {"alg", "kid"} or head["alg"] != "EdDSA":
        raise FormatError("JWS header: exactly alg EdDSA and kid are expected (and typ, maybe)")
    if not isinstance(kid, str) or not isinstance(typ, str) or len(signature) != 64:
        raise FormatError("JWS: kid and typ must be text, the signature 64 bytes")
    signing_input = f"{parts[0]}.{parts[1]}".encode("ascii")
    return Jws(check_key_id(kid), typ, parse_object(payload), signing_input, signature)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(part: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError) as error:
        raise FormatError(f"JWS: a part is not base64url: {error}") from error
    if _encode(data) != part:
        raise FormatError("JWS: a part is not canonical base64url")
    return data
