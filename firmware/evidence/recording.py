"""The sealed recording's header and frames, as plain bytes: codecs only, no cryptography.

    line 1   offhook-recording/1 LF
    line 2   header, canonical JSON, at most 16 KiB, LF
    then     frames: u32 big-endian length L (17 to 1 048 576), then L bytes

What a frame's L bytes open to begins with one letter: A audio, E event, G gap, Z end.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from firmware.evidence import fields
from firmware.evidence.canonical import JsonObject, emit, parse_object
from firmware.evidence.errors import FormatError
from firmware.evidence.ids import check_boot, check_desk_id, check_key_id, parse_call, to_base64
from firmware.evidence.times import parse_utc

VERSION = 1
MAGIC = b"offhook-recording/1\n"
MAX_HEADER_BYTES = 16_384
TAG_BYTES = 16
MIN_SEALED, MAX_SEALED = 17, 1_048_576  # one letter and its tag; 1 MiB
MAX_PLAINTEXT = MAX_SEALED - TAG_BYTES
MAX_REASON = 64
MAX_SAMPLE = 2**63 - 1  # so that it also fits canonical JSON

CODECS = ("opus", "flac", "pcm_s16le")
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
OPUS_PRE_SKIP_48K = 312  # libopus' look-ahead, 6.5 ms, at Opus' own clock of 48 kHz

_AUDIO_HEAD = struct.Struct(">cQH")
_GAP_HEAD = struct.Struct(">cQI")
_LENGTH = struct.Struct(">H")


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFormat:
    """What the packets of `A` frames are. Each packet lasts `frame_ms` ("flac": at most)."""

    channels: int
    codec: str
    frame_ms: int
    rate_hz: int

    def __post_init__(self) -> None:
        if self.codec not in CODECS:
            raise FormatError(f"codec {self.codec!r:.20} is not one of {', '.join(CODECS)}")
        if fields.integer(self.channels) not in (1, 2):
            raise FormatError(f"{self.channels} channels: 1 or 2 are possible")
        if not 1 <= fields.integer(self.frame_ms) <= 1000:
            raise FormatError(f"frame_ms {self.frame_ms}: 1 to 1000 are possible")
        if not 8000 <= fields.integer(self.rate_hz) <= 48_000:
            raise FormatError(f"rate_hz {self.rate_hz}: 8000 to 48000 are possible")
        if self.codec == "opus" and self.rate_hz not in OPUS_RATES:
            raise FormatError(f"rate_hz {self.rate_hz}: Opus has only {OPUS_RATES}")
        if self.rate_hz * self.frame_ms % 1000:
            raise FormatError(f"frame_ms {self.frame_ms} is no whole number of samples")

    @property
    def packet_samples(self) -> int:
        """Samples per channel in a packet ("flac": at most)."""
        return self.rate_hz * self.frame_ms // 1000

    @property
    def pre_skip(self) -> int:
        """Samples per channel that a decoder drops when it starts afresh."""
        return OPUS_PRE_SKIP_48K * self.rate_hz // 48_000 if self.codec == "opus" else 0

    def to_json(self) -> JsonObject:
        return {
            "channels": self.channels,
            "codec": self.codec,
            "frame_ms": self.frame_ms,
            "rate_hz": self.rate_hz,
        }


@dataclass(frozen=True, slots=True)
class Seal:
    """The file key, sealed to the recipient whose key id is `key`."""

    key: str
    sealed: bytes

    def __post_init__(self) -> None:
        check_key_id(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Line 2. `seals` is empty only before sealing."""

    audio: AudioFormat
    boot: str
    call: str
    desk: str
    started: str
    seals: tuple[Seal, ...] = ()

    def __post_init__(self) -> None:
        check_boot(self.boot)
        if parse_call(self.call).desk != check_desk_id(self.desk):
            raise FormatError(f"call {self.call} is not a call of desk {self.desk}")
        parse_utc(self.started)
        if len({seal.key for seal in self.seals}) != len(self.seals):
            raise FormatError("two seals are to the same key")

    def emit(self) -> bytes:
        """Canonical JSON without LF."""
        seals: list[JsonObject] = [{"key": seal.key, "sealed": to_base64(seal.sealed)} for seal in self.seals]
        return _bounded(emit({**self._unsealed(), "seals": [*seals]}))

    def emit_without_seals(self) -> bytes:
        """What HPKE's info ends with."""
        return emit(self._unsealed())

    @property
    def intro(self) -> bytes:
        """Line 1 and line 2 with their LFs: what the file begins with and the payload key is salted by."""
        return MAGIC + self.emit() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """From line 2 without its LF."""
        value = fields.check_fields("header", parse_object(line, max_bytes=MAX_HEADER_BYTES), _HEADER)
        fields.version("header", value["v"], VERSION)
        audio = fields.check_fields("header.audio", value["audio"], _AUDIO)
        seals = [fields.check_fields("header.seals", seal, _SEAL) for seal in fields.array(value["seals"])]
        if not seals:
            raise FormatError("header: sealed to nobody")
        return cls(
            audio=AudioFormat(**audio),  # type: ignore[arg-type]  # checked at construction
            boot=fields.text(value["boot"]),
            call=fields.text(value["call"]),
            desk=fields.text(value["desk"]),
            started=fields.time(value["started"]),
            seals=tuple(Seal(fields.text(seal["key"]), fields.base64(seal["sealed"])) for seal in seals),
        )

    def _unsealed(self) -> JsonObject:
        return {
            "audio": self.audio.to_json(),
            "boot": self.boot,
            "call": self.call,
            "desk": self.desk,
            "started": self.started,
            "v": VERSION,
        }


