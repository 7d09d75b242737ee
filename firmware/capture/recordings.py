"""Recordings: what the capture thread owns: the line's timeline, and the recordings that grow along it.

Hook times become positions here. At most two recordings run at once: one that waits for its tail, and the
next, whose pre-roll may reach into it.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from drivers.audio import SAMPLE_RATE_HZ, AudioGap
from firmware.capture.encoders import CodecSettings, open_encoder
from firmware.capture.preroll import Piece, PrerollRing, length
from firmware.capture.progress import Finished, OpenFile, OpenRecording, Progress
from firmware.capture.running import Running
from firmware.capture.writer import RecordingWriter

RING_SLACK_S = 5.0  # a lift is told after its debounce and its ledger entry, which waits for the disk
NS_PER_SAMPLE = 1_000_000_000 // SAMPLE_RATE_HZ
EVENTS_KEPT = 64  # events shortly before a lift: rings and caller id


@dataclass(frozen=True, slots=True)
class LineEvent:
    """An E frame to be."""

    at_ns: int
    kind: str
    fields: dict[str, str | int]


class Recordings:
    """Used by one thread; `progress`, `preroll_ms` and `lost_samples` may be read by any."""

    def __init__(
        self,
        *,
        codec: CodecSettings,
        preroll_s: float,
        on_durable: Callable[[Progress], None],
        on_finished: Callable[[Finished], None],
    ) -> None:
        self._codec = codec
        self._preroll = round(preroll_s * SAMPLE_RATE_HZ)
        self._ring = PrerollRing(preroll_s + RING_SLACK_S, channels=codec.channels)
        self._spare = open_encoder(
            codec
        )  # ready at the lift: loading libopus takes longer than the first sync
        self._on_durable, self._on_finished = on_durable, on_finished
        self._running: list[Running] = []
        self._waiting: deque[Callable[[], None]] = deque()
        self._events: deque[LineEvent] = deque(maxlen=EVENTS_KEPT)
        self._known: tuple[int, int] | None = None  # a position and its time
        self._hearing = False
        self.lost_samples = 0

    @property
    def progress(self) -> Progress | None:
        """Of the youngest recording that runs."""
        running = self._running[-1:]
        return running[0].writer.progress if running else None

    @property
    def preroll_ms(self) -> int:
        """How much of the pre-roll there is."""
        return min(self._ring.samples, self._preroll) * 1000 // SAMPLE_RATE_HZ

    def take(self, piece: Piece) -> None:
        """The next block or gap of the line."""
        self._known = (piece.first_sample + length(piece, self._codec.channels), piece.at_ns)
        self._ring.push(piece)
        if isinstance(piece, AudioGap):  # counted here: the queue makes gaps too
            self.lost_samples += piece.lost_samples
        for running in list(self._running):
            self._try(running, partial(running.take, piece))
        for running in self._ending():
            if running.is_complete:
                self._complete(running)
        self._catch_up()

    def found(self) -> None:
        """Blocks will come (again)."""
        self._hearing = True

    def lost(self, at_ns: int) -> None:
        """No blocks will come for now: what waits for its tail ends without."""
        self._hearing = False
        self._known = self._known or (0, at_ns)
        for running in self._ending():
            self._complete(running)
        self._catch_up()

    def when_known(self, command: Callable[[], None]) -> None:
        """Times mean nothing before the first audio event: until then commands wait, in order."""
        if self._known is None:
            self._waiting.append(command)
        else:
            command()

    def begin(self, call: str, at_ns: int, open_recording: OpenRecording) -> None:
        lift = self._position(at_ns)
        oldest = self._ring.first_sample
        start = max(lift - self._preroll, min(lift, oldest) if oldest is not None else 0, 0)
        opened: OpenFile | None = None
        try:
            opened = open_recording(self._time(start))
            writer = self._writer(call, opened, self._time(start))
        except OSError as error:
            self._on_finished(_never_begun(call, self._time(start), opened, str(error)))
            return
        running = Running(writer, start=start, channels=self._codec.channels)
        self._running.append(running)
        self._try(running, partial(self._write_preroll, running))
        self._spare = open_encoder(self._codec)

    def event(self, event: LineEvent) -> None:
        self._events.append(event)
        position = self._position(event.at_ns)
        for running in list(self._running):
            self._try(running, partial(running.event, position, event.kind, event.fields))

    def end(self, call: str, at_ns: int, ended_by: str) -> None:
        for running in list(self._running):
            if running.writer.call == call and running.end is None:
                running.end_at(self._position(at_ns), ended_by)
                if running.is_complete or not self._hearing:
                    self._complete(running)

    def close(self, at_ns: int, ended_by: str) -> None:
        """No more blocks, ever: end all at what was heard, or at `at_ns` if the card was away."""
        self._known = self._known or (0, at_ns)
        self._catch_up()
        for running in list(self._running):
            heard = self._known[0] if self._hearing else self._position(at_ns)
            if running.end is None or running.end > heard:
                running.end_at(heard, running.ended_by or ended_by)
            self._complete(running)

    def sync(self) -> None:
        """Make durable what was appended since the last time."""
        for running in list(self._running):
            self._try(running, partial(self._sync, running))

    def _catch_up(self) -> None:
        while self._waiting:
            self._waiting.popleft()()

    def _writer(self, call: str, opened: OpenFile, started_ns: int) -> RecordingWriter:
        channels = self._codec.channels
        return RecordingWriter(
            call=call, opened=opened, encoder=self._spare, channels=channels, started_ns=started_ns
        )

    def _write_preroll(self, running: Running) -> None:
        """At once and durable: from here on the call is on the disk."""
        for piece in self._ring.pieces():
            running.take(piece)
        for event in self._events:
            running.event(self._position(event.at_ns), event.kind, event.fields)
        running.writer.cut()
        self._sync(running)

    def _complete(self, running: Running) -> None:
        """Write the end; what is missing up to it will never come."""
        end = running.position if running.end is None else running.end

        def finish() -> None:
            running.fill(end)
            finished = running.writer.finish(ended_by=running.ended_by, ended_ns=self._time(end))
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
            self._on_finished(
                running.writer.finished(ended_by="disk_error", ended_ns=ended_ns, error=str(error))
            )

    def _sync(self, running: Running) -> None:
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


def _never_begun(call: str, started_ns: int, opened: OpenFile | None, error: str) -> Finished:
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
        file=opened.file if opened else None,
        error=error,
    )
