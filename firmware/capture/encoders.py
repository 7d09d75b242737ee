"""Samples → packets: Opus (20 ms), FLAC (a whole stream each, ≤ 1 s) or PCM (100 ms)."""

from dataclasses import dataclass
from typing import Literal

Codec = Literal["opus", "flac", "pcm_s16le"]


@dataclass(frozen=True, slots=True)
class CodecSettings:
    codec: Codec = "opus"
    channels: int = 1
    opus_bitrate_bps: int = 24_000
    opus_complexity: int = 5
