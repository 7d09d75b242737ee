"""What a page draws of a recording: peaks, line events and gaps on one time axis."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from firmware.archive.decoding import decode
from firmware.archive.errors import ArchiveError
from firmware.evidence.errors import EvidenceError
from firmware.evidence.opening import OpenedRecording
from firmware.evidence.recording import EndFrame, EventFrame, Frame, GapFrame
from sync.vault.console.sound.waveform import Peaks


class Mark(msgspec.Struct, frozen=True):
    """An event on the line, `at_ms` from the start of the recording."""

    at_ms: int
    kind: str


class Gap(msgspec.Struct, frozen=True):
    """Lost audio, said by the desk."""

    at_ms: int
    lost_ms: int
    reason: str


class Picture(msgspec.Struct, frozen=True):
    """`peaks`: 0 to 255 per bucket of `bucket_ms`, a list per channel. `fault` "" when every frame opened."""

    codec: str
    rate_hz: int
    channels: int
    duration_ms: int
    bucket_ms: float
    peaks: list[list[int]]
    marks: list[Mark]
    gaps: list[Gap]
    frames: int
    samples: int
    complete: bool
    ended_by: str
    fault: str


class _Notes:
    """The frames on their way to the decoder."""

    def __init__(self, rate_hz: int) -> None:
        self._rate = rate_hz
        self.marks: list[Mark] = []
        self.gaps: list[Gap] = []
        self.frames = 0
        self.end: EndFrame | None = None

    def watch(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            self.frames += 1
            match frame:
                case EventFrame():
                    self.marks.append(Mark(frame.at_ms, frame.kind))
                case GapFrame():
                    self.gaps.append(
                        Gap(self._ms(frame.first_sample), self._ms(frame.lost_samples), frame.reason)
                    )
                case EndFrame():
                    self.end = frame
            yield frame

    def _ms(self, samples: int) -> int:
        return samples * 1000 // self._rate


def look(opened: OpenedRecording) -> Picture:
    """Open, decode and measure all of it. What does not open ends the picture there, with its reason."""
    audio, fault = opened.header.audio, ""
    notes, peaks = _Notes(audio.rate_hz), Peaks(audio.channels, audio.rate_hz)
    try:
        for pcm in decode(audio, notes.watch(opened.frames())):
            peaks.take(pcm)
    except (EvidenceError, ArchiveError) as error:
        fault = str(error)
    bucket, values = peaks.joined()
    return Picture(
        codec=audio.codec,
        rate_hz=audio.rate_hz,
        channels=audio.channels,
        duration_ms=peaks.samples * 1000 // audio.rate_hz,
        bucket_ms=bucket * 1000 / audio.rate_hz,
        peaks=values,
        marks=notes.marks,
        gaps=notes.gaps,
        frames=notes.frames,
        samples=peaks.samples,
        complete=notes.end is not None,
        ended_by=str(notes.end.summary["ended_by"]) if notes.end else "",
        fault=fault,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A mark or gap in words: `lost` is a gap's length as a duration."""

    at_ms: int
    kind: str
    gap: bool
    lost: str


def lines_of(picture: Picture) -> list[Line]:
    """In the order of time."""
    marks = [Line(mark.at_ms, mark.kind, gap=False, lost="") for mark in picture.marks]
    gaps = [Line(gap.at_ms, gap.reason, gap=True, lost=f"{gap.lost_ms / 1000:.2f} s") for gap in picture.gaps]
    return sorted([*marks, *gaps], key=lambda line: line.at_ms)
