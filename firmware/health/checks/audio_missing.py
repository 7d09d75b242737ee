"""audio_missing: no sound card, or one that gives nothing."""

from dataclasses import dataclass
from typing import ClassVar

from firmware.health.snapshot import Snapshot
from firmware.health.verdict import WELL, Area, Severity, Verdict, cannot_tell, wrong
from firmware.status import RecorderStatus

# The sound card's own process needs this to start, list devices and open one; before that nothing is known.
OPENS_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class AudioMissing:
    """Wrong at once when the recorder says that the card is gone, else when its last block is too old."""

    code: ClassVar[str] = "audio_missing"
    severity: ClassVar[Severity] = "critical"
    area: ClassVar[Area] = Area.AUDIO
    raise_after_s: ClassVar[float] = 0.0
    clear_after_s: ClassVar[float] = 1.0

    audio_missing_s: float

    def judge(self, snapshot: Snapshot) -> Verdict:
        recorder = snapshot.live_recorder()
        if recorder is None:
            return cannot_tell("the recorder says nothing")
        audio = recorder.audio
        if audio.last_block_mono_ns == 0:
            if snapshot.seconds_since(recorder.started_mono_ns) < OPENS_WITHIN_S:
                return cannot_tell("the sound card is being opened")
            return wrong(self._said(recorder) or "no sound card was found")
        if not audio.present:
            gone_s = snapshot.seconds_since(audio.last_block_mono_ns)
            return wrong(f"the sound card is gone since {gone_s:.1f} s. {self._said(recorder)}".rstrip(". "))
        # Measured against the recorder's own writing: its status is rewritten only once a second on-hook.
        missing_s = (recorder.mono_ns - audio.last_block_mono_ns) / 1e9
        if missing_s > self.audio_missing_s:
            return wrong(f"no sound came for {missing_s:.1f} s")
        return WELL

    def _said(self, recorder: RecorderStatus) -> str:
        """The recorder knows which card is wanted and which ones are there."""
        return next((error.detail for error in recorder.errors if error.code == self.code), "")
