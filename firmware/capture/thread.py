"""CaptureThread: one line's audio on its way to the disk. See the package's docstring for how it is used.

One thread owns ring, encoder and files; everything reaches it through CaptureQueue. After each turn of what
waited it syncs once, so that after a stall of the disk it catches up with one sync instead of thirty.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from drivers.audio import SAMPLE_RATE_HZ, AudioBlock, AudioEvent, AudioFound, AudioGap, AudioLost
from firmware.capture.encoders import CodecSettings, open_encoder
from firmware.capture.levels import LineLevel, LineMeter
from firmware.capture.preroll import Piece, PrerollRing, length
from firmware.capture.progress import Finished, OpenRecording, Progress
from firmware.capture.queue import CaptureError, CaptureQueue, Item
from firmware.capture.running import Running
from firmware.capture.writer import RecordingWriter

RING_SLACK_S = 5.0  # a lift is told after its debounce and its ledger entry, which waits for the disk
NS_PER_SAMPLE = 1_000_000_000 // SAMPLE_RATE_HZ
EVENTS_KEPT = 64  # events shortly before a lift: rings and caller id


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


@dataclass(frozen=True, slots=True)
class _Event:
    at_ns: int
    kind: str
    fields: dict[str, str | int]


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
        self._codec = codec
        self._channels = codec.channels
        self._preroll = round(preroll_s * SAMPLE_RATE_HZ)
        self._ring = PrerollRing(preroll_s + RING_SLACK_S, channels=codec.channels)
        self._queue = CaptureQueue(seconds=queue_s, channels=codec.channels)
        self._meter = LineMeter(codec.channels)
        self._spare = open_encoder(
            codec
        )  # ready at the lift: loading libopus takes longer than the first sync
        self._on_durable, self._on_finished, self._on_failure = on_durable, on_finished, on_failure
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._open_call = ""  # begun and not ended, as the owner sees it
        # what the driver's thread last saw
        self._present, self._device, self._reason = False, "", "not started"
        self._last_block_ns = 0
        self._level = LineLevel()
        # owned by the capture thread
        self._running: list[Running] = []
        self._waiting: deque[Callable[[], None]] = deque()  # commands from before the first audio event
        self._events: deque[_Event] = deque(maxlen=EVENTS_KEPT)
        self._known: tuple[int, int] | None = None  # a position and its time
        self._hearing = False
        self._lost_samples = 0
        self._closed = False

    # The driver's thread

    def emit(self, event: AudioEvent) -> None:
        """For `AudioSource.start`: measures and queues."""
        if isinstance(event, AudioBlock):
            self._level, self._last_block_ns = self._meter.take(event.samples), event.at_ns
        elif isinstance(event, AudioLost):
            self._present, self._reason, self._level = False, event.reason, LineLevel()
        elif isinstance(event, AudioFound):
            self._present, self._device, self._reason = True, event.device, ""
        self._queue.put_audio(event)

    # The owner's thread

    def start(self) -> None:
        self._thread.start()

    def begin(self, call: str, at_ns: int, open_recording: OpenRecording) -> None:
        """The handset was lifted at `at_ns`: record from the pre-roll before it. One call at a time."""
        if self._open_call:
            raise CaptureError(f"{call} begins while {self._open_call} has not ended")
        self._open_call = call
        self._queue.put_command(partial(self._when_known, partial(self._begin, call, at_ns, open_recording)))

    def event(self, at_ns: int, kind: str, **fields: str | int) -> None:
        """Something happened on the line: an E frame, also of a recording whose pre-roll begins before it."""
        self._queue.put_command(partial(self._when_known, partial(self._event, _Event(at_ns, kind, fields))))

    def end(self, at_ns: int, ended_by: str) -> None:
        """The recording ends at `at_ns`; what comes later on the line is none of it.

        Nothing running: no effect.
        """
        if self._open_call:
            call, self._open_call = self._open_call, ""
            self._queue.put_command(partial(self._when_known, partial(self._end, call, at_ns, ended_by)))

    def status(self) -> CaptureStatus:
        running = self._running[-1:]
        return CaptureStatus(
            present=self._present,
            device=self._device,
            reason=self._reason,
            last_block_ns=self._last_block_ns,
            level=self._level,
            queue_blocks=self._queue.blocks,
            preroll_ms=min(self._ring.samples, self._preroll) * 1000 // SAMPLE_RATE_HZ,
            lost_samples=self._lost_samples,
            recording=running[0].writer.progress if running else None,
        )

    def close(self, *, ended_by: str = "shutdown", timeout_s: float = 10.0) -> bool:
        """After the source is closed: end what runs, now; False when the disk did not let it in time."""
        self._queue.put_command(partial(self._close, time.monotonic_ns(), ended_by))
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # The capture thread

    def _run(self) -> None:
        try:
            while not self._closed:
                for item in self._queue.take():
                    self._take(item)
                self._sync()
        except BaseException as error:
            self._on_failure(error)

    def _take(self, item: Item) -> None:
        match item:
            case AudioBlock() | AudioGap():
                self._piece(item)
            case AudioLost():
                self._hearing = False
                self._known = self._known or (0, item.at_ns)
                for running in self._ending():
                    self._complete(running)
            case AudioFound():
                self._hearing = True
            case command:
                command()
                return
        while self._waiting and self._known is not None:
            self._waiting.popleft()()

    def _piece(self, piece: Piece) -> None:
        self._known = (piece.first_sample + length(piece, self._channels), piece.at_ns)
        self._ring.push(piece)
        if isinstance(piece, AudioGap):  # counted here: the queue makes gaps too
            self._lost_samples += piece.lost_samples
        for running in list(self._running):
            self._try(running, partial(running.take, piece))
        for running in self._ending():
            if running.is_complete:
                self._complete(running)

    def _when_known(self, command: Callable[[], None]) -> None:
        """Times mean nothing before the first audio event: until then commands wait, in order."""
        if self._known is None:
            self._waiting.append(command)
        else:
            command()

    def _begin(self, call: str, at_ns: int, open_recording: OpenRecording) -> None:
        lift = self._position(at_ns)
        oldest = self._ring.first_sample
        start = max(lift - self._preroll, min(lift, oldest) if oldest is not None else 0, 0)
        started_ns = self._time(start)
        try:
            opened = open_recording(started_ns)
            writer = RecordingWriter(
                call=call, opened=opened, encoder=self._spare, channels=self._channels, started_ns=started_ns
            )
        except OSError as error:
            self._on_finished(_never_begun(call, started_ns, str(error)))
            return
        running = Running(writer, start=start, channels=self._channels)
        self._running.append(running)
        self._try(running, partial(self._write_preroll, running))
        self._spare = open_encoder(self._codec)

    def _write_preroll(self, running: Running) -> None:
        """At once and durable: from here on the call is on the disk."""
        for piece in self._ring.pieces():
            running.take(piece)
        for event in self._events:
            running.event(self._position(event.at_ns), event.kind, event.fields)
        running.writer.cut()
        if running.writer.sync():
            self._on_durable(running.writer.progress)

    def _event(self, event: _Event) -> None:
        self._events.append(event)
        position = self._position(event.at_ns)
        for running in list(self._running):
            self._try(running, partial(running.event, position, event.kind, event.fields))

    def _end(self, call: str, at_ns: int, ended_by: str) -> None:
        for running in list(self._running):
            if running.writer.call == call and running.end is None:
                running.end_at(self._position(at_ns), ended_by)
                if running.is_complete or not self._hearing:
                    self._complete(running)

    def _close(self, at_ns: int, ended_by: str) -> None:
        self._closed = True
        self._known = self._known or (0, at_ns)
        while self._waiting:
            self._waiting.popleft()()
        for running in list(self._running):
            heard = self._known[0] if self._hearing else self._position(at_ns)
            if running.end is None or running.end > heard:
                running.end_at(heard, running.ended_by or ended_by)
            self._complete(running)

    def _complete(self, running: Running) -> None:
        """Write the end; what is missing up to it will never come."""
        ended_ns = self._time(running.end or running.position)

        def finish() -> None:
            running.fill(running.end or running.position)
            finished = running.writer.finish(ended_by=running.ended_by, ended_ns=ended_ns)
            self._running.remove(running)
            self._on_durable(running.writer.progress)
            self._on_finished(finished)

        self._try(running, finish)

    def _try(self, running: Running, action: Callable[[], None]) -> None:
        """When the disk refuses, this recording is over; the next may find room."""
        try:
            action()
        except OSError as error:
            if running not in self._running:
                raise
            self._running.remove(running)
            ended_ns = self._time(running.position)
            finished = running.writer.finished(ended_by="disk_error", ended_ns=ended_ns, error=str(error))
            self._on_finished(finished)

    def _sync(self) -> None:
        for running in list(self._running):
            self._try(running, partial(self._sync_one, running))

    def _sync_one(self, running: Running) -> None:
        if running.writer.sync():
            self._on_durable(running.writer.progress)

    def _ending(self) -> list[Running]:
        return [running for running in self._running if running.end is not None]

    def _position(self, at_ns: int) -> int:
        position, known_ns = self._known or (0, at_ns)
        return position + (at_ns - known_ns) // NS_PER_SAMPLE

    def _time(self, position: int) -> int:
        known, known_ns = self._known or (position, time.monotonic_ns())
        return known_ns + (position - known) * NS_PER_SAMPLE


def _never_begun(call: str, started_ns: int, error: str) -> Finished:
    return Finished(
        call=call,
        ended_by="disk_error",
        started_ns=started_ns,
        ended_ns=started_ns,
        samples=0,
        lost_samples=0,
        gaps=0,
        frames=0,
        size=0,
        sha256="",
        file=None,
        error=error,
    )
