"""disk_full: the next calls will not fit."""

from dataclasses import dataclass
from typing import ClassVar

from firmware.health.snapshot import Snapshot
from firmware.health.verdict import WELL, Area, Severity, Verdict, unchanged, wrong

CLEARS_AT = 1.1  # times critical_hours


@dataclass(frozen=True, slots=True)
class DiskFull:
    """Wrong when less than `critical_hours` of recording fit, and when the disk does not answer at all."""

    code: ClassVar[str] = "disk_full"
    severity: ClassVar[Severity] = "critical"
    area: ClassVar[Area] = Area.DISK
    raise_after_s: ClassVar[float] = 0.0
    clear_after_s: ClassVar[float] = 2.0

    critical_hours: float

    def judge(self, snapshot: Snapshot) -> Verdict:
        if snapshot.disk is None:
            return wrong("the disk does not tell its room")
        recorder = snapshot.live_recorder()
        if recorder is not None:
            for error in recorder.errors:
                if error.code == self.code:
                    return wrong(error.detail)
        hours = snapshot.disk.hours
        proof = f"room for {hours:.1f} h of recording"
        if hours < self.critical_hours:
            return wrong(proof)
        return WELL if hours >= self.critical_hours * CLEARS_AT else unchanged(proof)
