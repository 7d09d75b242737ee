"""Recordings made in memory with the real sealer, opened again with the real opener, decoded to samples."""

import io
from dataclasses import dataclass, field

import numpy as np
import pytest
import soundfile
from opuslib_next.classes import Decoder

from firmware.capture.encoders import OPUS_LOOK_AHEAD, CodecSettings
from firmware.capture.progress import OpenFile
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.opening import open_recording
from firmware.evidence.recording import AudioFormat, AudioFrame, EndFrame, EventFrame, GapFrame, Header
from firmware.evidence.sealing import RecordingSealer
from firmware.evidence.timeline import Timeline

BOOT = "0b6f6a3e-5f0c-4b7e-9d55-2f7a7f6b7a10"


@dataclass
class MemoryFile:
    """A growing file; `fail_after` appends it is a full disk."""

    data: bytearray = field(default_factory=bytearray)
    synced: int = 0
    syncs: int = 0
    fail_after: int | None = None

    def append(self, data):
        if self.fail_after is not None:
            self.fail_after -= 1
            if self.fail_after < 0:
                raise OSError(28, "No space left on device")
        self.data += data

    def sync(self):
        self.synced = len(self.data)
        self.syncs += 1


@dataclass
class Opened:
    """What a stranger finds in the file. `samples`: the timeline, lost samples as zeros."""

    samples: np.ndarray
    gaps: list
    events: list
    end: dict
    complete: bool


class Archive:
    def __init__(self):
        self.key = ArchivePrivateKey.generate()

    def opener(self, codec: CodecSettings, file: MemoryFile, call="desk-1/7"):
        """An `open_recording` for CaptureThread.begin; remembers `started_ns` on the file."""

        def open_file(started_ns):
            file.started_ns = started_ns
            audio = AudioFormat(
                channels=codec.channels, codec=codec.codec, frame_ms=codec.frame_ms, rate_hz=8000
            )
            header = Header(
                audio=audio, boot=BOOT, call=call, desk="desk-1", started="2026-11-22T08:00:00.000000Z"
            )
            return OpenFile(RecordingSealer(header, [self.key.public]), file)

        return open_file

    def open(self, data: bytes) -> Opened:
        """FormatError where frames contradict each other: evidence's own Timeline watches."""
        recording = open_recording(bytes(data), self.key)
        audio, timeline = recording.header.audio, Timeline(recording.header.audio)
        runs, gaps, events, end = [], [], [], {}
        position, packets = 0, []
        for frame in recording.frames():
            timeline.take(frame)
            match frame:
                case AudioFrame():
                    packets += frame.packets
                case GapFrame():
                    runs.append(decode(packets, audio, frame.first_sample - position))
                    runs.append(np.zeros((frame.lost_samples, audio.channels), "<i2"))
                    gaps.append((frame.first_sample, frame.lost_samples, frame.reason))
                    position, packets = frame.first_sample + frame.lost_samples, []
                case EventFrame():
                    events.append(frame.body)
                case EndFrame():
                    end = frame.summary
                    runs.append(decode(packets, audio, frame.number("samples") - position))
                    packets = []
        if packets:
            runs.append(decode(packets, audio, None))
        whole = np.concatenate(runs) if runs else np.zeros((0, audio.channels), "<i2")
        return Opened(whole, gaps, events, end, recording.complete)


def decode(packets, audio, length):
    """One run's packets → samples, shape (n, channels)."""
    if audio.codec == "opus":
        decoder = Decoder(audio.rate_hz, audio.channels)
        raw = b"".join(decoder.decode(packet, 160) for packet in packets)[
            OPUS_LOOK_AHEAD * 2 * audio.channels :
        ]
    elif audio.codec == "flac":
        raw = b"".join(soundfile.read(io.BytesIO(packet), dtype="int16")[0].tobytes() for packet in packets)
    else:
        raw = b"".join(packets)
    return np.frombuffer(raw, "<i2").reshape(-1, audio.channels)[:length]


def speech_like(count, seed=1, channels=1):
    """Voiced bursts with pauses over a little noise, s16."""
    rng = np.random.default_rng(seed)
    at = np.arange(count) / 8000
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.7 * at)
    phase = np.cumsum(2 * np.pi * pitch / 8000)
    voice = sum(np.sin(k * phase) / k for k in range(1, 16))
    sides = []
    for side in range(channels):
        loud = np.clip(np.sin(2 * np.pi * 1.3 * at + side * 3), 0, 1)
        sides.append(voice * loud * 3000 + rng.normal(0, 20, count))
    return np.rint(np.stack(sides, axis=1)).astype("<i2")


def snr_db(wanted, got):
    wanted, got = wanted.astype(float), got.astype(float)
    return 10 * np.log10(np.sum(wanted**2) / max(1e-9, np.sum((wanted - got) ** 2)))


@pytest.fixture
def archive():
    return Archive()


@pytest.fixture
def memory_file():
    return MemoryFile


@pytest.fixture
def speech():
    return speech_like


@pytest.fixture
def snr():
    return snr_db


@pytest.fixture
def decode_run():
    return decode
