"""What the machine tells becomes entries and recordings here: every off-hook is accounted for.

An entry is durable before its effect: off_hook before the recording begins, on_hook before it ends. A call
stays open until its `recording` is entered, or `not_recorded` with its seconds and the reason.
"""

import logging
from functools import partial

from drivers.clock import Clock
from firmware.call.told import CallBegan, CallEnded, FlashSeen, HookMismatch, RingingEnded, Told
from firmware.capture.progress import Finished, Progress
from firmware.capture.thread import CaptureThread
from firmware.evidence.canonical import JsonObject
from firmware.evidence.ids import call_id, recording_name
from firmware.evidence.times import format_utc
from firmware.log import event
from firmware.recorder import bodies
from firmware.recorder.bodies import WallTimes, with_details
from firmware.recorder.coverage import Coverage
from firmware.recorder.journal import Journal
from firmware.recorder.lapse import Lapse
from firmware.recorder.new_recording import NewRecordings
from firmware.recorder.open_call import NS_PER_MS, OpenCall
from firmware.recorder.storing import Storing
from firmware.recorder.troubles import Troubles
from firmware.spool import Spool

log = logging.getLogger(__name__)

STOP_FREE_BYTES = 1_048_576  # less free disk, beside the reserve: a recording ends while it can end properly
RESUMES_NS = 5_000_000_000  # a handset found up so soon after the start was up before


