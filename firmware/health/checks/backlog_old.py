"""backlog_old: a recording waits too long for its receipts."""

from dataclasses import dataclass
from typing import ClassVar

from firmware.health.snapshot import Snapshot
from firmware.health.verdict import WELL, Area, Severity, Verdict, cannot_tell, wrong


@dataclass(frozen=True, slots=True)
class BacklogOld:
    """Wrong when the oldest recording without enough receipts is too old; it ages while the agent is gone."""

    code: ClassVar[str] = "backlog_old"
    severity: ClassVar[Severity] = "major"
    area: ClassVar[Area] = Area.NETWORK
    raise_after_s: ClassVar[float] = 0.0
    clear_after_s: ClassVar[float] = 5.0

    backlog_old_s: float

    def judge(self, snapshot: Snapshot) -> Verdict:
        agent = snapshot.agent
        if agent is None:
            return cannot_tell("the agent says nothing")
        if agent.waiting == 0:
            return WELL if snapshot.live_agent() is not None else cannot_tell("the agent says nothing")
        age_s = agent.oldest_unreceipted_s + max(0.0, snapshot.seconds_since(agent.mono_ns))
        if age_s <= self.backlog_old_s:
            return WELL
        return wrong(f"{agent.waiting} recordings wait for receipts, the oldest for {age_s / 60:.0f} min")
