"""What capture tells its owner about recordings, and what it asks of the parts that it is given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Sealer(Protocol):
    """`firmware.evidence.sealing.RecordingSealer`, as far as capture uses it."""

    @property
    def intro(self) -> bytes: ...

    def seal(self, plaintext: bytes, *, last: bool = False) -> bytes: ...


class GrowingFile(Protocol):
    """The spool's growing file: `append` all or raise OSError; `sync` returns when the bytes are durable."""

    def append(self, data: bytes) -> None: ...

    def sync(self) -> None: ...


@dataclass(frozen=True, slots=True)
class OpenFile:
    sealer: Sealer
    file: GrowingFile


OpenRecording = Callable[[int], OpenFile]
"""Called with the monotonic ns of the recording's first sample."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A running recording as far as it is durable. Samples are per channel, gaps included."""

    call: str
    started_ns: int
    durable_bytes: int
    durable_samples: int
    lost_samples: int
    gaps: int
    grown_ns: int
    sync_ns: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A recording that ended: `samples` is the whole timeline per channel, `lost_samples` of it gaps.

    `sha256` (hex) and `size` are those of the file's bytes, `frames` its sealed frames. `error` is empty, or
    the
    sentence of the disk: then the file, if there is one, ends without a `Z` frame at what was taken whole.
    """

    call: str
    ended_by: str
    started_ns: int
    ended_ns: int
    samples: int
    lost_samples: int
    gaps: int
    frames: int
    size: int
    sha256: str
    file: GrowingFile | None
    error: str = ""
