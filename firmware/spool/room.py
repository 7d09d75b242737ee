"""Room on the disk, in bytes, percent and hours of recording."""

import os
from dataclasses import dataclass
from pathlib import Path

FRAME_OVERHEAD_BYTES = 4 + 16 + 11  # length, tag, head of an audio frame, once a second
PACKET_OVERHEAD_BYTES = 2
FLAC_RATIO = 0.57  # measured on telephone speech with line noise: 32 of 57 MB an hour


@dataclass(frozen=True, slots=True)
class Room:
    """`free_bytes` is what a process without privileges may still use."""

    free_bytes: int
    total_bytes: int
    bytes_per_hour: int

    @property
    def percent(self) -> float:
        return 100 * self.free_bytes / self.total_bytes if self.total_bytes else 0.0

    @property
    def hours(self) -> float:
        return self.free_bytes / self.bytes_per_hour


def room_at(path: Path, bytes_per_hour: int) -> Room:
    """Room of the filesystem that holds `path`. OSError when it cannot be asked."""
    found = os.statvfs(path)
    return Room(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, bytes_per_hour)


def recording_bytes_per_hour(codec: str, channels: int, opus_bitrate_bps: int) -> int:
    """What an hour of recording takes on disk, sealed; 8 kHz."""
    pcm_bytes = 8000 * 2 * channels
    match codec:
        case "opus":
            audio, packets = opus_bitrate_bps / 8, 50
        case "flac":
            audio, packets = pcm_bytes * FLAC_RATIO, 1
        case _:
            audio, packets = float(pcm_bytes), 10
    return round(3600 * (audio + packets * PACKET_OVERHEAD_BYTES + FRAME_OVERHEAD_BYTES))
