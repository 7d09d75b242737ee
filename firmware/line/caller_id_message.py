"""A caller-id message's bytes: type, length, body, checksum (GR-30, ETSI EN 300 659-3, YD/T 1277.1)."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["sdmf", "mdmf", "sdmf_waiting", "mdmf_waiting", "charge", "short_message", "unknown"]
KINDS: dict[int, Kind] = {
    0x04: "sdmf",
    0x06: "sdmf_waiting",
    0x80: "mdmf",
    0x82: "mdmf_waiting",
    0x86: "charge",
    0x89: "short_message",
}
CALLS = frozenset({"sdmf", "mdmf"})
TIME, NUMBER, NO_NUMBER, NAME, NO_NAME, CALL_TYPE = 0x01, 0x02, 0x04, 0x07, 0x08, 0x11
TIME_LENGTH = 8
DIALLABLE = frozenset("0123456789*#+ABCDabcd -().")


@dataclass(frozen=True, slots=True)
class Message:
    """What was sent. `time`: MMDDHHMM. `reason`: why there is no number: "P" private, "O" out of area, …

    `parameters`: every (type, value) in order, also those not understood; empty in SDMF.
    """

    kind: Kind
    number: str | None
    name: str | None
    time: str | None
    reason: str | None
    parameters: tuple[tuple[int, bytes], ...]
    raw: bytes


def checksum_ok(raw: bytes) -> bool:
    """Two's complement of the sum of all bytes before it."""
    return len(raw) >= 3 and sum(raw) % 256 == 0


def parse_message(raw: bytes) -> Message | None:
    """A whole message with its checksum; None: length, checksum or structure do not hold."""
    if len(raw) < 4 or len(raw) != raw[1] + 3 or not checksum_ok(raw):
        return None
    kind, body = KINDS.get(raw[0], "unknown"), raw[2:-1]
    if kind == "sdmf":
        return _single(body, raw)
    if kind in {"sdmf_waiting", "short_message"}:
        return Message(kind, None, None, None, None, (), raw)
    parameters = split_parameters(body)
    if parameters is None:
        return None if kind != "unknown" else Message(kind, None, None, None, None, (), raw)
    return _multiple(kind, parameters, raw)


def split_parameters(body: bytes) -> tuple[tuple[int, bytes], ...] | None:
    """(type, value) each; None: they do not fill the body."""
    found, at = [], 0
    while at + 2 <= len(body):
        length = body[at + 1]
        found.append((body[at], body[at + 2 : at + 2 + length]))
        at += 2 + length
    return tuple(found) if at == len(body) else None


def _single(body: bytes, raw: bytes) -> Message | None:
    time, rest = _time(body[:TIME_LENGTH]), body[TIME_LENGTH:]
    if time is None:
        return None
    if len(rest) == 1 and rest.isalpha():
        return Message("sdmf", None, None, time, rest.decode("ascii"), (), raw)
    number = _number(rest)
    return Message("sdmf", number, None, time, None, (), raw) if number or not rest else None


def _multiple(kind: Kind, parameters: tuple[tuple[int, bytes], ...], raw: bytes) -> Message | None:
    first: dict[int, bytes] = {}
    for key, value in parameters:
        first.setdefault(key, value)
    call = kind in CALLS
    number = _number(first.get(NUMBER, b"")) if call else None
    if call and first.get(NUMBER) and number is None:
        return None
    if any(
        byte < 0x20 for byte in first.get(NAME, b"").rstrip(b"\0")
    ):  # two errors can cancel out in the sum
        return None
    reason = first.get(NO_NUMBER, b"").decode("latin-1") or None
    name = text_of(first[NAME]) if first.get(NAME) else None
    return Message(kind, number, name, _time(first.get(TIME, b"")), reason, parameters, raw)


def _time(value: bytes) -> str | None:
    return value.decode("ascii") if len(value) == TIME_LENGTH and value.isdigit() else None


def _number(value: bytes) -> str | None:
    text = value.decode("latin-1").strip(" \0")
    return text if text and DIALLABLE.issuperset(text) else None


def text_of(value: bytes) -> str:
    """A name: ASCII where it is, else GB 2312 where it fits (China), else Latin-1 (Europe)."""
    value = value.rstrip(b"\0 ")
    for charset in ("ascii", "gb2312"):
        try:
            return value.decode(charset)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")
