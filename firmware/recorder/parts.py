"""The recorder's parts, wired: everything gets what it needs by keyword, from here."""

from collections.abc import Callable
from dataclasses import dataclass

from config.desk import DeskSettings
from drivers.audio import AudioSource
from drivers.clock import Clock
from drivers.hook import HookSensor
from drivers.line import LineInterface
from drivers.open import open_audio, open_hook, open_line
from firmware.call.machine import CallMachine
from firmware.call.told import CallTimes
from firmware.capture.encoders import CodecSettings
from firmware.capture.thread import CaptureThread
from firmware.ledger import Ledger
from firmware.ledger.walk import ChainWalk
from firmware.recorder.checkpoints import Checkpoints
from firmware.recorder.coverage import Coverage
from firmware.recorder.heartbeat import Heartbeat
from firmware.recorder.inbox import Durable, Ended, Failed, Inbox
from firmware.recorder.journal import Journal
from firmware.recorder.keeper import CallKeeper
from firmware.recorder.lapse import Lapse
from firmware.recorder.new_recording import NewRecordings
from firmware.recorder.recipients import load_recipients
from firmware.recorder.recorder import Recorder
from firmware.recorder.signals import Signals
from firmware.recorder.troubles import Troubles
from firmware.spool import Spool


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What stands before any driver is opened."""

    settings: DeskSettings
    clock: Clock
    inbox: Inbox
    spool: Spool
    ledger: Ledger
    troubles: Troubles
    coverage: Coverage
    heartbeat: Heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What runs. `start` opens the drivers: capture first, so that no block is lost."""

    source: AudioSource
    line: LineInterface
    hook: HookSensor
    capture: CaptureThread
    journal: Journal
    keeper: CallKeeper
    checkpoints: Checkpoints
    recorder: Recorder

    def start(self, inbox: Inbox) -> None:
        """DriverError when a driver cannot even begin to look for its device."""
        self.capture.start()
        self.source.start(self.capture.emit)
        self.hook.start(inbox.put)
        self.line.start(inbox.put)


def build(base: Base, *, lapse: Lapse | None) -> Parts:
    """`lapse`: of the call that the last recorder left open. DriverError for settings that no driver can
    follow.
    """
    settings = base.settings
    source, line = open_audio(settings), open_line(settings)
    codec = CodecSettings(
        codec=settings.audio.codec,
        channels=source.channels,
        opus_bitrate_bps=settings.audio.opus_bitrate_bps,
        opus_complexity=settings.audio.opus_complexity,
    )
    hook = open_hook(settings, line)
    capture = _capture(base, codec)
    journal = Journal(base.ledger, base.spool, base.troubles)
    keeper = _keeper(base, codec, journal, capture, lapse)
    checkpoints = Checkpoints(
        ledger=base.ledger,
        coverage=base.coverage,
        keeper=keeper,
        clock=base.clock,
        every_s=settings.ledger.checkpoint_s,
    )
    recorder = _recorder(base, capture, hook, journal, keeper, checkpoints)
    return Parts(
        source=source,
        line=line,
        hook=hook,
        capture=capture,
        journal=journal,
        keeper=keeper,
        checkpoints=checkpoints,
        recorder=recorder,
    )


def _capture(base: Base, codec: CodecSettings) -> CaptureThread:
    put: Callable[[Durable | Ended | Failed], None] = base.inbox.put
    return CaptureThread(
        codec=codec,
        preroll_s=base.settings.audio.preroll_s,
        queue_s=base.settings.audio.queue_s,
        on_durable=lambda progress: put(Durable(progress)),
        on_finished=lambda finished: put(Ended(finished)),
        on_failure=lambda error: put(Failed("capture", error)),
    )


def _keeper(
    base: Base, codec: CodecSettings, journal: Journal, capture: CaptureThread, lapse: Lapse | None
) -> CallKeeper:
    desk = base.settings.desk.id
    recipients = load_recipients(base.settings.recipients)
    base.troubles.put("keys_missing", recipients.problem, base.clock.monotonic_ns())
    return CallKeeper(
        desk=desk,
        clock=base.clock,
        journal=journal,
        spool=base.spool,
        capture=capture,
        new_recordings=NewRecordings(
            desk=desk, clock=base.clock, spool=base.spool, recipients=recipients, codec=codec
        ),
        coverage=base.coverage,
        troubles=base.troubles,
        tail_ms=base.settings.hook.replaced_after_ms,
        lapse=lapse,
    )


def _recorder(
    base: Base,
    capture: CaptureThread,
    hook: HookSensor,
    journal: Journal,
    keeper: CallKeeper,
    checkpoints: Checkpoints,
) -> Recorder:
    settings, key = base.settings, base.ledger.key
    walk = ChainWalk(base.ledger.reader(), desk=settings.desk.id, key=key.public if key is not None else None)
    return Recorder(
        inbox=base.inbox,
        clock=base.clock,
        machine=CallMachine(CallTimes(replaced_after_ms=settings.hook.replaced_after_ms)),
        signals=Signals(hook_by_line=settings.hook.driver == "line"),
        keeper=keeper,
        capture=capture,
        hook=hook,
        journal=journal,
        checkpoints=checkpoints,
        coverage=base.coverage,
        heartbeat=base.heartbeat,
        troubles=base.troubles,
        walk=walk,
    )
