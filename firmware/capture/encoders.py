"""Samples → packets: Opus (20 ms each), FLAC (a whole stream each) or PCM (100 ms).

An encoder takes s16le samples of any length and gives packets of consecutive audio: `push` what is complete,
`cut` also what can be given without ending the run (so that it can be made durable), `flush` everything, and
starts afresh.

Opus: a run of n samples becomes exactly ceil((n + 52) / 160) packets. The encoder looks 52 samples (6.5 ms)
ahead, so the last packets carry zeros behind the run's end; without them its last samples would never come
out of a decoder.
"""

import io
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from drivers.audio import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

Codec = Literal["opus", "flac", "pcm_s16le"]

OPUS_PACKET_SAMPLES = 160
OPUS_LOOK_AHEAD = 52
FLAC_PACKET_SAMPLES = 6400  # = one A frame of the writer
PCM_PACKET_SAMPLES = 800
FRAME_MS = {"opus": 20, "flac": 1000, "pcm_s16le": 100}


@dataclass(frozen=True, slots=True)
class CodecSettings:
    """What recordings are encoded with, as in the settings of the desk. `channels`: those of the blocks."""

    codec: Codec = "opus"
    channels: int = 1
    opus_bitrate_bps: int = 24_000
    opus_complexity: int = 5

    @property
    def frame_ms(self) -> int:
        """The recording header's `audio.frame_ms`."""
        return FRAME_MS[self.codec]


class Packet(NamedTuple):
    """`samples`: how far it moves the timeline, per channel."""

    samples: int
    data: bytes


class Encoder(Protocol):
    def push(self, samples: bytes) -> list[Packet]: ...

    def cut(self) -> list[Packet]: ...

    def flush(self) -> list[Packet]: ...


def open_encoder(settings: CodecSettings) -> Encoder:
    if settings.codec == "opus":
        return OpusEncoder(settings)
    if settings.codec == "flac":
        return FlacEncoder(settings.channels)
    return PcmEncoder(settings.channels)


class OpusEncoder:
    """libopus, packet by packet. Application AUDIO: see decisions/0001-opus-application.md."""

    def __init__(self, settings: CodecSettings) -> None:
        from opuslib_next.classes import Encoder as LibOpus  # noqa: PLC0415 (FLAC desks do not pay for it)

        self._frame_bytes = BYTES_PER_SAMPLE * settings.channels
        self._size = OPUS_PACKET_SAMPLES * self._frame_bytes
        self._rest = b""
        self._run = 0  # samples pushed since the run began
        self._given = 0  # samples that the packets of the run stand for
        self._encoder = LibOpus(SAMPLE_RATE_HZ, settings.channels, "audio")
        self._encoder.bitrate = settings.opus_bitrate_bps
        self._encoder.complexity = settings.opus_complexity

    def push(self, samples: bytes) -> list[Packet]:
        self._run += len(samples) // self._frame_bytes
        return self._encode(self._rest + samples if self._rest else samples)

    def cut(self) -> list[Packet]:
        return []  # the rest, below 20 ms, stays

    def flush(self) -> list[Packet]:
        needed = self._run + OPUS_LOOK_AHEAD if self._run else 0
        missing = -(-needed // OPUS_PACKET_SAMPLES) * OPUS_PACKET_SAMPLES - self._given
        packets = self._encode(self._rest.ljust(missing * self._frame_bytes, b"\0"))
        self._run = self._given = 0
        self._encoder.reset_state()
        return packets

    def _encode(self, samples: bytes) -> list[Packet]:
        whole = len(samples) - len(samples) % self._size
        packets = [
            Packet(
                OPUS_PACKET_SAMPLES, self._encoder.encode(samples[at : at + self._size], OPUS_PACKET_SAMPLES)
            )
            for at in range(0, whole, self._size)
        ]
        self._rest = samples[whole:]
        self._given += OPUS_PACKET_SAMPLES * len(packets)
        return packets


class Chopper:
    """Samples in packets of at most `packet_samples`; what `encode` makes of each is independent of the
    rest.
    """

    def __init__(self, *, channels: int, packet_samples: int) -> None:
        self._frame_bytes = BYTES_PER_SAMPLE * channels
        self._size = packet_samples * self._frame_bytes
        self._rest = bytearray()

    def push(self, samples: bytes) -> list[Packet]:
        self._rest += samples
        packets = []
        while len(self._rest) >= self._size:
            packets.append(self._packet(bytes(self._rest[: self._size])))
            del self._rest[: self._size]
        return packets

    def cut(self) -> list[Packet]:
        packets = [self._packet(bytes(self._rest))] if self._rest else []
        self._rest.clear()
        return packets

    def flush(self) -> list[Packet]:
        return self.cut()

    def _packet(self, samples: bytes) -> Packet:
        return Packet(len(samples) // self._frame_bytes, self.encode(samples))

    def encode(self, samples: bytes) -> bytes:
        """The packet's bytes: here the samples themselves."""
        return samples


class PcmEncoder(Chopper):
    def __init__(self, channels: int) -> None:
        super().__init__(channels=channels, packet_samples=PCM_PACKET_SAMPLES)


class FlacEncoder(Chopper):
    """Every packet is a complete FLAC stream: lossless, and readable when its neighbours are not."""

    def __init__(self, channels: int) -> None:
        import numpy as np  # noqa: PLC0415
        import soundfile  # noqa: PLC0415 (only desks that record FLAC pay for it)

        super().__init__(channels=channels, packet_samples=FLAC_PACKET_SAMPLES)
        self._channels = channels
        self._write = soundfile.write
        self._array = np.frombuffer

    def encode(self, samples: bytes) -> bytes:
        out = io.BytesIO()
        frames = self._array(samples, "<i2").reshape(-1, self._channels)
        self._write(out, frames, SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_16")
        return out.getvalue()
