"""History: what single snapshots cannot show, folded from one to the next. Pure.

The recorder's own claim that a recording grows is checked against the file's size as this process sees it.
"""

from dataclasses import dataclass, replace
from typing import Self

from firmware.status import AgentStatus, PanelStatus, RecorderStatus


@dataclass(frozen=True, slots=True)
class Handset:
    """The running off-hook time. lifted_ns 0: on-hook. heard_ns: last sound over the threshold, 0 = none yet.

    zeros_since_ns: since when nothing but digital silence came, 0 = something comes. unheeded_ns: since when
    the hook sensor shows the handset up while the recorder says on-hook, 0 = it does not.
    """

    lifted_ns: int = 0
    heard_ns: int = 0
    zeros_since_ns: int = 0
    unheeded_ns: int = 0

    def after(self, status: RecorderStatus, *, silent_dbfs: float, zeros_dbfs: float) -> Self:
        if not status.off_hook:
            up = status.hook.known and status.hook.lifted
            return type(self)(unheeded_ns=(self.unheeded_ns or status.mono_ns) if up else 0)
        level_dbfs = status.audio.level_dbfs_x100 / 100
        zeros = level_dbfs <= zeros_dbfs
        return replace(
            self,
            lifted_ns=self.lifted_ns or status.mono_ns,
            heard_ns=status.mono_ns if level_dbfs >= silent_dbfs else self.heard_ns,
            zeros_since_ns=(self.zeros_since_ns or status.mono_ns) if zeros else 0,
            unheeded_ns=0,
        )


@dataclass(frozen=True, slots=True)
class Growth:
    """The growing file as this process sees it. grown_ns: when its size was last seen to change."""

    call: str = ""
    size_bytes: int = 0
    grown_ns: int = 0

    def after(self, call: str, size_bytes: int, now_ns: int) -> Self:
        """A file that cannot be looked at has size -1: it does not grow."""
        if call != self.call:
            return type(self)(call, size_bytes, now_ns)
        if size_bytes > self.size_bytes:
            return type(self)(call, size_bytes, now_ns)
        return self


@dataclass(frozen=True, slots=True)
class Run:
    """One process as last seen. restarted_ns: when its last restart without a clean stop began, 0 = none."""

    process: str
    started_ns: int
    gone: bool = False
    restarted_ns: int = 0

    def after(self, status: RecorderStatus | AgentStatus | PanelStatus | None) -> Self:
        """A process that stops cleanly takes its status file with it, or says `stopped`."""
        if status is None or getattr(status, "state", "") == "stopped":
            return replace(self, gone=True)
        if status.started_mono_ns == self.started_ns:
            return replace(self, gone=False)
        restarted = self.restarted_ns if self.gone or self.started_ns == 0 else status.started_mono_ns
        return replace(self, started_ns=status.started_mono_ns, gone=False, restarted_ns=restarted)


@dataclass(frozen=True, slots=True)
class History:
    handset: Handset = Handset()
    growth: Growth = Growth()
    runs: tuple[Run, ...] = (Run("recorder", 0), Run("agent", 0), Run("panel", 0))
