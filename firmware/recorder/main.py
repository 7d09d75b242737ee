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
from drivers.open import open_audio, open_clock, open_hook, open_line
from firmware import log as logs
from firmware.call.machine import CallMachine
from firmware.call.told import CallTimes
from firmware.capture.encoders import CodecSettings
from firmware.capture.thread import CaptureThread
from firmware.ledger import Ledger
from firmware.ledger.walk import ChainWalk
from firmware.log import event
from firmware.recorder import service
from firmware.recorder.alone import AnotherRunsError, hold_alone
from firmware.recorder.checkpoints import Checkpoints
from firmware.recorder.closing import close_in_order
from firmware.recorder.coverage import Coverage
from firmware.recorder.heartbeat import Heartbeat
from firmware.recorder.inbox import Durable, Ended, Failed, Inbox, Stop
from firmware.recorder.journal import Journal
from firmware.recorder.keeper import CallKeeper
from firmware.recorder.new_recording import NewRecordings
from firmware.recorder.recipients import load_recipients, load_signing_key
from firmware.recorder.recorder import Recorder, WorkerFailedError
from firmware.recorder.signals import Signals
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
        hold_alone(self._spool.layout.run)
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
        return self._serve(ledger, recovery.resumes)

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
            seq_known=service.highest_number(self._spool),
        )

    def _serve(self, ledger: Ledger, resumes: str) -> int:
        settings = self._settings
        source, line = open_audio(settings), open_line(settings)
        hook = open_hook(settings, line)
        codec = CodecSettings(
            codec=settings.audio.codec,
            channels=source.channels,
            opus_bitrate_bps=settings.audio.opus_bitrate_bps,
            opus_complexity=settings.audio.opus_complexity,
        )
        capture = CaptureThread(
            codec=codec,
            preroll_s=settings.audio.preroll_s,
            queue_s=settings.audio.queue_s,
            on_durable=lambda progress: self._inbox.put(Durable(progress)),
            on_finished=lambda finished: self._inbox.put(Ended(finished)),
            on_failure=lambda error: self._inbox.put(Failed("capture", error)),
        )
        journal = Journal(ledger, self._spool, self._troubles)
        keeper = self._keeper(journal, capture, codec, resumes)
        checkpoints = Checkpoints(
            ledger=ledger,
            coverage=self._coverage,
            keeper=keeper,
            clock=self._clock,
            every_s=settings.ledger.checkpoint_s,
        )
        walk = ChainWalk(
            ledger.reader(), desk=settings.desk.id, key=ledger.key.public if ledger.key is not None else None
        )
        recorder = Recorder(
            inbox=self._inbox,
            clock=self._clock,
            machine=CallMachine(CallTimes(replaced_after_ms=settings.hook.replaced_after_ms)),
            signals=Signals(hook_by_line=settings.hook.driver == "line"),
            keeper=keeper,
            capture=capture,
            hook=hook,
            journal=journal,
            checkpoints=checkpoints,
            coverage=self._coverage,
            heartbeat=self._heartbeat,
            troubles=self._troubles,
            walk=walk,
        )
        capture.start()
        source.start(capture.emit)
        hook.start(self._inbox.put)
        line.start(self._inbox.put)
        gc.collect()
        gc.freeze()
        event(log, "started", desk=settings.desk.id, codec=codec.codec, resumes=resumes or "-")
        reason, code = self._run(recorder)
        well = close_in_order(
            ("hook", hook.close, DRIVER_CLOSE_S),
            ("line", line.close, DRIVER_CLOSE_S),
            ("audio", source.close, DRIVER_CLOSE_S),
            ("capture", capture.close, CAPTURE_CLOSE_S),
            ("drain", lambda: self._drain(recorder, keeper), CAPTURE_CLOSE_S),
            ("shutdown", lambda: self._shut(journal, checkpoints, reason), CAPTURE_CLOSE_S),
            ("ledger", ledger.close, DRIVER_CLOSE_S),
        )
        if well and code == 0:
            self._heartbeat.remove()
        event(log, "stopped", reason=reason, clean=well and code == 0)
        return code if well else 1

    def _keeper(
        self, journal: Journal, capture: CaptureThread, codec: CodecSettings, resumes: str
    ) -> CallKeeper:
        recipients = load_recipients(self._settings.recipients)
        self._troubles.put("keys_missing", recipients.problem, self._clock.monotonic_ns())
        new_recordings = NewRecordings(
            desk=self._settings.desk.id,
            clock=self._clock,
            spool=self._spool,
            recipients=recipients,
            codec=codec,
        )
        return CallKeeper(
            desk=self._settings.desk.id,
            clock=self._clock,
            journal=journal,
            spool=self._spool,
            capture=capture,
            new_recordings=new_recordings,
            coverage=self._coverage,
            troubles=self._troubles,
            tail_ms=self._settings.hook.replaced_after_ms,
            resumes=resumes,
        )

    def _run(self, recorder: Recorder) -> tuple[str, int]:
        """Why it stopped, and the exit code."""
        try:
            return recorder.run(), 0
        except WorkerFailedError as error:
            event(log, "worker_failed", level=logging.CRITICAL, error=error, reason=str(error))
            return "worker_failed", 1

    def _drain(self, recorder: Recorder, keeper: CallKeeper) -> None:
        """What capture ended last is stored and entered; hook and line are closed, so nothing else comes."""
        while not self._inbox.empty():
            message = self._inbox.get_nowait()
            if isinstance(message, Durable | Ended):
                recorder.take(message)
        keeper.shut("shutdown")

    def _shut(self, journal: Journal, checkpoints: Checkpoints, reason: str) -> None:
        journal.append("shutdown", {"reason": reason}, self._clock.monotonic_ns())
        checkpoints.write()

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
