"""What a frame holds once it is open: codecs only.

Its first byte tells what it is: `A` audio, `E` event, `G` gap, `Z` end.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from firmware.evidence import fields
from firmware.evidence.canonical import JsonObject, emit, parse_object
from firmware.evidence.errors import FormatError

TAG_BYTES = 16
MIN_SEALED, MAX_SEALED = 17, 1_048_576  # one letter and its tag; 1 MiB
MAX_PLAINTEXT = MAX_SEALED - TAG_BYTES
MAX_REASON = 64
MAX_SAMPLE = 2**63 - 1  # so that it also fits canonical JSON

_AUDIO_HEAD = struct.Struct(">cQH")
_GAP_HEAD = struct.Struct(">cQI")
_LENGTH = struct.Struct(">H")

_EVENT = {"at_ms": fields.count, "kind": fields.text}
_END = {
    "ended_by": fields.text,
    "gaps": fields.count,
    "lost_samples": fields.count,
    "samples": fields.count,
}


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


@dataclass(frozen=True, slots=True)
class AudioSpan:
    """An audio frame of which only the structure was looked at: its number of packets."""

    first_sample: int
    packets: int


Frame = AudioFrame | EventFrame | GapFrame | EndFrame
SkimmedFrame = AudioSpan | EventFrame | GapFrame | EndFrame


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
    return _parse_audio(_fitting(plaintext)) if plaintext[:1] == b"A" else _parse_other(_fitting(plaintext))


def skim_frame(plaintext: bytes) -> SkimmedFrame:
    """Refuses what `parse_frame` refuses, but does not cut packets out: half the time for an `A` frame."""
    return _skim_audio(_fitting(plaintext)) if plaintext[:1] == b"A" else _parse_other(_fitting(plaintext))


def _parse_other(plaintext: bytes) -> EventFrame | GapFrame | EndFrame:
    match plaintext[:1]:
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
    # An empty packet has the length 0: where there are no two zeros, there is none (and no need to look).
    empty = plaintext.find(b"\0\0", _AUDIO_HEAD.size) >= 0 and b"" in packets
    if at != end + 1 or len(packets) != count or not count or empty:
        raise FormatError("an audio frame's packets do not fill it exactly, or one is empty")
    return AudioFrame(_sample(first_sample), tuple(packets))


def _skim_audio(plaintext: bytes) -> AudioSpan:
    end = len(plaintext) - 1
    if end < _AUDIO_HEAD.size or plaintext.find(b"\0\0", _AUDIO_HEAD.size) >= 0:
        frame = _parse_audio(plaintext)  # too short, or perhaps an empty packet: the slow way tells
        return AudioSpan(frame.first_sample, len(frame.packets))
    _, first_sample, count = _AUDIO_HEAD.unpack_from(plaintext)
    at, packets = _AUDIO_HEAD.size, 0
    while at < end:
        at += 2 + (plaintext[at] << 8 | plaintext[at + 1])
        packets += 1
    if at != end + 1 or packets != count:
        raise FormatError("an audio frame's packets do not fill it exactly")
    return AudioSpan(_sample(first_sample), packets)


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
        raise FormatError(f"a frame is at most {MAX_PLAINTEXT} bytes, this has {len(plaintext)}")
    return plaintext
