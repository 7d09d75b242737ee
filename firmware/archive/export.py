"""Exporting a sealed recording to .opus, .flac or .wav with the archive's key.

.opus    the recorded Opus packets as they are (only for recordings in Opus)
.flac    lossless, exact to the sample; from Opus: what its packets decode to
.wav     the same, uncompressed

What is there is exported: of an interrupted or damaged recording, everything before the break, and the
report says so.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from firmware.archive.decoding import BYTES_PER_SAMPLE, decode
from firmware.archive.errors import ArchiveError
from firmware.archive.opus_export import OpusExport
from firmware.evidence.errors import FormatError, OpenError
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.opening import OpenedRecording, open_recording
from firmware.evidence.recording import EndFrame, EventFrame, Frame, GapFrame, Header
from firmware.evidence.timeline import Timeline

Format = Literal["opus", "flac", "wav"]
FORMATS: tuple[Format, ...] = ("opus", "flac", "wav")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was exported. Samples are per channel at `header.audio.rate_hz`.

    `samples`: length of the exported sound. `fault` "" unless a frame did not open or did not fit; then
    everything before it was exported. `shift_samples`: how late sound behind a gap is at most (.opus only).
    """

    header: Header
    samples: int
    gaps: int
    lost_samples: int
    complete: bool
    ended_by: str
    torn_bytes: int
    fault: str
    shift_samples: int
    events: tuple[EventFrame, ...]


def format_of(path: Path) -> Format:
    """By the name's ending; ArchiveError names the possible ones."""
    for known in FORMATS:
        if path.suffix.lower() == f".{known}":
            return known
    raise ArchiveError(f"{path}: the name must end in .opus, .flac or .wav")


def export(source: BinaryIO, key: ArchivePrivateKey, target: Path, *, replace: bool = False) -> ExportReport:
    """Write `target` whole or not at all (temp file in its folder, fsync, rename).

    ArchiveError when it exists (unless `replace`) or cannot be written; FormatError, NoSealError or
    OpenError when not even the header opens.
    """
    chosen = format_of(target)
    if target.exists() and not replace:
        raise ArchiveError(f"{target} exists; choose another name, or ask to replace it")
    temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.part")
    try:
        try:
            with open(temporary, "xb+") as file:
                report = export_to(source, key, file, chosen)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
    except OSError as error:
        raise ArchiveError(f"{target}: cannot be written: {error.strerror or error}") from error
    return report


def export_to(source: BinaryIO, key: ArchivePrivateKey, file: BinaryIO, chosen: Format) -> ExportReport:
    """The same into an open file, which must be seekable for .flac and .wav."""
    watch = _Watch(open_recording(source, key))
    if chosen == "opus":
        samples, shift = _as_opus(watch, file)
    else:
        samples, shift = _as_samples(watch, file, chosen), 0
    if not samples:
        raise ArchiveError("the recording holds no sound" + (f": {watch.fault}" if watch.fault else ""))
    return watch.report(samples, shift)


class _Watch:
    """The frames on their way to the writer: counts them, and stops at the first that is wrong."""

    def __init__(self, opened: OpenedRecording) -> None:
        self.header = opened.header
        self._opened = opened
        self._timeline = Timeline(opened.header.audio)
        self._events: list[EventFrame] = []
        self._end: EndFrame | None = None
        self.gaps: list[GapFrame] = []
        self.fault = ""

    def frames(self) -> Iterator[Frame]:
        try:
            for frame in self._opened.frames():
                self._timeline.take(frame)
                match frame:
                    case EventFrame():
                        self._events.append(frame)
                    case GapFrame():
                        self.gaps.append(frame)
                    case EndFrame():
                        self._end = frame
                yield frame
        except (FormatError, OpenError) as error:
            self.fault = str(error)

    def report(self, samples: int, shift: int) -> ExportReport:
        return ExportReport(
            header=self.header,
            samples=samples,
            gaps=self._timeline.gaps,
            lost_samples=self._timeline.lost_samples,
            complete=self._end is not None,
            ended_by=str(self._end.summary["ended_by"]) if self._end else "",
            torn_bytes=self._opened.torn_bytes,
            fault=self.fault,
            shift_samples=shift,
            events=tuple(self._events),
        )


def _as_opus(watch: _Watch, file: BinaryIO) -> tuple[int, int]:
    header = watch.header
    if header.audio.codec != "opus":
        raise ArchiveError(
            f"the recording is in {header.audio.codec}: export it as .flac or .wav, which lose nothing"
        )
    comments = {"TITLE": f"Call {header.call}", "DATE": header.started, "OFFHOOK_CALL": header.call}
    writer = OpusExport(file, header, comments)
    for frame in watch.frames():
        writer.take(frame)
    return writer.finish() * header.audio.rate_hz // 48_000, writer.shift_samples


def _as_samples(watch: _Watch, file: BinaryIO, chosen: Format) -> int:
    import soundfile  # noqa: PLC0415  # .opus needs none

    audio, written = watch.header.audio, 0
    sound: Any = soundfile.SoundFile(
        file,
        "w",
        samplerate=audio.rate_hz,
        channels=audio.channels,
        format=chosen.upper(),
        subtype="PCM_16",
    )
    with sound:
        for pcm in decode(audio, watch.frames()):
            sound.buffer_write(pcm.samples, dtype="int16")
            written += len(pcm.samples) // (audio.channels * BYTES_PER_SAMPLE)
    return written
