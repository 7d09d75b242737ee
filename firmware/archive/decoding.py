"""Frames → samples on one exact timeline: sample n of the output is sample n of the recording.

A gap comes out as zeros of exactly its length. Opus is decoded run by run, each by a fresh decoder whose
first `pre_skip` samples are dropped (the encoder too starts afresh after a gap). A run's last packet
reaches beyond its end; how far is known at the gap or the end that follows, so one packet is held back.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from firmware.archive.errors import ArchiveError
from firmware.evidence.errors import EvidenceError
from firmware.evidence.recording import AudioFormat, AudioFrame, EndFrame, EventFrame, Frame, GapFrame

BYTES_PER_SAMPLE = 2
SILENCE_SAMPLES = 48_000  # a gap may last days: zeros go out in pieces


@dataclass(frozen=True, slots=True)
class Pcm:
    """s16le, interleaved. `first_sample` is on the recording's timeline."""

    first_sample: int
    samples: bytes


class Decoder(Protocol):
    def decode(self, packet: bytes) -> bytes:
        """s16le interleaved; ArchiveError when the packet is not decodable."""
        ...

    def restart(self) -> None:
        """A new run begins."""
        ...


class OpusDecoder:
    """libopus at the recording's rate, which is exact at 8, 12, 16, 24 and 48 kHz."""

    def __init__(self, audio: AudioFormat) -> None:
        from opuslib_next.classes import Decoder as LibOpus  # noqa: PLC0415  # PCM archives need no libopus

        self._audio = audio
        self._make = LibOpus
        self.restart()

    def restart(self) -> None:
        self._decoder = self._make(self._audio.rate_hz, self._audio.channels)
        self._skip = self._audio.pre_skip * self._audio.channels * BYTES_PER_SAMPLE

    def decode(self, packet: bytes) -> bytes:
        from opuslib_next.exceptions import OpusError  # noqa: PLC0415

        expected = self._audio.packet_samples
        try:
            samples = bytes(self._decoder.decode(packet, expected))
        except OpusError as error:
            raise ArchiveError(f"an Opus packet does not decode: {error}") from error
        if len(samples) != expected * self._audio.channels * BYTES_PER_SAMPLE:
            raise ArchiveError(f"an Opus packet does not hold the {self._audio.frame_ms} ms of the header")
        skip, self._skip = self._skip, max(0, self._skip - len(samples))
        return samples[skip:]


class FlacDecoder:
    """Every packet is a whole FLAC stream."""

    def __init__(self, audio: AudioFormat) -> None:
        import soundfile  # noqa: PLC0415

        self._audio = audio
        self._soundfile = soundfile

    def restart(self) -> None:
        pass

    def decode(self, packet: bytes) -> bytes:
        try:
            samples, rate = self._soundfile.read(io.BytesIO(packet), dtype="int16", always_2d=True)
        except self._soundfile.LibsndfileError as error:
            raise ArchiveError(f"a FLAC packet does not decode: {error}") from error
        if rate != self._audio.rate_hz or samples.shape[1] != self._audio.channels:
            raise ArchiveError("a FLAC packet has another rate or number of channels than the header")
        return bytes(samples.astype("<i2").tobytes())


class PcmDecoder:
    def restart(self) -> None:
        pass

    def decode(self, packet: bytes) -> bytes:
        return packet


def open_decoder(audio: AudioFormat) -> Decoder:
    if audio.codec == "opus":
        return OpusDecoder(audio)
    if audio.codec == "flac":
        return FlacDecoder(audio)
    return PcmDecoder()


def decode(audio: AudioFormat, frames: Iterable[Frame]) -> Iterator[Pcm]:
    """All that the frames hold, gaps as zeros, in order and without a hole.

    Whatever `frames` raises passes through, after what came before it has been given out.
    """
    line = _Line(audio)
    try:
        for frame in frames:
            yield from line.take(frame)
    except EvidenceError:
        yield from line.release(None)
        raise
    yield from line.release(None)


class _Line:
    def __init__(self, audio: AudioFormat) -> None:
        self._decoder = open_decoder(audio)
        self._width = audio.channels * BYTES_PER_SAMPLE
        self._at = 0  # next sample to go out
        self._held = b""

    def take(self, frame: Frame) -> Iterator[Pcm]:
        match frame:
            case AudioFrame():
                yield from self._out(self._held)
                parts = [self._decoder.decode(packet) for packet in frame.packets]
                yield from self._out(b"".join(parts[:-1]))
                self._held = parts[-1]
            case GapFrame():
                yield from self._end_run(frame.first_sample)
                yield from self._silence(frame.lost_samples)
                self._decoder.restart()
            case EndFrame():
                yield from self._end_run(frame.number("samples"))
            case EventFrame():
                pass

    def release(self, end: int | None) -> Iterator[Pcm]:
        """What was held back, as far as sample `end`."""
        limit = len(self._held) if end is None else max(0, end - self._at) * self._width
        samples, self._held = self._held[:limit], b""
        yield from self._out(samples)

    def _end_run(self, end: int) -> Iterator[Pcm]:
        yield from self.release(end)
        if self._at != end:
            raise ArchiveError(f"the audio ends at sample {self._at} where its frames say {end}")

    def _silence(self, count: int) -> Iterator[Pcm]:
        while count:
            step = min(count, SILENCE_SAMPLES)
            yield from self._out(bytes(step * self._width))
            count -= step

    def _out(self, samples: bytes) -> Iterator[Pcm]:
        if samples:
            first, self._at = self._at, self._at + len(samples) // self._width
            yield Pcm(first, samples)
