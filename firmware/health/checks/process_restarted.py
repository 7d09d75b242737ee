"""process_restarted: a process died and was started again, within this boot."""

from dataclasses import dataclass
from typing import ClassVar

from firmware.health.snapshot import Snapshot
from firmware.health.verdict import WELL, Area, Severity, Verdict, wrong


@dataclass(frozen=True, slots=True)
class ProcessRestarted:
    """After the fact: wrong for `process_restarted_s` after a start that no clean stop went before."""

    code: ClassVar[str] = "process_restarted"
    severity: ClassVar[Severity] = "minor"
    area: ClassVar[Area] = Area.BOX
    raise_after_s: ClassVar[float] = 0.0
    clear_after_s: ClassVar[float] = 0.0

    process_restarted_s: float

    def judge(self, snapshot: Snapshot) -> Verdict:
        recent = [
            run.process
            for run in snapshot.history.runs
            if run.restarted_ns and snapshot.seconds_since(run.restarted_ns) <= self.process_restarted_s
        ]
        return wrong(f"restarted without a clean stop: {', '.join(recent)}") if recent else WELL