class CallKeeper:
    """Owner thread only. `calls` are those not accounted for yet, `current` the one whose handset is up.

    `tail_ms`: what a recording keeps after the hook went down. `lapse`: of the call that the last recorder
    left open.
    """

    def __init__(
        self,
        *,
        desk: str,
        clock: Clock,
        journal: Journal,
        spool: Spool,
        capture: CaptureThread,
        new_recordings: NewRecordings,
        coverage: Coverage,
        troubles: Troubles,
        tail_ms: int,
        lapse: Lapse | None = None,
    ) -> None:
        self.calls: list[OpenCall] = []
        self.current: OpenCall | None = None
        self._desk = desk
        self._clock = clock
        self._times = WallTimes(clock.wall, clock.monotonic_ns)
        self._journal = journal
        self._spool = spool
        self._capture = capture
        self._new = new_recordings
        self._coverage = coverage
        self._troubles = troubles
        self._tail_ns = tail_ms * NS_PER_MS
        self._lapse = lapse
        self._resumes_until_ns = clock.monotonic_ns() + RESUMES_NS
        self._storing = Storing(spool=spool, troubles=troubles)
        self.accounted = 0

    def tell(self, told: Told) -> None:
        match told:
            case CallBegan():
                self.current = OpenCall(told.at_ns)
                self.calls.append(self.current)
                self._enter(self.current)
            case CallEnded():
                self._ended(told)
            case FlashSeen():
                self._flash(told)
            case RingingEnded():
                self._ringing(told)
            case HookMismatch():
                now_ns = self._clock.monotonic_ns()
                self._troubles.put("hook_mismatch", "the line is used while the hook says on-hook", now_ns)

    def durable(self, progress: Progress) -> None:
        call = self._find(progress.call)
        if call is not None:
            call.progress = progress

    def finished(self, finished: Finished) -> None:
        """A recording is over: store it, enter it, account for its call when the handset is down."""
        call = self._find(finished.call)
        if call is None:
            event(log, "recording_of_unknown_call", level=logging.ERROR, call=finished.call)
            return
        call.recording, call.finished = False, finished
        self._coverage.lost_samples_today += finished.lost_samples
        if finished.error:
            call.stop_recording(finished.ended_ns, self._storing.reason)
            detail = f"the recording of {call.call} was refused by the disk: {finished.error}"
            self._troubles.put("disk_error", detail, self._clock.monotonic_ns())
        self._store(call)

    def tick(self) -> None:
        """Every second: what was refused is tried again; a disk that fills up ends the recording in order."""
        now_ns = self._clock.monotonic_ns()
        self._check_room(now_ns)
        if not self._journal.flush(now_ns):
            return
        for call in list(self.calls):
            if not call.call:
                self._enter(call)
            if call.finished is not None and not call.entered:
                self._store(call)
            elif call.ended_ns is not None and not call.recording:
                self._account(call)

    def found_on_hook(self) -> None:
        """The handset was seen down: a lift from now on begins a call of its own."""
        self._lapse = None

    def shut(self, reason: str) -> None:
        """The recorder ends: what is still off-hook ends for it. After capture has ended its recordings."""
        now_ns = self._clock.monotonic_ns()
        for call in list(self.calls):
            if call.ended_ns is None:
                call.ended_ns = now_ns
                if not call.finished:
                    call.stop_recording(call.began_ns, reason)
            self._account(call)

    def checkpointed(self, now_ns: int) -> tuple[int, int]:
        return self._coverage.since_checkpoint(self.calls, now_ns)

    def _enter(self, call: OpenCall) -> None:
        """The off_hook entry, then the recording. Without the entry there is no name, and no recording
        yet.
        """
        now_ns = self._clock.monotonic_ns()
        entry = self._journal.append_now("off_hook", self._off_hook_body(call), now_ns)
        if entry is None:
            call.stop_recording(call.began_ns, "ledger_blocked")
            return
        call.seq, call.call = entry.seq, call_id(self._desk, entry.seq)
        call.file = recording_name(entry.seq)
        self._troubles.put("hook_mismatch", "", now_ns)
        event(log, "off_hook", call=call.call)
        self._enter_lapse(call)
        if call.ended_ns is not None:
            self._enter_on_hook(call)
            self._account(call)
        elif reason := self._cannot_record(now_ns):
            call.stop_recording(call.began_ns, reason)
            event(log, "not_recording", level=logging.ERROR, call=call.call, reason=reason)
        else:
            call.recording, call.unrecorded_ns = True, None
            self._capture.begin(call.call, call.began_ns, partial(self._new.open, entry.seq, call.call))
            self._capture.event(call.began_ns, "off_hook")

    def _off_hook_body(self, call: OpenCall) -> JsonObject:
        body: JsonObject = {"lifted_at": self._times.text(call.began_ns)}
        if self._lapse is not None and call.began_ns < self._resumes_until_ns:
            body["resumes"] = self._lapse.call
        return body

    def _enter_lapse(self, call: OpenCall) -> None:
        """The handset was up all the while: what nobody recorded between two runs was off-hook too."""
        lapse, self._lapse = self._lapse, None
        if lapse is None or call.began_ns >= self._resumes_until_ns:
            return
        off_hook_ms = lapse.ms_until(self._times.at(call.began_ns), call.began_ns)
        if off_hook_ms:
            body: JsonObject = {
                "call": lapse.call,
                "reason": lapse.reason,
                "seconds": -(-off_hook_ms // 1000),
                "since": format_utc(lapse.since),
                "until": self._times.text(call.began_ns),
            }
            self._journal.append("not_recorded", body, self._clock.monotonic_ns())
            self._coverage.add(off_hook_ms, 0)

    def _cannot_record(self, now_ns: int) -> str:
        if self._new.problem:
            return "keys_missing"
        self._check_room(now_ns)
        return "disk_full" if "disk_full" in self._troubles else ""

    def _check_room(self, now_ns: int) -> None:
        try:
            held = self._spool.hold_reserve() if self.current is None else not self._spool.full
            free_bytes = self._spool.room().free_bytes
        except OSError as error:
            self._troubles.put("disk_error", f"the spool's disk does not answer: {error.strerror}", now_ns)
            return
        full = not held or free_bytes < STOP_FREE_BYTES
        detail = "no room left to record: free the disk or let the vaults take what waits"
        self._troubles.put("disk_full", detail if full else "", now_ns)
        if full and self.current is not None and self.current.recording:
            self._stop_full(self.current, now_ns)

    def _stop_full(self, call: OpenCall, now_ns: int) -> None:
        event(log, "recording_stopped", level=logging.CRITICAL, call=call.call, reason="disk_full")
        self._capture.end(now_ns, "disk_full")
        call.stop_recording(now_ns, "disk_full")

    def _ended(self, told: CallEnded) -> None:
        call, self.current = self.current, None
        if call is None:
            raise RuntimeError("a call ended that never began")
        call.ended_ns, call.result = told.at_ns, told.result
        if call.call:
            self._enter_on_hook(call)
        self._capture.end(told.at_ns + self._tail_ns, "on_hook")
        if not call.recording:
            self._account(call)

    def _enter_on_hook(self, call: OpenCall) -> None:
        self._journal.append("on_hook", bodies.on_hook(call), self._clock.monotonic_ns())
        event(log, "on_hook", call=call.call)

    def _flash(self, told: FlashSeen) -> None:
        if self.current is None or not self.current.call:
            return
        body: JsonObject = {"call": self.current.call}
        if told.duration_ms is not None:
            body["duration_ms"] = told.duration_ms
        self._journal.append("flash", body, self._clock.monotonic_ns())
        self._capture.event(told.at_ns, "flash")

    def _ringing(self, told: RingingEnded) -> None:
        body: JsonObject = {
            "bursts": told.bursts,
            "first_at": self._times.text(told.first_ns),
            "last_at": self._times.text(told.last_ns),
            "answered": told.answered,
        }
        self._journal.append("ring", body, self._clock.monotonic_ns())

    def _store(self, call: OpenCall) -> None:
        stored = self._storing.store(call, self._clock.monotonic_ns())
        if stored is None:
            return
        if not stored.size:
            call.entered = True  # never on the disk: all of it counts as not recorded
            call.finished = call.progress = None
            call.unrecorded_ns = call.began_ns
        else:
            self._enter_recording(call, stored)
        if call.ended_ns is not None:
            self._account(call)

    def _enter_recording(self, call: OpenCall, stored: Finished) -> None:
        call.finished, call.entered = stored, True
        body = bodies.recording(call, stored, self._times, stored.ended_by)
        details = with_details(body, call.result, self._new.details, self._desk)
        self._journal.append("recording", details, self._clock.monotonic_ns())
        event(log, "recording", call=call.call, samples=stored.samples, ended_by=stored.ended_by)

    def _account(self, call: OpenCall) -> None:
        """The call is over, and its recording too: enter the seconds without, and let go of it."""
        if call.recording or not call.call or (call.finished is not None and not call.entered):
            return
        if call.unrecorded_seconds() or call.finished is None:
            body = bodies.not_recorded(call)
            result = None if call.finished is not None else call.result
            details = with_details(body, result, self._new.details, self._desk)
            self._journal.append("not_recorded", details, self._clock.monotonic_ns())
        end_ns = call.ended_ns if call.ended_ns is not None else call.began_ns
        self._coverage.add(call.off_hook_ms(end_ns), call.recorded_ms(end_ns))
        self.calls.remove(call)
        self.accounted += 1

    def _find(self, name: str) -> OpenCall | None:
        return next((call for call in self.calls if call.call == name), None)
