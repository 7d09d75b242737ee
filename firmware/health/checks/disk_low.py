"""disk_low: recordings will not fit for much longer."""

from dataclasses import dataclass
from typing import ClassVar

from firmware.health.snapshot import Snapshot
from firmware.health.verdict import WELL, Area, Severity, Verdict, cannot_tell, unchanged, wrong

CLEARS_ABOVE_PERCENT = 2.0  # a disk that hovers at the limit is one finding, not a hundred


@dataclass(frozen=True, slots=True)
class DiskLow:
    """Wrong below `low_percent` of free room; well again 2 percent above it."""

    code: ClassVar[str] = "disk_low"
    severity: ClassVar[Severity] = "major"
    area: ClassVar[Area] = Area.DISK
    raise_after_s: ClassVar[float] = 0.0
    clear_after_s: ClassVar[float] = 10.0

    low_percent: float

    def judge(self, snapshot: Snapshot) -> Verdict:
        if snapshot.disk is None:
            return cannot_tell("the disk does not tell its room")
        free = snapshot.disk.percent
        proof = f"{free:.1f} % of the disk is free"
        if free < self.low_percent:
            return wrong(proof)
        return WELL if free >= self.low_percent + CLEARS_ABOVE_PERCENT else unchanged(proof)
