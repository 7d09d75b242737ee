"""A recording at its beginning: header, seals, file."""

from drivers.clock import Clock
from firmware.capture.encoders import CodecSettings
from firmware.capture.progress import OpenFile
from firmware.evidence.keys import ArchivePublicKey
from firmware.evidence.recording import AudioFormat, Header
from firmware.evidence.sealing import RecordingSealer
from firmware.recorder.bodies import WallTimes
from firmware.recorder.recipients import Recipients
from firmware.spool import Spool

RATE_HZ = 8000


class NewRecordings:
    """Makes recordings sealed to the archive. `open` runs in the capture thread, everything else anywhere."""

    def __init__(
        self, *, desk: str, clock: Clock, spool: Spool, recipients: Recipients, codec: CodecSettings
    ) -> None:
        self._desk = desk
        self._boot = clock.boot_id
        self._times = WallTimes(clock.wall, clock.monotonic_ns)
        self._spool = spool
        self._recipients = recipients
        self._audio = AudioFormat(
            channels=codec.channels, codec=codec.codec, frame_ms=codec.frame_ms, rate_hz=RATE_HZ
        )

    @property
    def problem(self) -> str:
        """Why no recording can be sealed; empty when it can."""
        return self._recipients.problem

    @property
    def details(self) -> ArchivePublicKey | None:
        return self._recipients.details

    def open(self, seq: int, call: str, started_ns: int) -> OpenFile:
        """`started_ns`: monotonic time of its first sample. OSError when the disk refuses."""
        header = Header(
            audio=self._audio,
            boot=self._boot,
            call=call,
            desk=self._desk,
            started=self._times.text(started_ns),
        )
        sealer = RecordingSealer(header, self._recipients.audio)
        return OpenFile(sealer, self._spool.create(seq))
