"""A running call as sound: frames opened as they arrive, decoded, and sent on with their place in time.

Samples (16 kB/s), played by Web Audio: see decisions/0001-live-sound-as-samples.md. Each message on the wire
is u32 length (big-endian), one letter, and a body:

    H  JSON {rate_hz, channels, first_sample}          first
    P  u64 first sample, u32 ms behind the line, then s16le interleaved
    E  JSON {at_ms, kind}                              an event on the line
    G  u64 first sample, u32 lost samples              a gap
    Z  nothing                                         the call has ended
"""

import asyncio
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

import msgspec

from firmware.archive.decoding import BYTES_PER_SAMPLE, open_decoder
from firmware.evidence.errors import NoSealError
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.opening import RecordingOpener
from firmware.evidence.recording import AudioFormat, AudioFrame, EventFrame, Frame, GapFrame, Header
from sync.vault.uploads.part import Part

START_FRAMES = 2  # seconds of sound that a listener starts with: frames arrive in pieces of about one second
_HEAD = struct.Struct(">Ic")
_PCM = struct.Struct(">QI")
_GAP = struct.Struct(">QI")
Behind = Callable[[Header, int], int]


class LiveSound:
    """`messages` of one running call for one listener. `behind(header, sample)`: that sample's age in ms."""

    def __init__(self, part: Part, keys: tuple[ArchivePrivateKey, ...], behind: Behind) -> None:
        self._part = part
        self._keys = keys
        self._behind = behind
        self._edge = part.size  # what is older than this is caught up with, and not sent
        self._fed = 0
        self._pending = b""  # until the header is whole
        self._opener: RecordingOpener | None = None
        self._voice: _Voice | None = None
        self._start: deque[Frame] = deque(maxlen=START_FRAMES)

    async def messages(self) -> AsyncIterator[bytes]:
        """Until the recording ends. EvidenceError when none of the keys opens it."""
        async for data in self._part.follow():
            frames = await asyncio.to_thread(self._feed, data)
            for message in self._messages(frames):
                yield message
        yield _message(b"Z")

    def _feed(self, data: bytes) -> list[Frame]:
        self._fed += len(data)
        if self._opener is not None:
            return self._opener.feed(data)
        self._pending += data
        for key in self._keys:
            opener = RecordingOpener(key)
            try:
                frames = opener.feed(self._pending)
            except NoSealError:
                if key is self._keys[-1]:
                    raise
                continue
            if opener.header is not None:
                self._opener, self._pending = opener, b""
                return frames
        return []

    def _messages(self, frames: list[Frame]) -> Iterator[bytes]:
        if self._voice is None:
            self._start.extend(frame for frame in frames if isinstance(frame, AudioFrame))
            header = self._opener.header if self._opener else None
            if self._fed < self._edge or header is None or not self._start:
                return
            frames = list(self._start)
            self._voice = _Voice(header.audio)
            yield _message(b"H", _hello(header.audio, frames))
        header = self._opener.header if self._opener else None
        for letter, first, body in self._voice.sounds(frames):
            if letter == b"P" and header is not None:
                late = self._behind(header, first + len(body) // self._voice.width)
                yield _message(b"P", _PCM.pack(first, late) + body)
            else:
                yield _message(letter, body)


class _Voice:
    """Frames → samples, beginning anywhere: a decoder that starts afresh finds its feet within 80 ms."""

    def __init__(self, audio: AudioFormat) -> None:
        self.width = audio.channels * BYTES_PER_SAMPLE
        self._decoder = open_decoder(audio)
        self._decoder.restart()
        self._at = -1

    def sounds(self, frames: Iterable[Frame]) -> Iterator[tuple[bytes, int, bytes]]:
        """(letter, first sample, body)."""
        for frame in frames:
            match frame:
                case AudioFrame():
                    first = frame.first_sample if self._at < 0 else self._at
                    samples = b"".join(self._decoder.decode(packet) for packet in frame.packets)
                    self._at = first + len(samples) // self.width
                    yield b"P", first, samples
                case GapFrame():
                    self._at = frame.first_sample + frame.lost_samples
                    self._decoder.restart()
                    yield b"G", frame.first_sample, _GAP.pack(frame.first_sample, frame.lost_samples)
                case EventFrame():
                    event = {"at_ms": frame.at_ms, "kind": frame.kind}
                    yield b"E", 0, msgspec.json.encode(event)


def _hello(audio: AudioFormat, frames: list[Frame]) -> bytes:
    first = next(frame.first_sample for frame in frames if isinstance(frame, AudioFrame))
    return msgspec.json.encode({"rate_hz": audio.rate_hz, "channels": audio.channels, "first_sample": first})


def _message(letter: bytes, body: bytes = b"") -> bytes:
    return _HEAD.pack(1 + len(body), letter) + body
