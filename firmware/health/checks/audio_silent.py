"""audio_silent: the card works, and nothing reaches it."""

from dataclasses import dataclass
from typing import ClassVar

from firmware.health.snapshot import NS_PER_S, Snapshot
from firmware.health.verdict import WELL, Area, Severity, Verdict, cannot_tell, unchanged, wrong

# Below any analogue input's own noise: the card is muted or its input is cut off.
ZEROS_DBFS = -90.0


@dataclass(frozen=True, slots=True)
class AudioSilent:
    """Wrong when nothing was heard since the lift, not even dial tone, or when the sound turned to zeros.

    A silence after something was heard is a pause or a hold, not a fault: a line's own noise is never zeros.
    Only a call that is heard clears it: on-hook there is nothing to hear.
    """

    code: ClassVar[str] = "audio_silent"
    severity: ClassVar[Severity] = "critical"
    area: ClassVar[Area] = Area.AUDIO
    raise_after_s: ClassVar[float] = 0.0
    clear_after_s: ClassVar[float] = 0.0

    audio_silent_s: float
    audio_silent_dbfs: float

    def judge(self, snapshot: Snapshot) -> Verdict:
        recorder = snapshot.live_recorder()
        if recorder is None:
            return cannot_tell("the recorder says nothing")
        handset = snapshot.history.handset
        if not recorder.off_hook or not handset.lifted_ns:
            return unchanged("on-hook: nothing to hear")
        if (
            handset.zeros_since_ns
            and snapshot.now_ns - handset.zeros_since_ns > self.audio_silent_s * NS_PER_S
        ):
            return wrong(f"digital silence for {snapshot.seconds_since(handset.zeros_since_ns):.0f} s")
        if handset.heard_ns:
            return WELL
        silent_s = snapshot.seconds_since(handset.lifted_ns)
        if silent_s > self.audio_silent_s:
            level = recorder.audio.level_dbfs_x100 / 100
            return wrong(
                f"off-hook for {silent_s:.0f} s below {self.audio_silent_dbfs:.0f} dBFS, now {level:.0f} dBFS"
            )
        return unchanged("off-hook, nothing heard yet")
