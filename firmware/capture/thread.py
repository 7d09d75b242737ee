"""The capture thread (being built): signatures that the recorder builds on."""

from collections.abc import Callable
from dataclasses import dataclass

from drivers.audio import AudioEvent
from firmware.capture.encoders import CodecSettings
from firmware.capture.progress import Finished, OpenRecording, Progress


@dataclass(frozen=True, slots=True)
class CaptureStatus:
    """A snapshot for run/recorder.json. Levels in dBFS × 100 (−9600 = digital silence) of the last block."""

    present: bool
    device: str
    last_block_ns: int
    level_dbfs_x100: int
    peak_dbfs_x100: int
    speech_dbfs_x100: int
    zero_ms: int
    frozen_ms: int
    clipped_samples: int
    queue_blocks: int
    preroll_ms: int
    lost_samples: int
    lost_reason: str
    recording: Progress | None


class CaptureThread:
    def __init__(
        self,
        *,
        codec: CodecSettings,
        preroll_s: float,
        queue_s: float,
        on_durable: Callable[[Progress], None],
        on_finished: Callable[[Finished], None],
        on_failure: Callable[[BaseException], None],
    ) -> None: ...

    def start(self) -> None: ...

    def emit(self, event: AudioEvent) -> None: ...

    def begin(self, call: str, at_ns: int, open_recording: OpenRecording) -> None: ...

    def event(self, at_ns: int, kind: str, **fields: str | int) -> None: ...

    def end(self, at_ns: int, ended_by: str) -> None: ...

    def status(self) -> CaptureStatus: ...

    def close(self) -> None: ...
