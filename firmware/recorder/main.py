"""The recorder process: open, run, drain, close."""

import gc
import logging
import signal
import threading
from pathlib import Path
from types import FrameType

from config.desk import DeskSettings
from config.load import load_desk
from drivers.errors import DriverError
from drivers.open import open_clock
from firmware import log as logs
from firmware.alone import AnotherRunsError, hold_alone
from firmware.ledger import Ledger, LedgerBlockedError
from firmware.log import event
from firmware.recorder import service
from firmware.recorder.closing import close_in_order
from firmware.recorder.coverage import Coverage
from firmware.recorder.heartbeat import Heartbeat
from firmware.recorder.inbox import Durable, Ended, Failed, Inbox, Stop
from firmware.recorder.lapse import Lapse
from firmware.recorder.parts import Base, Parts, build
from firmware.recorder.recipients import load_signing_key
from firmware.recorder.recorder import Recorder, WorkerFailedError
from firmware.recorder.troubles import Troubles
from firmware.spool import Spool, SpoolError, recording_bytes_per_hour

log = logging.getLogger("recorder")

CAPTURE_CLOSE_S = 10.0  # an SD card can stall for seconds; systemd kills after 30
DRIVER_CLOSE_S = 3.0


class NotEnrolledError(Exception):
    """The settings do not say which desk this is."""


class RecorderProcess:
    """One desk's recorder, wired. `run` returns the exit code."""

    def __init__(self, settings: DeskSettings) -> None:
        if not settings.desk.id:
            raise NotEnrolledError("desk.id is empty: enrol this desk with `offhook enrol URL CODE`")
        self._settings = settings
        self._inbox: Inbox = Inbox()
        self._stop = threading.Event()
        self._clock = open_clock(settings)
        audio = settings.audio
        channels = 2 if audio.stereo_sides == "agent_left" and audio.channels == 2 else 1
        self._spool = Spool(
            settings.state_path,
            bytes_per_hour=recording_bytes_per_hour(audio.codec, channels, audio.opus_bitrate_bps),
        )
        self._troubles = Troubles()
        self._coverage = Coverage()
        self._heartbeat = Heartbeat(
            self._spool.layout.run,
            self._clock,
            self._troubles,
            audio_missing_s=settings.health.audio_missing_s,
        )

    def run(self) -> int:
        """0 after a clean stop, 1 when something failed. AnotherRunsError, SpoolError, DriverError."""
        self._spool.prepare()
        hold_alone(self._spool.layout.run, "recorder")
        self._listen_to_signals()
        try:
            ledger = self._open_ledger()
            recovery = service.begin(
                settings=self._settings,
                clock=self._clock,
                spool=self._spool,
                ledger=ledger,
                waiting=self._waiting,
                coverage=self._coverage,
            )
        except service.StoppedError:
            self._heartbeat.remove()
            return 0
        self._heartbeat.starting()
        return self._serve(ledger, recovery.lapse)

    @property
    def _waiting(self) -> service.Waiting:
        return service.Waiting(
            stopped=self._stop.wait,
            heartbeat=self._heartbeat,
            troubles=self._troubles,
            clock=self._clock,
            spool=self._spool,
        )

    def _open_ledger(self) -> Ledger:
        key, problem = load_signing_key(self._settings.keys_path)
        self._troubles.put("desk_key_missing", problem, self._clock.monotonic_ns())
        return self._waiting.ledger(
            self._spool.layout.ledger,
            desk=self._settings.desk.id,
            key=key,
            seq_known=service.highest_number(self._spool, service.last_status(self._spool.layout.run)),
        )

    def _serve(self, ledger: Ledger, lapse: Lapse | None) -> int:
        base = Base(
            settings=self._settings,
            clock=self._clock,
            inbox=self._inbox,
            spool=self._spool,
            ledger=ledger,
            troubles=self._troubles,
            coverage=self._coverage,
            heartbeat=self._heartbeat,
        )
        parts = build(base, lapse=lapse)
        parts.start(self._inbox)
        gc.collect()
        gc.freeze()
        event(log, "started", desk=self._settings.desk.id, resumes=lapse.call if lapse else "-")
        reason, code = self._run(parts.recorder)
        well = self._close(parts, ledger, reason)
        if well and code == 0:
            self._heartbeat.remove()
        event(log, "stopped", reason=reason, clean=well and code == 0)
        return code if well else 1

    def _close(self, parts: Parts, ledger: Ledger, reason: str) -> bool:
        """Nothing more comes in; what runs ends in order; the ledger says so. True when all went well."""
        return close_in_order(
            ("hook", parts.hook.close, DRIVER_CLOSE_S),
            ("line", parts.line.close, DRIVER_CLOSE_S),
            ("audio", parts.source.close, DRIVER_CLOSE_S),
            ("capture", parts.capture.close, CAPTURE_CLOSE_S),
            ("drain", lambda: self._drain(parts), CAPTURE_CLOSE_S),
            ("shutdown", lambda: self._shut(parts, reason), CAPTURE_CLOSE_S),
            ("ledger", ledger.close, DRIVER_CLOSE_S),
        )

    def _run(self, recorder: Recorder) -> tuple[str, int]:
        """Why it stopped, and the exit code."""
        try:
            return recorder.run(), 0
        except WorkerFailedError as error:
            event(log, "worker_failed", level=logging.CRITICAL, error=error, reason=str(error))
            return "worker_failed", 1

    def _drain(self, parts: Parts) -> None:
        """What capture ended last is stored and entered; hook and line are closed, so nothing else comes."""
        while not self._inbox.empty():
            message = self._inbox.get_nowait()
            if isinstance(message, Durable | Ended):
                parts.recorder.take(message)
        parts.keeper.shut("shutdown")

    def _shut(self, parts: Parts, reason: str) -> None:
        parts.journal.append("shutdown", {"reason": reason}, self._clock.monotonic_ns())
        parts.checkpoints.write()
        if not parts.journal.flush(self._clock.monotonic_ns()):
            raise LedgerBlockedError(f"{parts.journal.kept} entries could not be written and are lost")

    def _listen_to_signals(self) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            del frame
            self._stop.set()
            self._inbox.put(Stop(signal.Signals(number).name))

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)

        def failed(arguments: threading.ExceptHookArgs) -> None:
            name = arguments.thread.name if arguments.thread is not None else "?"
            self._inbox.put(Failed(name, arguments.exc_value or RuntimeError("ended")))

        threading.excepthook = failed


def main(config_file: Path | None) -> int:
    """Exit code. Raises config.errors.ConfigError."""
    logs.start("recorder")
    settings = load_desk(config_file)
    try:
        return RecorderProcess(settings).run()
    except NotEnrolledError as error:
        event(log, "not_enrolled", level=logging.ERROR, reason=str(error))
        return 2
    except (AnotherRunsError, SpoolError, DriverError) as error:
        event(log, "cannot_run", level=logging.CRITICAL, reason=str(error))
        return 1
