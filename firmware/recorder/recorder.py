"""The owner thread of the recorder: takes what comes, runs the machine, keeps the clock."""

import logging
import queue
from datetime import UTC

from drivers.clock import Clock
from drivers.hook import HookLifted, HookReplaced, HookSensor
from drivers.line import LineFound, LineLost
from firmware.call.events import CallError, DeadlinePassed, Event, OnHook, RingBurst
from firmware.call.machine import CallMachine
from firmware.capture.thread import CaptureThread
from firmware.ledger.walk import ChainWalk
from firmware.log import event
from firmware.recorder.checkpoints import Checkpoints
from firmware.recorder.coverage import Coverage
from firmware.recorder.heartbeat import Heartbeat
from firmware.recorder.inbox import Durable, Ended, Failed, Inbox, Message, Stop
from firmware.recorder.journal import Journal
from firmware.recorder.keeper import CallKeeper
from firmware.recorder.signals import Signals
from firmware.recorder.troubles import Troubles

log = logging.getLogger(__name__)

TICK_NS = 1_000_000_000
HOOK_SLACK_NS = 60_000_000  # an edge is told after its debounce, and by a thread that may run late


class WorkerFailedError(Exception):
    """A thread of this process ended; the message names it."""


class Recorder:
    """`run` until told to stop; everything else is called by it."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        clock: Clock,
        machine: CallMachine,
        signals: Signals,
        keeper: CallKeeper,
        capture: CaptureThread,
        hook: HookSensor,
        journal: Journal,
        checkpoints: Checkpoints,
        coverage: Coverage,
        heartbeat: Heartbeat,
        troubles: Troubles,
        walk: ChainWalk,
        hook_slack_ns: int = HOOK_SLACK_NS,
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._machine = machine
        self._signals = signals
        self._keeper = keeper
        self._capture = capture
        self._hook = hook
        self._journal = journal
        self._checkpoints = checkpoints
        self._coverage = coverage
        self._heartbeat = heartbeat
        self._troubles = troubles
        self._walk = walk
        self._hook_slack_ns = hook_slack_ns
        self._tick_due_ns = 0

    def run(self) -> str:
        """Why it stopped. WorkerFailedError when a thread of the process ended."""
        while True:
            message = self._next()
            if isinstance(message, Stop):
                return message.reason
            if message is not None:
                self.take(message)
            self._run_clock()

    def take(self, message: Message) -> None:
        """One message; its effects are durable when this returns, and the status tells of them."""
        match message:
            case HookLifted() | HookReplaced():
                self._feed(self._signals.hook(message))
            case Durable():
                self._keeper.durable(message.progress)
            case Ended():
                self._keeper.finished(message.finished)
                self._checkpoints.tick()
            case Failed():
                raise WorkerFailedError(f"thread {message.thread} ended") from message.error
            case Stop():
                return
            case LineLost():
                self._troubles.put("line_missing", message.reason, message.at_ns)
            case LineFound():
                self._troubles.put("line_missing", "", message.at_ns)
            case _:
                self._feed(self._signals.line(message))
        self._beat()

    def _next(self) -> Message | None:
        now_ns = self._clock.monotonic_ns()
        due_ns = min(self._heartbeat.due_ns, self._tick_due_ns)
        if self._machine.deadline is not None:
            due_ns = min(due_ns, self._machine.deadline.at_ns + self._hook_slack_ns)
        try:
            if due_ns <= now_ns:
                return self._inbox.get_nowait()
            return self._inbox.get(timeout=(due_ns - now_ns) / 1e9)
        except queue.Empty:
            return None

    def _feed(self, signal: Event | None) -> None:
        """One event into the machine, after the deadlines that came before it."""
        if signal is None:
            return
        self._pass_deadlines(signal.at_ns)
        self._mark(signal)
        self._handle(signal)

    def _handle(self, signal: Event) -> None:
        try:
            told = self._machine.handle(signal)
        except CallError as error:
            event(log, "impossible_event", level=logging.ERROR, reason=str(error))
            return
        for one in told:
            self._keeper.tell(one)

    def _mark(self, signal: Event) -> None:
        """What a recording keeps as an event of its own; lift and flash are marked by the keeper."""
        if isinstance(signal, RingBurst):
            self._capture.event(signal.at_ns, "ring")
        elif isinstance(signal, OnHook):
            self._capture.event(signal.at_ns, "on_hook")

    def _pass_deadlines(self, until_ns: int) -> None:
        while (deadline := self._machine.deadline) is not None and deadline.at_ns <= until_ns:
            self._handle(DeadlinePassed(deadline.at_ns, deadline.name))

    def _run_clock(self) -> None:
        now_ns = self._clock.monotonic_ns()
        before = self._machine.state
        self._pass_deadlines(now_ns - self._hook_slack_ns)
        if now_ns >= self._tick_due_ns:
            self._tick_due_ns = now_ns + TICK_NS
            self._tick(now_ns)
        if before is not self._machine.state or now_ns >= self._heartbeat.due_ns:
            self._beat()

    def _tick(self, now_ns: int) -> None:
        lifted = self._hook.is_lifted()
        detail = (
            "" if lifted is not None else "the hook sensor does not answer: check its wiring and settings"
        )
        self._troubles.put("hook_missing", detail, now_ns)
        if lifted is False:
            self._keeper.found_on_hook()
        self._feed(self._signals.reading(now_ns, lifted=lifted))
        self._keeper.tick()
        self._checkpoints.tick()
        self._coverage.turn_day(self._clock.wall().astimezone(UTC).date(), self._keeper.calls, now_ns)
        if self._keeper.current is None:
            self._walk.step()
            if self._walk.problem:  # stays until the next start: nothing mends it
                self._troubles.put("ledger_broken", self._walk.problem, now_ns)

    def _beat(self) -> None:
        self._heartbeat.beat(
            state=self._machine.state,
            keeper=self._keeper,
            capture=self._capture,
            coverage=self._coverage,
            hook=self._hook,
            ledger_seq=max(self._journal.seq, self._checkpoints.seq),
        )
