"""Snapshot: all that the checks may know of the desk at one moment. Times: CLOCK_MONOTONIC ns, 0 = never."""

from dataclasses import dataclass

from firmware.health.history import History
from firmware.spool.room import Room
from firmware.status import AgentStatus, RecorderStatus

NS_PER_S = 1_000_000_000
# The recorder writes at least once a second. Over this it hangs, and the lamps tell within 3 s. Its death
# shows sooner, by its pid.
RECORDER_SILENT_S = 2.2
# The agent is not in the recording path: a slow disk may hold it up.
AGENT_SILENT_S = 15.0


@dataclass(frozen=True, slots=True)
class KeyState:
    """enrolled: the desk has an id. audio_recipients: keys that recordings can be sealed to.

    desk_key: the desk's signing key is readable.
    """

    enrolled: bool

    audio_recipients: int
    desk_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """recorder, agent: their status of this boot, None when there is none; `*_running`: the process exists.

    watching_since_ns: when this process began to look. disk is None when the disk does not answer.
    ledger_error: why the last entry could not be written, empty when it could.
    """

    now_ns: int
    watching_since_ns: int
    recorder: RecorderStatus | None
    recorder_running: bool
    agent: AgentStatus | None
    agent_running: bool
    replicas: tuple[str, ...]
    disk: Room | None
    keys: KeyState
    history: History
    ledger_error: str = ""

    def seconds_since(self, at_ns: int) -> float:
        return (self.now_ns - at_ns) / NS_PER_S

    def live_recorder(self) -> RecorderStatus | None:
        """The recorder's word, only while it is alive and fresh."""
        status = self.recorder
        if status is None or not self.recorder_running:
            return None
        return status if self.seconds_since(status.mono_ns) <= RECORDER_SILENT_S else None

    def live_agent(self) -> AgentStatus | None:
        status = self.agent
        if status is None or not self.agent_running:
            return None
        return status if self.seconds_since(status.mono_ns) <= AGENT_SILENT_S else None
