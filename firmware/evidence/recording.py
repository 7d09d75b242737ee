"""The sealed recording's header and frames, as plain bytes: codecs only, no cryptography.

    line 1   offhook-recording/1 LF
    line 2   header, canonical JSON, at most 16 KiB, LF
    then     frames: u32 big-endian length L (17 to 1 048 576), then L bytes

What a frame's L bytes open to begins with one letter: A audio, E event, G gap, Z end.
"""

from dataclasses import dataclass
from typing import Self

from firmware.evidence import fields
from firmware.evidence.canonical import JsonObject, emit, parse_object
from firmware.evidence.errors import FormatError
from firmware.evidence.frames import (
    MAX_PLAINTEXT,
    MAX_SAMPLE,
    MAX_SEALED,
    MIN_SEALED,
    TAG_BYTES,
    AudioFrame,
    AudioSpan,
    EndFrame,
    EventFrame,
    Frame,
    GapFrame,
    SkimmedFrame,
    encode_audio,
    encode_end,
    encode_event,
    encode_gap,
    parse_frame,
    skim_frame,
)
from firmware.evidence.ids import check_boot, check_desk_id, check_key_id, parse_call, to_base64
from firmware.evidence.times import parse_utc

__all__ = [
    "CODECS",
    "MAGIC",
    "MAX_HEADER_BYTES",
    "MAX_PLAINTEXT",
    "MAX_SAMPLE",
    "MAX_SEALED",
    "MIN_SEALED",
    "OPUS_PRE_SKIP_48K",
    "TAG_BYTES",
    "VERSION",
    "AudioFormat",
    "AudioFrame",
    "AudioSpan",
    "EndFrame",
    "EventFrame",
    "Frame",
    "GapFrame",
    "Header",
    "Seal",
    "SkimmedFrame",
    "encode_audio",
    "encode_end",
    "encode_event",
    "encode_gap",
    "parse_frame",
    "skim_frame",
]

VERSION = 1
MAGIC = b"offhook-recording/1\n"
MAX_HEADER_BYTES = 16_384

CODECS = ("opus", "flac", "pcm_s16le")
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
OPUS_PRE_SKIP_48K = 312  # libopus' look-ahead, 6.5 ms, at Opus' own clock of 48 kHz


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


def _bounded(header: bytes) -> bytes:
    if len(header) > MAX_HEADER_BYTES:
        raise FormatError(f"the header would be {len(header)} bytes, at most 16 KiB: too many recipients")
    return header