_HEADER = dict.fromkeys(("audio", "boot", "call", "desk", "seals", "started", "v"), fields.anything)
_AUDIO = {
    "channels": fields.count,
    "codec": fields.text,
    "frame_ms": fields.count,
    "rate_hz": fields.count,
}
_SEAL = dict.fromkeys(("key", "sealed"), fields.anything)
_EVENT = {"at_ms": fields.count, "kind": fields.text}
_END = {
    "ended_by": fields.text,
    "gaps": fields.count,
    "lost_samples": fields.count,
    "samples": fields.count,
}


def _bounded(header: bytes) -> bytes:
    if len(header) > MAX_HEADER_BYTES:
        raise FormatError(f"the header would be {len(header)} bytes, at most 16 KiB: too many recipients")
    return header


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """At most 1 s of audio. `first_sample` counts per channel from the start of the recording."""

    first_sample: int
    packets: tuple[bytes, ...]

    def emit(self) -> bytes:
        return encode_audio(self.first_sample, self.packets)


@dataclass(frozen=True, slots=True)
class EventFrame:
    """What happened on the line: `body` has at least `at_ms` and `kind`."""

    body: JsonObject

    def emit(self) -> bytes:
        return encode_event(self.body)

    @property
    def at_ms(self) -> int:
        return fields.count(self.body["at_ms"])

    @property
    def kind(self) -> str:
        return fields.text(self.body["kind"])


@dataclass(frozen=True, slots=True)
class GapFrame:
    """`lost_samples` per channel from `first_sample` on were lost."""

    first_sample: int
    lost_samples: int
    reason: str

    def emit(self) -> bytes:
        return encode_gap(self.first_sample, self.lost_samples, self.reason)


@dataclass(frozen=True, slots=True)
class EndFrame:
    """The summary: at least `ended_by`, `gaps`, `lost_samples`, `samples`."""

    summary: JsonObject

    def emit(self) -> bytes:
        return encode_end(self.summary)

    def number(self, name: str) -> int:
        return fields.count(self.summary[name])


Frame = AudioFrame | EventFrame | GapFrame | EndFrame


