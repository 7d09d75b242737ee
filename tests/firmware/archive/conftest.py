"""Recordings of every codec, made from known sound, runs and gaps."""

import io
import math

import numpy as np
import pytest
import soundfile
from opuslib_next.classes import Encoder

from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.recording import (
    AudioFormat,
    Header,
    encode_audio,
    encode_end,
    encode_event,
    encode_gap,
)
from firmware.evidence.sealing import RecordingSealer

FRAME_MS = {"opus": 20, "flac": 1000, "pcm_s16le": 100}


def opus(sound):
    encoder = Encoder(8000, sound.shape[1], "audio")
    encoder.bitrate = 24_000 * sound.shape[1]
    count = -(-(len(sound) + 52) // 160) if len(sound) else 0
    padded = np.zeros((count * 160, sound.shape[1]), "<i2")
    padded[: len(sound)] = sound
    return [
        (160, bytes(encoder.encode(padded[at : at + 160].tobytes(), 160)))
        for at in range(0, count * 160, 160)
    ]


def flac(sound):
    for at in range(0, len(sound), 6400):
        out = io.BytesIO()
        soundfile.write(out, sound[at : at + 6400], 8000, format="FLAC", subtype="PCM_16")
        yield len(sound[at : at + 6400]), out.getvalue()


def pcm(sound):
    for at in range(0, len(sound), 800):
        yield len(sound[at : at + 800]), sound[at : at + 800].astype("<i2").tobytes()


ENCODERS = {"opus": opus, "flac": flac, "pcm_s16le": pcm}


def speech_like(samples, channels, seed=1):
    """Noise and tones that start and stop like syllables: lags show in it."""
    random = np.random.default_rng(seed)
    at = np.arange(samples)[:, None] / 8000
    envelope = np.abs(np.sin(2 * math.pi * 2.3 * at)) ** 3
    pitch = 180 + 60 * np.arange(channels)
    tones = sum(np.sin(2 * math.pi * pitch * n * at + n) / n for n in range(1, 12))
    return (envelope * (3000 * tones + 800 * random.standard_normal((samples, channels)))).astype("<i2")


class Made:
    """A sealed recording and the truth: `sound` with zeros in its gaps."""

    def __init__(self, key, codec, channels, plan, *, end=True):
        audio = AudioFormat(channels=channels, codec=codec, frame_ms=FRAME_MS[codec], rate_hz=8000)
        boot = "5f0c1f1e-6f0a-4c57-9d63-0a2a6b3d9c11"
        header = Header(
            audio=audio,
            boot=boot,
            call="sh01-d017/42",
            desk="sh01-d017",
            started="2026-11-22T08:00:00.123456Z",
        )
        sealer = RecordingSealer(header, [key.public])
        self.frames, self.parts, self.at, self.gaps, self.lost = [], [], 0, 0, 0
        self._seal = sealer.seal
        self.frames.append(sealer.seal(encode_event({"at_ms": 0, "kind": "off_hook"})))
        for number, (kind, count) in enumerate(plan):
            sound = (
                speech_like(count, channels, number) if kind == "a" else np.zeros((count, channels), "<i2")
            )
            self._run(list(ENCODERS[codec](sound))) if kind == "a" else self._gap(count)
            self.parts.append(sound)
            self.at += count
        if end:
            summary = {
                "ended_by": "on_hook",
                "gaps": self.gaps,
                "lost_samples": self.lost,
                "samples": self.at,
            }
            self.frames.append(sealer.seal(encode_end(summary), last=True))
        self.intro = sealer.intro
        self.data = sealer.intro + b"".join(self.frames)
        self.sound = np.concatenate(self.parts) if plan else np.zeros((0, channels), "<i2")

    def _run(self, packets):
        at = self.at
        while packets:
            some, samples = [], 0
            while packets and samples + packets[0][0] <= 8000:
                some.append(packets[0][1])
                samples += packets.pop(0)[0]
            self.frames.append(self._seal(encode_audio(at, some)))
            at += samples

    def _gap(self, count):
        self.frames.append(self._seal(encode_gap(self.at, count, "overflow")))
        self.gaps, self.lost = self.gaps + 1, self.lost + count


@pytest.fixture(scope="session")
def key():
    return ArchivePrivateKey.generate()


@pytest.fixture(scope="session")
def made(key):
    return lambda codec, channels, plan, **options: Made(key, codec, channels, plan, **options)
