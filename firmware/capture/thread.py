"""CaptureThread: one line's audio on its way to the disk. See the package's docstring for how it is used.

Everything reaches the thread through CaptureQueue. After each turn of what waited it syncs once, so that
after a stall of the disk it catches up with one sync instead of thirty.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from drivers.audio import AudioBlock, AudioEvent, AudioFound, AudioGap, AudioLost
from firmware.capture.encoders import CodecSettings
from firmware.capture.levels import LineLevel, LineMeter
from firmware.capture.progress import Finished, OpenRecording, Progress
from firmware.capture.queue import CaptureError, CaptureQueue, Command, Item
from firmware.capture.recordings import LineEvent, Recordings


@dataclass(frozen=True, slots=True)
class CaptureStatus:
    """A snapshot for run/recorder.json. `lost_samples`: since the start, in recordings or not."""

    present: bool
    device: str
    reason: str
    last_block_ns: int
    level: LineLevel
    queue_blocks: int
    preroll_ms: int
    lost_samples: int
    recording: Progress | None


class CaptureThread:
    """All callbacks come from the capture thread and must not block; `on_failure` must end the process."""

    def __init__(
        self,
        *,
        codec: CodecSettings,
        preroll_s: float,
        queue_s: float,
        on_durable: Callable[[Progress], None],
        on_finished: Callable[[Finished], None],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self._queue = CaptureQueue(seconds=queue_s, channels=codec.channels)
        self._recordings = Recordings(
            codec=codec, preroll_s=preroll_s, on_durable=on_durable, on_finished=on_finished
        )
        self._on_failure = on_failure
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._closed = False  # the capture thread's
        self._open_call = ""  # the owner's: begun and not ended
        # the driver's thread's
        self._meter = LineMeter(codec.channels)
        self._present, self._device, self._reason = False, "", "not started"
        self._last_block_ns = 0
        self._level = LineLevel()

    def emit(self, event: AudioEvent) -> None:
        """For `AudioSource.start`: measures and queues. Called in the driver's thread."""
        if isinstance(event, AudioBlock):
            self._level, self._last_block_ns = self._meter.take(event.samples), event.at_ns
        elif isinstance(event, AudioLost):
            self._present, self._reason, self._level = False, event.reason, LineLevel()
        elif isinstance(event, AudioFound):
            self._present, self._device, self._reason = True, event.device, ""
        self._queue.put_audio(event)

    # The rest is for the owner's thread.

    def start(self) -> None:
        self._thread.start()

    def begin(self, call: str, at_ns: int, open_recording: OpenRecording) -> None:
        """The handset was lifted at `at_ns`: record from the pre-roll before it. One call at a time."""
        if self._open_call:
            raise CaptureError(f"{call} begins while {self._open_call} has not ended")
        self._open_call = call
        self._put(partial(self._recordings.begin, call, at_ns, open_recording))

    def event(self, at_ns: int, kind: str, **fields: str | int) -> None:
        """Something happened on the line: an E frame, also of a recording whose pre-roll begins before it."""
        self._put(partial(self._recordings.event, LineEvent(at_ns, kind, fields)))

    def end(self, at_ns: int, ended_by: str) -> None:
        """The recording ends at `at_ns`; what comes later on the line is none of it. Nothing runs: no effect.

        Told late, it cannot take back what was written; told early, it waits for the samples up to `at_ns`.
        """
        if self._open_call:
            call, self._open_call = self._open_call, ""
            self._put(partial(self._recordings.end, call, at_ns, ended_by))

    def status(self) -> CaptureStatus:
        return CaptureStatus(
            present=self._present,
            device=self._device,
            reason=self._reason,
            last_block_ns=self._last_block_ns,
            level=self._level,
            queue_blocks=self._queue.blocks,
            preroll_ms=self._recordings.preroll_ms,
            lost_samples=self._recordings.lost_samples,
            recording=self._recordings.progress,
        )

    def close(self, *, ended_by: str = "shutdown", timeout_s: float = 10.0) -> bool:
        """After the source is closed: end what runs, now; False when the disk did not let it in time."""
        self._queue.put_command(partial(self._close, time.monotonic_ns(), ended_by))
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _put(self, command: Command) -> None:
        self._queue.put_command(partial(self._recordings.when_known, command))

    # The capture thread

    def _run(self) -> None:
        try:
            while not self._closed:
                for item in self._queue.take():
                    self._take(item)
                self._recordings.sync()
        except BaseException as error:
            self._on_failure(error)

    def _take(self, item: Item) -> None:
        match item:
            case AudioBlock() | AudioGap():
                self._recordings.take(item)
            case AudioLost():
                self._recordings.lost(item.at_ns)
            case AudioFound():
                self._recordings.found()
            case command:
                command()

    def _close(self, at_ns: int, ended_by: str) -> None:
        self._closed = True
        self._recordings.close(at_ns, ended_by)
