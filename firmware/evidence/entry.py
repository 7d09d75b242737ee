"""One ledger entry: a link of a desk's chain. Its bytes are canonical JSON; its hash is over them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from firmware.evidence import fields
from firmware.evidence.bodies import check_body
from firmware.evidence.canonical import JsonObject, emit, parse_object
from firmware.evidence.errors import FormatError
from firmware.evidence.ids import check_boot, check_desk_id, check_seq, check_sha256, from_base64, to_base64
from firmware.evidence.times import parse_utc

if TYPE_CHECKING:  # cryptography behind it costs 7 MB, which a process that only appends saves
    from firmware.evidence.keys import ArchivePrivateKey, ArchivePublicKey

VERSION = 1
MAX_ENTRY_BYTES = 16_384  # four fit into an MQTT batch of 64 KiB
FIRST_PREV = "0" * 64  # `prev` of entry 1

_FIELDS: dict[str, fields.Check] = dict.fromkeys(
    ("at", "body", "boot", "desk", "kind", "mono_ns", "prev", "seq", "v"),
    fields.anything,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Checked at construction; `raw` is its canonical bytes, `hash` their SHA-256 in hex.

    Treat `body` as frozen: `raw` was made from it. Times are text as they stand in the bytes.
    """

    at: str
    body: JsonObject
    boot: str
    desk: str
    kind: str
    mono_ns: int
    prev: str
    seq: int
    raw: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parse_utc(self.at)
        check_boot(self.boot)
        check_desk_id(self.desk)
        check_body(self.kind, self.body)
        fields.count(self.mono_ns)
        check_sha256(self.prev)
        check_seq(self.seq)
        raw = emit(self._object())
        if len(raw) > MAX_ENTRY_BYTES:
            raise FormatError(f"a ledger entry is at most {MAX_ENTRY_BYTES} bytes, this has {len(raw)}")
        object.__setattr__(self, "raw", raw)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The entry of exactly these bytes; FormatError for anything not canonical or not an entry."""
        value = parse_object(data, max_bytes=MAX_ENTRY_BYTES)
        fields.check_fields("entry", value, _FIELDS)
        fields.version("entry", value.pop("v"), VERSION)
        return cls(**value)  # type: ignore[arg-type]  # each is checked at construction

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    def _object(self) -> JsonObject:
        names = ("at", "body", "boot", "desk", "kind", "mono_ns", "prev", "seq")
        return {"v": VERSION, **{name: getattr(self, name) for name in names}}


def checkpoint_message(desk: str, seq: int, head: str, at: str) -> bytes:
    """What a checkpoint's `sig` is over. `seq` and `at` are the checkpoint entry's own."""
    return f"offhook-ledger/1 checkpoint\n{desk}\n{seq}\n{head}\n{at}\n".encode()


def details_info(desk: str, seq: int) -> bytes:
    return f"offhook-ledger/1 details\n{desk}\n{seq}".encode()


def seal_details(recipient: ArchivePublicKey, desk: str, seq: int, details: JsonObject) -> str:
    """`details` for the body of entry `seq` of `desk`: base64 of one HPKE seal."""
    return to_base64(recipient.seal(emit(details), details_info(desk, seq)))


def open_details(key: ArchivePrivateKey, desk: str, seq: int, sealed: str) -> JsonObject:
    """The numbers, digits and names of an entry; OpenError with another key or another entry."""
    return parse_object(key.open(from_base64(sealed), details_info(desk, seq)), max_bytes=MAX_ENTRY_BYTES)
