"""keys_missing: without a recipient nothing can be sealed, without the desk's key nothing can be signed."""

from dataclasses import dataclass
from typing import ClassVar

from firmware.health.snapshot import Snapshot
from firmware.health.verdict import WELL, Area, Severity, Verdict, wrong


@dataclass(frozen=True, slots=True)
class KeysMissing:
    """Wrong without desk id, recipient for audio or readable desk key, or when the recorder refuses a key."""

    code: ClassVar[str] = "keys_missing"
    recorder_codes: ClassVar[tuple[str, ...]] = ("keys_missing", "desk_key_missing")
    severity: ClassVar[Severity] = "critical"
    area: ClassVar[Area] = Area.BOX
    raise_after_s: ClassVar[float] = 0.0
    clear_after_s: ClassVar[float] = 0.0

    def judge(self, snapshot: Snapshot) -> Verdict:
        if not snapshot.keys.enrolled:
            return wrong("this desk has no id: it is not enrolled")
        if snapshot.keys.audio_recipients == 0:
            return wrong("the settings name no recipient key for audio")
        if not snapshot.keys.desk_key:
            return wrong("the desk's own key cannot be read")
        recorder = snapshot.live_recorder()
        for error in recorder.errors if recorder is not None else ():
            if error.code in self.recorder_codes:
                return wrong(error.detail)
        return WELL