def encode_audio(first_sample: int, packets: Sequence[bytes]) -> bytes:
    """Plaintext of an `A` frame."""
    if not 1 <= len(packets) <= 0xFFFF:
        raise FormatError(f"an audio frame has 1 to 65535 packets, not {len(packets)}")
    parts = [_AUDIO_HEAD.pack(b"A", _sample(first_sample), len(packets))]
    for packet in packets:
        if not 1 <= len(packet) <= 0xFFFF:
            raise FormatError(f"an audio packet has 1 to 65535 bytes, not {len(packet)}")
        parts += (_LENGTH.pack(len(packet)), packet)
    return _fitting(b"".join(parts))


def encode_event(body: JsonObject) -> bytes:
    """Plaintext of an `E` frame."""
    return _fitting(b"E" + emit(fields.check_fields("event", body, _EVENT, more=True)))


def encode_gap(first_sample: int, lost_samples: int, reason: str) -> bytes:
    """Plaintext of a `G` frame."""
    if not 1 <= lost_samples <= 0xFFFFFFFF:
        raise FormatError(f"a gap has 1 to 2^32-1 lost samples, not {lost_samples}")
    if not 1 <= len(reason) <= MAX_REASON or not (reason.isascii() and reason.isprintable()):
        raise FormatError(f"a gap's reason is 1 to {MAX_REASON} printable ASCII characters")
    return _GAP_HEAD.pack(b"G", _sample(first_sample), lost_samples) + reason.encode("ascii")


def encode_end(summary: JsonObject) -> bytes:
    """Plaintext of the `Z` frame."""
    return _fitting(b"Z" + emit(fields.check_fields("end", summary, _END, more=True)))


def parse_frame(plaintext: bytes) -> Frame:
    """The frame that these bytes are; FormatError when they are none, or not canonical."""
    if len(plaintext) > MAX_PLAINTEXT:
        raise FormatError(f"a frame is at most {MAX_PLAINTEXT} bytes, this has {len(plaintext)}")
    match plaintext[:1]:
        case b"A":
            return _parse_audio(plaintext)
        case b"E":
            body = parse_object(plaintext[1:])
            return EventFrame(fields.check_fields("event", body, _EVENT, more=True))
        case b"G":
            return _parse_gap(plaintext)
        case b"Z":
            return EndFrame(fields.check_fields("end", parse_object(plaintext[1:]), _END, more=True))
    raise FormatError(f"a frame begins with A, E, G or Z, not {plaintext[:1]!r}")


def _parse_audio(plaintext: bytes) -> AudioFrame:
    """The hot loop of opening: 50 packets a frame, so no calls and no unpacking in it."""
    if len(plaintext) < _AUDIO_HEAD.size:
        raise FormatError("an audio frame ends within its head")
    _, first_sample, count = _AUDIO_HEAD.unpack_from(plaintext)
    at, end, packets = _AUDIO_HEAD.size, len(plaintext) - 1, list[bytes]()
    add = packets.append
    while at < end:
        start = at + 2
        at = start + (plaintext[at] << 8 | plaintext[at + 1])
        add(plaintext[start:at])
    if at != end + 1 or len(packets) != count or not count or b"" in packets:
        raise FormatError("an audio frame's packets do not fill it exactly, or one is empty")
    return AudioFrame(_sample(first_sample), tuple(packets))


def _parse_gap(plaintext: bytes) -> GapFrame:
    if len(plaintext) < _GAP_HEAD.size:
        raise FormatError("a gap frame ends within its head")
    _, first_sample, lost = _GAP_HEAD.unpack_from(plaintext)
    frame = GapFrame(first_sample, lost, plaintext[_GAP_HEAD.size :].decode("latin-1"))
    frame.emit()  # the same bounds as for the writer
    return frame


def _sample(number: int) -> int:
    if not 0 <= number <= MAX_SAMPLE:
        raise FormatError(f"{number} is not a sample number")
    return number


def _fitting(plaintext: bytes) -> bytes:
    if len(plaintext) > MAX_PLAINTEXT:
        raise FormatError(f"a frame is at most {MAX_PLAINTEXT} bytes, this would be {len(plaintext)}")
    return plaintext
