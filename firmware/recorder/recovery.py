"""At the start: what a lost recorder left is entered and moved on. Nothing is lost, nothing entered twice.

Every step leaves what the next recovery understands: a recording is entered before it moves, and what is
entered already only moves.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from firmware.evidence.canonical import JsonObject
from firmware.evidence.entry import Entry
from firmware.evidence.ids import call_id
from firmware.evidence.times import format_utc, parse_utc
from firmware.log import event
from firmware.recorder.lapse import Lapse, Told, lapse_of
from firmware.recorder.past import Past
from firmware.spool import Found, Spool
from firmware.status import RecorderStatus

log = logging.getLogger(__name__)

RATE_HZ = 8000
LOST_TAIL_MS = 1500  # of audio that was not durable yet, and until the last status: every loss costs as much

Append = Callable[[str, JsonObject], None]
"""Returns when the entry is durable."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """`lapse`: of the call that was open when the last recorder ended.

    The two times: of lost calls, since the last checkpoint.
    """

    lapse: Lapse | None = None
    off_hook_ms: int = 0
    recorded_ms: int = 0
    recordings: int = 0

    @property
    def resumes(self) -> str:
        """The call that was open, or empty."""
        return self.lapse.call if self.lapse is not None else ""


class Recoverer:
    """`last`: the status that the lost recorder wrote, if it is still there."""

    def __init__(
        self,
        *,
        desk: str,
        boot: str,
        spool: Spool,
        past: Past,
        append: Append,
        last: RecorderStatus | None,
    ) -> None:
        self._desk = desk
        self._boot = boot
        self._spool = spool
        self._past = past
        self._append = append
        self._last = last
        self._recovery = Recovery()
        self._told: list[Told] = []

    def run(self) -> Recovery:
        interrupted = self._spool.interrupted()
        for found in interrupted.recordings:
            if found.seq not in self._past.entered:
                self._enter(found, self._lost_reason(found.header.boot))
            self._spool.release_interrupted(found.seq)
        for seq in self._finished_without_entry():
            self._enter_finished(seq)
        for seq, off_hook in sorted(self._past.off_hooks.items()):
            self._enter_unrecorded(seq, off_hook)
        self._enter_rest()
        if interrupted.recordings or interrupted.broken:
            event(
                log,
                "recovered",
                recordings=len(interrupted.recordings),
                broken=len(interrupted.broken),
                torn_bytes=interrupted.torn_bytes,
            )
        return replace(self._recovery, lapse=self._lapse())

    def _lost_reason(self, boot: str) -> str:
        return "process_lost" if boot == self._boot else "power_lost"

    def _finished_without_entry(self) -> list[int]:
        """Moved to `waiting/`, and lost before the entry: only the last ones can be."""
        waiting = self._spool.waiting()
        return [seq for seq in waiting if seq in self._past.off_hooks and seq >= self._past.oldest_seq]

    def _enter_finished(self, seq: int) -> None:
        """Its last frame is a Z, which the desk cannot read again: why it ended is what the ledger shows."""
        found = self._spool.measure(seq)
        if found is not None:
            ended_by = "on_hook" if seq in self._past.on_hooks else self._lost_reason(found.header.boot)
            self._enter(found, ended_by)

    def _enter(self, found: Found, ended_by: str) -> None:
        started = parse_utc(found.header.started)
        samples, lost_samples, exact = self._samples(found, started)
        body: JsonObject = {
            "call": call_id(self._desk, found.seq),
            "sha256": found.sha256,
            "size": found.size,
            "frames": found.frames,
            "samples": samples,
            "lost_samples": lost_samples,
            "gaps": 0,
            "started": found.header.started,
            "ended": format_utc(started + timedelta(seconds=samples / RATE_HZ)),
            "ended_by": ended_by,
            "recovered": True,
            "samples_exact": exact,
        }
        self._tell("recording", body)
        off_hook = self._past.off_hooks.pop(found.seq, None)
        self._count(off_hook, started + timedelta(seconds=samples / RATE_HZ), recorded=True)

    def _samples(self, found: Found, started: datetime) -> tuple[int, int, bool]:
        """(samples, lost, exact): from the last status if it tells of this file, else from the file's time.

        The desk cannot open frames; a reader with the key can, and counts for itself.
        """
        told = self._last.recording if self._last is not None else None
        if told is not None and told.seq == found.seq and told.durable_bytes <= found.size:
            return told.durable_samples, 0, told.durable_bytes == found.size
        seconds = max(0.0, (found.written_at - started).total_seconds())
        return min(int(seconds * RATE_HZ), found.frames * RATE_HZ), 0, False

    def _count(self, off_hook: Entry | None, ended: datetime, *, recorded: bool) -> None:
        if off_hook is None:
            return
        began = parse_utc(off_hook.at)
        if self._past.last_checkpoint is not None:
            began = max(began, self._past.last_checkpoint)
        span_ms = max(0, int((ended - began).total_seconds() * 1000))
        now = self._recovery
        self._recovery = replace(
            now,
            off_hook_ms=now.off_hook_ms + span_ms,
            recorded_ms=now.recorded_ms + span_ms * recorded,
            recordings=now.recordings + recorded,
        )

    def _lapse(self) -> Lapse | None:
        """Of the last call, if its handset was never seen to go down: it may still be up."""
        lift = self._past.last_lift
        if lift is None or lift.seq in self._past.on_hooks:
            return None
        call = call_id(self._desk, lift.seq)
        told = [*self._past.last_told, *(one for one in self._told if one[1]["call"] == call)]
        reason = "shutdown" if self._past.clean else self._lost_reason(lift.boot)
        return lapse_of(lift, told, call=call, reason=reason, boot=self._boot)

    def _enter_rest(self) -> None:
        """A recording that the disk had ended while its call went on: until the last word of the recorder."""
        lapse, last = self._lapse(), self._last
        if lapse is None or last is None or last.boot != self._boot or last.call != lapse.call:
            return
        off_hook_ms = lapse.ms_until(lapse.since, last.mono_ns)
        if off_hook_ms < LOST_TAIL_MS:
            return
        body: JsonObject = {"call": lapse.call, "reason": lapse.reason, "seconds": -(-off_hook_ms // 1000)}
        self._tell("not_recorded", body)
        now = self._recovery
        self._recovery = replace(now, off_hook_ms=now.off_hook_ms + off_hook_ms)

    def _tell(self, kind: str, body: JsonObject) -> None:
        self._append(kind, body)
        self._told.append((kind, body))

    def _enter_unrecorded(self, seq: int, off_hook: Entry) -> None:
        """The recorder was lost before anything of this call was on the disk."""
        reason, off_hook_ms = self._lost_reason(off_hook.boot), self._seen_ms(off_hook)
        seconds = max(1, -(-off_hook_ms // 1000))  # a second that had begun is none that was recorded
        self._tell("not_recorded", {"call": call_id(self._desk, seq), "reason": reason, "seconds": seconds})
        self._count(off_hook, parse_utc(off_hook.at) + timedelta(seconds=seconds), recorded=False)

    def _seen_ms(self, off_hook: Entry) -> int:
        """How long the handset was seen up: until it went down, else until the lost recorder's last word."""
        on_hook, last = self._past.on_hooks.get(off_hook.seq), self._last
        if on_hook is not None:
            told = on_hook.body.get("off_hook_ms")
            return told if isinstance(told, int) and told >= 0 else 0
        if last is None or last.boot != off_hook.boot or last.call != call_id(self._desk, off_hook.seq):
            return 0
        return max(0, last.mono_ns - off_hook.mono_ns) // 1_000_000
