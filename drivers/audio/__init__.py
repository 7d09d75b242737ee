"""The contract of audio sources: a telephone line as blocks of samples, with every lost sample said.

Samples are s16le at 8000 Hz, interleaved when there are two channels (agent left, far end right). Positions
(`first_sample`) count per channel from 0 and go on through everything: after a loss the `AudioGap` says how
many samples the monotonic clock saw pass without audio, and the next block follows it without a hole. So for
two consecutive events that carry samples, `next.first_sample == previous.first_sample + its length`, always.

An implementation must
- call `emit` from one thread of its own, in order, and never after `close` has returned;
- send `AudioFound` before the first block of every stream, and `AudioLost` once when the source goes away or
  is not there at the start; it looks for the source again each second, for ever, and never takes another;
- send one `AudioGap` for an absence, when it ends (not while it lasts: nothing grows while nothing is heard).
  If the source was missing at the start, sample 0 is the moment of the first `AudioLost`, else the first
  sample heard.

`emit` must return soon (it may lock and copy, never wait for a disk). If it raises, the driver's thread dies
with that exception: the process is to end then (`threading.excepthook`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

SAMPLE_RATE_HZ = 8000
BYTES_PER_SAMPLE = 2

OVERFLOW = "overflow"
DEVICE_LOST = "device_lost"
QUEUE_FULL = "queue_full"


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """Consecutive samples. `at_ns`: monotonic time when the LAST one was captured, smoothed (timeline.py)."""

    first_sample: int
    at_ns: int
    samples: bytes

    def frames(self, channels: int) -> int:
        """Samples per channel."""
        return len(self.samples) // (BYTES_PER_SAMPLE * channels)


@dataclass(frozen=True, slots=True)
class AudioGap:
    """`lost_samples` (per channel, ≥ 1) from `first_sample` on never arrived.

    `at_ns`: time of the last lost one.
    """

    first_sample: int
    lost_samples: int
    reason: str
    at_ns: int

    def __post_init__(self) -> None:
        if self.lost_samples < 1:
            raise ValueError(f"a gap of {self.lost_samples} samples is none")


@dataclass(frozen=True, slots=True)
class AudioLost:
    """The source is gone or not found; `reason` is a sentence for a person. Once per loss."""

    at_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class AudioFound:
    """The source delivers (again); `device` is its full name."""

    at_ns: int
    device: str


AudioEvent = AudioBlock | AudioGap | AudioLost | AudioFound


class AudioSource(Protocol):
    """One line's audio. `channels` is what the blocks carry (1 or 2); `rate_hz` is always 8000."""

    channels: int
    rate_hz: int

    def start(self, emit: Callable[[AudioEvent], None]) -> None: ...

    def close(self) -> None:
        """Stop, release the device and wait for the thread. May be called twice."""
