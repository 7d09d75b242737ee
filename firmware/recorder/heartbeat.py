"""run/recorder.json: written at every change, every 250 ms off-hook, every second on-hook."""

import logging
import os
from pathlib import Path

from drivers.clock import Clock
from drivers.hook import HookSensor
from firmware.call.table import State
from firmware.capture.thread import CaptureThread
from firmware.log import event
from firmware.recorder.coverage import Coverage
from firmware.recorder.keeper import CallKeeper
from firmware.recorder.troubles import Troubles
from firmware.status import AudioStatus, HookStatus, RecorderStatus, RecordingStatus, write_status

log = logging.getLogger(__name__)

OFF_HOOK_NS, ON_HOOK_NS = 250_000_000, 1_000_000_000


class Heartbeat:
    """Owner thread only."""

    def __init__(
        self, run_dir: Path, clock: Clock, troubles: Troubles, *, audio_missing_s: float = 1.0
    ) -> None:
        self._run_dir = run_dir
        self._clock = clock
        self._troubles = troubles
        self._started_ns = clock.monotonic_ns()
        self._audio_missing_ns = int(audio_missing_s * 1e9)
        self._written_ns = 0
        self._failing = False
        self.due_ns = 0

    def starting(self) -> None:
        """Before there is anything to tell of: why it does not go on, if it does not."""
        self._write(self._status(self._clock.monotonic_ns(), state="starting"))

    def beat(
        self,
        *,
        state: State,
        keeper: CallKeeper,
        capture: CaptureThread,
        coverage: Coverage,
        hook: HookSensor,
        ledger_seq: int,
    ) -> None:
        now_ns = self._clock.monotonic_ns()
        seen = capture.status()
        missing = not seen.present or now_ns - seen.last_block_ns > self._audio_missing_ns
        since_start_ns = now_ns - self._started_ns
        if not missing or since_start_ns > self._audio_missing_ns:
            reason = seen.reason or "no sound for a second"
            self._troubles.put("audio_missing", f"no sound card: {reason}" if missing else "", now_ns)
        lifted = hook.is_lifted()
        current = keeper.current
        off_hook_ms, recorded_ms = coverage.today(keeper.calls, now_ns)
        status = self._status(
            now_ns,
            state=str(state),
            off_hook=current is not None,
            call=current.call if current is not None else "",
            recording=_growing(keeper),
            audio=AudioStatus(
                present=not missing,
                last_block_mono_ns=seen.last_block_ns,
                level_dbfs_x100=round(seen.level.block.rms_dbfs * 100),
                peak_dbfs_x100=round(seen.level.block.peak_dbfs * 100),
                device=seen.device,
            ),
            hook=HookStatus(known=lifted is not None, lifted=bool(lifted)),
            preroll_ms=seen.preroll_ms,
            queue_blocks=seen.queue_blocks,
            lost_samples_today=coverage.lost_samples_today,
            off_hook_ms_today=off_hook_ms,
            recorded_ms_today=recorded_ms,
            ledger_seq=ledger_seq,
        )
        self._write(status)
        self.due_ns = now_ns + (OFF_HOOK_NS if current is not None else ON_HOOK_NS)

    def remove(self) -> None:
        """A clean stop leaves no status."""
        (self._run_dir / RecorderStatus.file_name).unlink(missing_ok=True)

    def _status(self, now_ns: int, **told: object) -> RecorderStatus:
        return RecorderStatus(
            pid=os.getpid(),
            boot=self._clock.boot_id,
            mono_ns=now_ns,
            started_mono_ns=self._started_ns,
            errors=self._troubles.errors,
            **told,  # type: ignore[arg-type]  # fields by keyword, checked where they are given
        )

    def _write(self, status: RecorderStatus) -> None:
        """A status that cannot be written stops nothing: the panel sees it grow old and says so."""
        try:
            write_status(self._run_dir, status)
        except OSError as error:
            if not self._failing:
                event(log, "status_not_written", level=logging.ERROR, error=error)
            self._failing = True
            return
        self._failing = False


def _growing(keeper: CallKeeper) -> RecordingStatus | None:
    """The newest recording that still grows."""
    for call in reversed(keeper.calls):
        if call.recording and call.progress is not None:
            return RecordingStatus(
                call=call.call,
                seq=call.seq,
                file=call.file,
                durable_bytes=call.progress.durable_bytes,
                durable_samples=call.progress.durable_samples,
                grown_mono_ns=call.progress.grown_ns,
            )
    return None
