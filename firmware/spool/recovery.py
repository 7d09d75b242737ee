"""What a lost process left in `recording/`: cut at its last whole frame, measured, moved to `waiting/`.

The desk cannot open frames, so it walks their lengths. Between the two steps the recorder enters the
recording in the ledger. So a file in `recording/` may or may not be entered, and one in `waiting/` that is
not entered was finished by a recorder that was lost just then. Each step may be repeated.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from firmware.evidence.errors import FormatError
from firmware.evidence.recording import Header
from firmware.evidence.walking import FrameWalker, read_chunks
from firmware.spool.durable import rename_durably
from firmware.spool.layout import Layout, recording_path, recordings_in


@dataclass(frozen=True, slots=True)
class Found:
    """A recording on disk as its lengths tell it. `written_at`: when its last byte was written."""

    seq: int
    path: Path
    header: Header
    size: int
    frames: int
    sha256: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Interrupted:
    """`recordings`: cut to their whole frames, still in `recording/`. `broken`: without a whole header, now
    in `broken/`. `torn_bytes`: cut off in all.
    """

    recordings: tuple[Found, ...]
    broken: tuple[int, ...]
    torn_bytes: int


def find_interrupted(layout: Layout) -> Interrupted:
    """Cut and measure every file of `recording/`. Only while no recorder runs."""
    found: list[Found] = []
    broken: list[int] = []
    torn_bytes = 0
    for seq in recordings_in(layout.recording):
        path = recording_path(layout.recording, seq)
        measured = measure(path, seq)
        if measured is None:
            rename_durably(path, recording_path(layout.broken, seq))
            broken.append(seq)
        else:
            torn_bytes += _cut(path, measured.size)
            found.append(measured)
    return Interrupted(tuple(found), tuple(broken), torn_bytes)


def release_interrupted(layout: Layout, seq: int) -> None:
    """Move a recording, entered in the ledger now, to `waiting/`."""
    rename_durably(recording_path(layout.recording, seq), recording_path(layout.waiting, seq))


def measure(path: Path, seq: int) -> Found | None:
    """The whole frames of the recording at `path`; None when not even its header is whole."""
    walker, digest = FrameWalker(), hashlib.sha256()
    with open(path, "rb") as file:
        written_at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
        try:
            for data in read_chunks(file):
                walker.feed(data)
        except FormatError:
            pass  # junk behind the last whole frame is torn like half a frame; the counts stand there
        if walker.header is None:
            return None
        for data in _first_bytes(path, walker.whole_bytes):
            digest.update(data)
    return Found(seq, path, walker.header, walker.whole_bytes, walker.frames, digest.hexdigest(), written_at)


def _first_bytes(path: Path, count: int) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while count > 0 and (data := file.read(min(count, 1 << 20))):
            count -= len(data)
            yield data


def _cut(path: Path, size: int) -> int:
    """Cut `path` to `size`, durably, keeping its time of last writing; how many bytes went."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        status = os.fstat(descriptor)
        os.ftruncate(descriptor, size)
        os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return status.st_size - size
