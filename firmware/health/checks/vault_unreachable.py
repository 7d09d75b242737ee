"""vault_unreachable: one of the replicas has not answered for a while."""

from dataclasses import dataclass
from typing import ClassVar

from firmware.health.snapshot import Snapshot
from firmware.health.verdict import WELL, Area, Severity, Verdict, wrong
from firmware.status import AgentStatus


@dataclass(frozen=True, slots=True)
class VaultUnreachable:
    """Wrong when any replica of the settings is silent for too long, when there is none, or without an agent.

    The agent's own silence counts from its last word: it may not hide that nothing gets through.
    """

    code: ClassVar[str] = "vault_unreachable"
    severity: ClassVar[Severity] = "major"
    area: ClassVar[Area] = Area.NETWORK
    raise_after_s: ClassVar[float] = 0.0
    clear_after_s: ClassVar[float] = 5.0

    vault_unreachable_s: float

    def judge(self, snapshot: Snapshot) -> Verdict:
        if not snapshot.replicas:
            return wrong("no vault stands in the settings: this desk is not enrolled")
        agent = snapshot.agent
        if agent is None:
            silent_s = snapshot.seconds_since(snapshot.watching_since_ns)
            return wrong("the agent does not run") if silent_s > self.vault_unreachable_s else WELL
        late = [
            f"{name} for {silent_s:.0f} s"
            for name in snapshot.replicas
            if (silent_s := self._silent_s(snapshot, agent, name)) > self.vault_unreachable_s
        ]
        return wrong(f"no answer from {', '.join(late)}") if late else WELL

    def _silent_s(self, snapshot: Snapshot, agent: AgentStatus, name: str) -> float:
        replica = agent.replicas.get(name)
        if replica is None:
            return snapshot.seconds_since(agent.started_mono_ns)
        if replica.mqtt and replica.https:
            return 0.0 if snapshot.live_agent() is not None else snapshot.seconds_since(agent.mono_ns)
        return snapshot.seconds_since(max(replica.last_ok_mono_ns, agent.started_mono_ns))
