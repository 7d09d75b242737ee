"""not_recording: nobody can show that what is said now reaches the disk."""

from dataclasses import dataclass
from typing import ClassVar

from firmware.health.snapshot import NS_PER_S, Snapshot
from firmware.health.verdict import WELL, Area, Severity, Verdict, cannot_tell, wrong
from firmware.status import RecorderStatus

# Python, numpy, the sound card's process and a look at the spool: what has not begun after this will not.
BEGINS_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class NotRecording:
    """Wrong when the recorder is dead or silent, cannot read the hook or does not heed it, or a call's file
    does not grow.

    The file counts as growing only if both the recorder says so and this process sees its size change.
    """

    code: ClassVar[str] = "not_recording"
    severity: ClassVar[Severity] = "critical"
    area: ClassVar[Area] = Area.BOX
    raise_after_s: ClassVar[float] = 0.0
    clear_after_s: ClassVar[float] = 1.0

    not_recording_s: float

    def judge(self, snapshot: Snapshot) -> Verdict:
        if snapshot.ledger_error:
            return wrong(f"the ledger cannot be written: {snapshot.ledger_error}")
        recorder = snapshot.live_recorder()
        if recorder is None:
            return self._silent(snapshot)
        if not recorder.hook.known:
            if snapshot.seconds_since(recorder.started_mono_ns) < BEGINS_WITHIN_S:
                return cannot_tell("the hook sensor has not told anything yet")
            return wrong("the hook sensor cannot be read, so nothing tells when a call begins")
        if not recorder.off_hook:
            return self._heeding(snapshot)
        return self._growing(snapshot, recorder)

    def _heeding(self, snapshot: Snapshot) -> Verdict:
        """On-hook by the recorder's word: the sensor's must not be another for long."""
        unheeded_ns = snapshot.history.handset.unheeded_ns
        unheeded_s = snapshot.seconds_since(unheeded_ns) if unheeded_ns else 0.0
        if unheeded_s > self.not_recording_s:
            return wrong(f"the handset has been up for {unheeded_s:.1f} s, and the recorder takes no call")
        return WELL

    def _silent(self, snapshot: Snapshot) -> Verdict:
        recorder = snapshot.recorder
        if recorder is None:
            if snapshot.seconds_since(snapshot.watching_since_ns) < BEGINS_WITHIN_S:
                return cannot_tell("the recorder has not begun yet")
            return wrong("the recorder does not run")
        if not snapshot.recorder_running:
            return wrong("the recorder's process is gone")
        return wrong(f"the recorder has been silent for {snapshot.seconds_since(recorder.mono_ns):.1f} s")

    def _growing(self, snapshot: Snapshot, recorder: RecorderStatus) -> Verdict:
        lifted_ns = snapshot.history.handset.lifted_ns or recorder.mono_ns
        grown_ns = lifted_ns
        if recorder.recording is not None:
            seen_ns = min(recorder.recording.grown_mono_ns, snapshot.history.growth.grown_ns)
            grown_ns = max(lifted_ns, seen_ns)
        still_ns = snapshot.now_ns - grown_ns
        if still_ns > self.not_recording_s * NS_PER_S:
            return wrong(f"off-hook, and the recording has not grown for {still_ns / NS_PER_S:.1f} s")
        return WELL
