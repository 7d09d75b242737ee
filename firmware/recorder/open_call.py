"""A call that is not accounted for yet: from its off_hook entry to its recording or not_recorded entry."""

from dataclasses import dataclass

from firmware.call.result import CallResult
from firmware.capture.progress import Finished, Progress

NS_PER_MS = 1_000_000
NS_PER_SAMPLE = 125_000  # 8 kHz


@dataclass(slots=True)
class OpenCall:
    """`call` is empty while the ledger refuses the off_hook entry. `unrecorded_ns`: since when nothing is
    recorded, for the reason `unrecorded_reason`; None while a recording runs. `entered`: the ledger has the
    recording.
    """

    began_ns: int
    seq: int = 0
    call: str = ""
    file: str = ""
    ended_ns: int | None = None
    result: CallResult | None = None
    recording: bool = False
    progress: Progress | None = None
    finished: Finished | None = None
    entered: bool = False
    unrecorded_ns: int | None = None
    unrecorded_reason: str = ""

    def stop_recording(self, at_ns: int, reason: str) -> None:
        """From now on this call is not recorded. The first reason stays."""
        if self.unrecorded_ns is None:
            self.unrecorded_ns, self.unrecorded_reason = max(at_ns, self.began_ns), reason

    def off_hook_ms(self, now_ns: int) -> int:
        end_ns = self.ended_ns if self.ended_ns is not None else now_ns
        return max(0, end_ns - self.began_ns) // NS_PER_MS

    def recorded_ms(self, now_ns: int) -> int:
        """Of the off-hook time, what is durable on the disk and not lost. Pre-roll and tail do not count."""
        span = self._recorded_span()
        if span is None:
            return 0
        started_ns, ended_ns, lost_samples = span
        end_ns = self.ended_ns if self.ended_ns is not None else now_ns
        inside_ns = min(ended_ns, end_ns) - max(started_ns, self.began_ns)
        return max(0, inside_ns - lost_samples * NS_PER_SAMPLE) // NS_PER_MS

    def unrecorded_seconds(self) -> int:
        """Whole seconds, begun ones counted: nothing that was not recorded is rounded away."""
        if self.unrecorded_ns is None or self.ended_ns is None:
            return 0
        return -(-max(0, self.ended_ns - self.unrecorded_ns) // 1_000_000_000)

    def _recorded_span(self) -> tuple[int, int, int] | None:
        if self.finished is not None:
            one = self.finished
            return one.started_ns, one.started_ns + one.samples * NS_PER_SAMPLE, one.lost_samples
        if self.progress is not None:
            now = self.progress
            return now.started_ns, now.started_ns + now.durable_samples * NS_PER_SAMPLE, now.lost_samples
        return None
