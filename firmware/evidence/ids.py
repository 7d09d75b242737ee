"""Names of desks, calls and keys."""

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from firmware.evidence.errors import FormatError

MAX_DESK_ID = 32
MAX_SEQ = 10**12 - 1  # twelve digits name the file

_DESK = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SEQ = re.compile(r"[1-9][0-9]{0,11}")
_KEY_ID = re.compile(r"[0-9a-f]{16}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FILE = re.compile(r"([0-9]{12})\.ohr")


class CallId(NamedTuple):
    desk: str
    seq: int

    def __str__(self) -> str:
        return f"{self.desk}/{self.seq}"


def check_desk_id(desk: str) -> str:
    """`desk` itself, or FormatError."""
    if not isinstance(desk, str) or len(desk) > MAX_DESK_ID or not _DESK.fullmatch(desk):
        raise FormatError(
            f"{desk!r:.60} is not a desk id: small letters and digits in groups joined by '-', "
            f"at most {MAX_DESK_ID} characters, like sh01-d017",
        )
    return desk


def check_seq(seq: int) -> int:
    if not isinstance(seq, int) or isinstance(seq, bool) or not 1 <= seq <= MAX_SEQ:
        raise FormatError(f"{seq!r:.60} is not a ledger sequence number (1 to {MAX_SEQ})")
    return seq


def call_id(desk: str, seq: int) -> str:
    """The name of the call whose off_hook entry is `seq`: `sh01-d017/42`."""
    return f"{check_desk_id(desk)}/{check_seq(seq)}"


def parse_call(call: str) -> CallId:
    """Desk and sequence number of a call's name."""
    desk, slash, seq = call.partition("/") if isinstance(call, str) else ("", "", "")
    if not slash or not _SEQ.fullmatch(seq):
        raise FormatError(f"{call!r:.60} is not a call: a desk id, '/', a sequence number, like sh01-d017/42")
    return CallId(check_desk_id(desk), int(seq))


def recording_name(seq: int) -> str:
    """File name of a sealed recording: `000000000042.ohr`."""
    return f"{check_seq(seq):012d}.ohr"


def parse_recording_name(name: str) -> int:
    """The sequence number in a sealed recording's file name."""
    match = _FILE.fullmatch(name)
    if not match:
        raise FormatError(f"{name!r:.60} is not a recording's file name, like 000000000042.ohr")
    return check_seq(int(match[1]))


def key_id(raw_public: bytes) -> str:
    """First 16 hex digits of SHA-256 over a raw public key."""
    return hashlib.sha256(raw_public).hexdigest()[:16]


def check_key_id(text: str) -> str:
    if not isinstance(text, str) or not _KEY_ID.fullmatch(text):
        raise FormatError(f"{text!r:.60} is not a key id (16 hex digits)")
    return text


def check_sha256(text: str) -> str:
    if not isinstance(text, str) or not _SHA256.fullmatch(text):
        raise FormatError(f"{text!r:.80} is not a SHA-256 in hex (64 small digits)")
    return text


def check_boot(text: str) -> str:
    if not isinstance(text, str) or not _UUID.fullmatch(text):
        raise FormatError(f"{text!r:.60} is not a boot id (a UUID in small letters)")
    return text


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """Bytes of padded standard base64; FormatError unless it is the one canonical spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise FormatError(f"not base64: {error}") from error
    if to_base64(data) != text:
        raise FormatError("base64 is not canonical (stray bits before the padding)")
    return data
