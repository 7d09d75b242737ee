"""RecordingWriter: one growing recording. Samples in, sealed frames out to the spool's file, durable once a
frame.

An A frame is closed at FRAME_SAMPLES (0.8 s): with a block of 0.1 s on its way and the sync itself, a power
cut costs at most 1 s. Positions here count from the start of the recording.
"""

import hashlib
import time

from drivers.audio import BYTES_PER_SAMPLE
from firmware.capture.encoders import Encoder, Packet
from firmware.capture.progress import Finished, GrowingFile, OpenFile, Progress, Sealer
from firmware.evidence.recording import encode_audio, encode_end, encode_event, encode_gap

FRAME_SAMPLES = 6400


class RecordingWriter:
    """OSError from the disk goes through: the recording then ends where the file does."""

    def __init__(
        self, *, call: str, opened: OpenFile, encoder: Encoder, channels: int, started_ns: int
    ) -> None:
        self.call = call
        self.started_ns = started_ns
        self.position = 0  # samples taken, gaps included
        self.gaps = 0
        self.lost_samples = 0
        self._sealer: Sealer = opened.sealer
        self._file: GrowingFile = opened.file
        self._encoder = encoder
        self._frame_bytes = BYTES_PER_SAMPLE * channels
        self._packets: list[bytes] = []
        self._packets_first = 0  # position of the first packet that waits
        self._packets_samples = 0
        self._hash = hashlib.sha256()
        self._size = 0
        self._frames = 0
        self._written = 0  # position up to which frames have been appended
        self._unsynced = False
        self._progress = Progress(call, started_ns, 0, 0, 0, 0, 0, 0)
        self._append(opened.sealer.intro)

    @property
    def progress(self) -> Progress:
        """As of the last sync."""
        return self._progress

    def audio(self, samples: bytes) -> None:
        """The next samples. Frames that become full are appended, not yet synced."""
        self.position += len(samples) // self._frame_bytes
        self._take(self._encoder.push(samples))

    def gap(self, lost_samples: int, reason: str) -> None:
        """So many samples are missing here. Everything before is appended."""
        self._end_run()
        self._seal(encode_gap(self.position, lost_samples, reason))
        self.gaps += 1
        self.lost_samples += lost_samples
        self.position += lost_samples
        self._packets_first = self._written = self.position

    def event(self, at_ms: int, kind: str, **fields: str | int) -> None:
        """What happened on the line, `at_ms` after the recording's first sample."""
        self._seal(encode_event({"at_ms": at_ms, "kind": kind, **fields}))

    def cut(self) -> None:
        """Append what is complete, without waiting for a full frame."""
        self._take(self._encoder.cut())
        self._frame()

    def sync(self) -> bool:
        """Make what was appended durable; False when nothing was."""
        if not self._unsynced:
            return False
        began = time.monotonic_ns()
        self._file.sync()
        ended = time.monotonic_ns()
        self._unsynced = False
        self._progress = Progress(
            call=self.call,
            started_ns=self.started_ns,
            durable_bytes=self._size,
            durable_samples=self._written,
            lost_samples=self.lost_samples,
            gaps=self.gaps,
            grown_ns=ended,
            sync_ns=ended - began,
        )
        return True

    def finish(self, *, ended_by: str, ended_ns: int) -> Finished:
        """Flush, append the Z frame, sync."""
        self._end_run()
        summary = encode_end(
            {
                "ended_by": ended_by,
                "gaps": self.gaps,
                "lost_samples": self.lost_samples,
                "samples": self.position,
            }
        )
        self._seal(summary, last=True)
        self.sync()
        return self.finished(ended_by=ended_by, ended_ns=ended_ns)

    def finished(self, *, ended_by: str, ended_ns: int, error: str = "") -> Finished:
        """The totals as they stand: after `finish`, or with the `error` that ended it."""
        return Finished(
            call=self.call,
            ended_by=ended_by,
            started_ns=self.started_ns,
            ended_ns=ended_ns,
            samples=self.position,
            lost_samples=self.lost_samples,
            gaps=self.gaps,
            frames=self._frames,
            size=self._size,
            sha256=self._hash.hexdigest(),
            file=self._file,
            error=error,
        )

    def _end_run(self) -> None:
        self._take(self._encoder.flush())
        self._frame()
        self._written = self.position  # Opus packets reach beyond the run's end; the samples do not

    def _take(self, packets: list[Packet]) -> None:
        for packet in packets:
            if self._packets_samples + packet.samples > FRAME_SAMPLES:
                self._frame()
            self._packets.append(packet.data)
            self._packets_samples += packet.samples
        if self._packets_samples >= FRAME_SAMPLES:
            self._frame()

    def _frame(self) -> None:
        """Append the packets that wait as one A frame."""
        if not self._packets:
            return
        self._seal(encode_audio(self._packets_first, self._packets))
        self._packets_first += self._packets_samples
        self._written = self._packets_first
        self._packets = []
        self._packets_samples = 0

    def _seal(self, plaintext: bytes, *, last: bool = False) -> None:
        self._append(self._sealer.seal(plaintext, last=last))
        self._frames += 1

    def _append(self, data: bytes) -> None:
        self._file.append(data)
        self._hash.update(data)
        self._size += len(data)
        self._unsynced = True
