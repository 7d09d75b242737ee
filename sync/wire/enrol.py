"""Enrolment: the one-time code that a vault prints, the request and the answer.

A code is base32 (RFC 4648, no padding) of 16 random bytes, the token, and the first 10 bytes of SHA-256 over
the DER of the CA certificate that signs the vault's HTTPS certificate; written in groups of six. So the desk
can pin the vault before it sends the token, and nothing else needs to be typed.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from sync.wire.errors import MALFORMED, WireError

ENROL_PATH = "/api/v1/enrol"
CA_PATH = "/api/v1/enrol/ca"  # GET, PEM: fetched unverified, believed only against the code's fingerprint
TOKEN_BYTES = 16
FINGERPRINT_BYTES = 10  # 80 bits against a second preimage for the hour that a code lives
_CHARACTERS = 42
_GROUP = 6
# base32 has no 0, 1 and 8: who reads them off a sheet means O, I and B.
_MISREAD = str.maketrans("018", "OIB")


@dataclass(frozen=True, slots=True)
class EnrolCode:
    token: bytes
    ca_fingerprint: bytes

    def __post_init__(self) -> None:
        if len(self.token) != TOKEN_BYTES or len(self.ca_fingerprint) != FINGERPRINT_BYTES:
            raise WireError(f"enrolment code: {TOKEN_BYTES} + {FINGERPRINT_BYTES} bytes are needed")

    def __str__(self) -> str:
        text = base64.b32encode(self.token + self.ca_fingerprint).decode("ascii").rstrip("=")
        return "-".join(text[i : i + _GROUP] for i in range(0, len(text), _GROUP))

    def __repr__(self) -> str:
        return "EnrolCode(…)"  # a token does not belong into logs or tracebacks

    def token_hash(self) -> str:
        """What a vault stores: hex SHA-256 of the token."""
        return hashlib.sha256(self.token).hexdigest()

    def matches_ca(self, der: bytes) -> bool:
        return hmac.compare_digest(fingerprint(der), self.ca_fingerprint)


def fingerprint(ca_der: bytes) -> bytes:
    return hashlib.sha256(ca_der).digest()[:FINGERPRINT_BYTES]


def parse_code(text: str) -> EnrolCode:
    """Case, spaces and dashes do not matter; WireError otherwise."""
    plain = "".join(text.upper().split()).replace("-", "").translate(_MISREAD)
    if len(plain) != _CHARACTERS:
        raise WireError(f"enrolment code: {_CHARACTERS} letters and digits are needed, this has {len(plain)}")
    try:
        raw = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except binascii.Error as e:
        raise WireError("enrolment code: only letters A-Z and digits 2-7 occur in one") from e
    code = EnrolCode(token=raw[:TOKEN_BYTES], ca_fingerprint=raw[TOKEN_BYTES:])
    if str(code).replace("-", "") != plain:  # the last character has two spare bits
        raise WireError("enrolment code: the last character cannot be right")
    return code


class EnrolRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST ENROL_PATH. `desk_id` is empty at the first vault; at further ones the id the desk already has."""

    code: str
    desk_public_key: str  # raw Ed25519, base64
    csr: str  # PEM, P-256; its subject is ignored, the CN will be the desk id
    desk_id: str = ""


class Recipient(msgspec.Struct, frozen=True):
    name: str
    public_key: str  # raw ML-KEM-768 + X25519, base64
    purpose: Literal["audio", "details", "both"]


class MqttAddress(msgspec.Struct, frozen=True):
    host: str  # empty: the host of the address that the desk enrolled at
    port: int


class EnrolAnswer(msgspec.Struct, frozen=True):
    desk_id: str
    site: str
    vault: str
    vault_public_key: str  # raw Ed25519, base64; signs receipts and commands
    recipients: tuple[Recipient, ...]
    mqtt: MqttAddress
    certificate: str  # PEM, for mqtt.key
    ca: str  # PEM: signs the broker's and the HTTPS server's certificate


M = TypeVar("M", bound=msgspec.Struct)


def decode_request(body: bytes) -> EnrolRequest:
    return _decode(EnrolRequest, body)


def decode_answer(body: bytes) -> EnrolAnswer:
    return _decode(EnrolAnswer, body)


def _decode(kind: type[M], body: bytes) -> M:
    try:
        return msgspec.json.decode(body, type=kind)
    except MALFORMED as e:
        raise WireError(f"{kind.__name__} refused: {e}") from e
