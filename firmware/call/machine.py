"""The call machine: pure, time inside the events. `table.py` says what may follow, this says which and
what then.

    machine = CallMachine(CallTimes(replaced_after_ms=800))
    for told in machine.handle(OffHook(at_ns)): …
    machine.deadline     # when to handle DeadlinePassed(deadline.at_ns, deadline.name)

Nothing here reads a clock, waits or writes.
"""

from firmware.call.events import (
    Answered,
    CallerId,
    CallError,
    DeadlineName,
    DeadlinePassed,
    Digit,
    Event,
    FarEndReleased,
    Flash,
    OffHook,
    OnHook,
    RingBurst,
    SerialRecord,
    ShortBreak,
    SpeechHeard,
    ToneHeard,
)
from firmware.call.memory import Ringing, Session
from firmware.call.result import SURE, CallResult
from firmware.call.table import BACK, OFF_HOOK_STATES, TRANSITIONS, Rule, State, Target
from firmware.call.told import (
    CallBegan,
    CallEnded,
    CallTimes,
    Deadline,
    FlashSeen,
    HookMismatch,
    RingingEnded,
    Told,
)

NS_PER_MS = 1_000_000
LATE_RING_NS = (
    2_000_000_000  # a burst is told when it has ended, which may be after the lift that cut it short
)


class CallMachine:
    """One line. `state` and `deadline` are for reading; `handle` is the only way on."""

    def __init__(self, times: CallTimes) -> None:
        self.state = State.ON_HOOK
        self.deadline: Deadline | None = None
        self._times = times
        self._ringing = Ringing()
        self._session: Session | None = None
        self._break_ns = 0
        self._before_break = State.DIALLING
        self._held_deadline: Deadline | None = None

    @property
    def off_hook(self) -> bool:
        """A call runs (also while it is open whether the hook went down for good)."""
        return self.state in OFF_HOOK_STATES

    def handle(self, event: Event) -> tuple[Told, ...]:
        """Take one event. CallError, and nothing changed, when it cannot happen in this state."""
        given, event = event, self._refine(event)
        rule = TRANSITIONS[self.state].get(type(event))
        if rule is None:
            raise CallError(f"{type(event).__name__} cannot happen in state {self.state}")
        if isinstance(event, DeadlinePassed):
            self._take_deadline(event)
        was = self.state
        if isinstance(event, Flash) and event is given and was is State.LOOP_BREAK:
            return ()  # an interface's word on what the hook itself is just telling
        target = self._react(event, rule)
        if target not in rule:
            raise CallError(
                f"{type(event).__name__} in {was} led to {target}, which the table does not allow"
            )
        self.state = self._before_break if target is BACK else State(target)
        return self._tell(event)

    def _refine(self, event: Event) -> Event:
        """The hook coming back up is a short break or a flash, by how long it was down."""
        if self.state is not State.LOOP_BREAK or not isinstance(event, OffHook):
            return event
        duration_ms = max(0, event.at_ns - self._break_ns) // NS_PER_MS
        if duration_ms < self._times.flash_min_ms:
            return ShortBreak(self._break_ns, duration_ms)
        return Flash(self._break_ns, duration_ms)

    def _take_deadline(self, event: DeadlinePassed) -> None:
        if self.deadline is None or (event.at_ns, event.name) != (self.deadline.at_ns, self.deadline.name):
            raise CallError(f"nobody asked for the deadline {event.name} at {event.at_ns}")
        self.deadline = None

    def _tell(self, event: Event) -> tuple[Told, ...]:
        match event:
            case OffHook():
                ringing = self._running().ringing
                return (*_ringing_ended(ringing, answered=True), CallBegan(event.at_ns))
            case Flash() if self._session is not None:
                return (FlashSeen(event.at_ns, event.duration_ms),)
            case DeadlinePassed(name="replaced"):
                return (CallEnded(self._break_ns, self._end_session()),)
            case DeadlinePassed(name="ringing_over"):
                ringing, self._ringing = self._ringing, Ringing()
                return _ringing_ended(ringing, answered=False)
            case Digit() | SpeechHeard() if self._session is None:
                return (HookMismatch(event.at_ns),)
        return ()

    def _react(self, event: Event, rule: Rule) -> Target:  # noqa: PLR0911 - one return a kind of event
        """Remember what the event tells, set the deadline, pick one target of the rule."""
        match event:
            case OffHook():
                return self._off_hook(event, rule)
            case OnHook():
                return self._on_hook(event, rule)
            case ShortBreak():
                return self._short_break(rule)
            case Flash():
                return self._flash(event, rule)
            case RingBurst():
                return self._ring(event, rule)
            case DeadlinePassed():
                return self._deadline(event, rule)
            case CallerId() | SerialRecord() if self._session is None:
                return self._caller(event)
            case _ if self._session is None:
                return self.state  # late, or past the hook: there is no call to note it in
            case _:
                return self._signal(self._session, event, rule)

    def _signal(self, session: Session, event: Event, rule: Rule) -> Target:
        match event:
            case CallerId():
                session.ringing.caller(event)
            case SerialRecord():
                return self._serial_record(session, event)
            case Digit():
                return self._digit(session, event, rule)
            case ToneHeard():
                return self._tone(session, event, rule)
            case Answered():
                session.answers.append(event)
                return self._go(rule[0] if event.confidence >= SURE else self.state)
            case FarEndReleased():
                return self._released(session, event, rule)
            case SpeechHeard() if self.state is State.RELEASED:
                self._wake(event.at_ns, self._times.left_off_hook_ms, "left_off_hook")
        return self.state

    def _off_hook(self, event: OffHook, rule: Rule) -> Target:
        incoming = bool(self._ringing.bursts or self._ringing.numbers)
        self._session = Session(event.at_ns, self._ringing, incoming=incoming)
        self._ringing = Ringing()
        self.deadline = None
        return State.TALKING if incoming else rule[0]

    def _on_hook(self, event: OnHook, rule: Rule) -> Target:
        self._before_break, self._held_deadline = self.state, self.deadline
        self._break_ns = event.at_ns
        self._wake(event.at_ns, self._times.replaced_after_ms, "replaced")
        return rule[0]

    def _short_break(self, rule: Rule) -> Target:
        self._running().short_breaks += 1
        self.deadline = self._held_deadline
        return rule[0]

    def _flash(self, event: Flash, rule: Rule) -> Target:
        if self._session is None:
            return self.state
        self._session.flashes.append(max(event.at_ns, *self._session.flashes, self._session.began_ns))
        self.deadline = None
        return TRANSITIONS[self._before_break][Flash][0] if self.state is State.LOOP_BREAK else rule[0]

    def _ring(self, event: RingBurst, rule: Rule) -> Target:
        session = self._session
        if session is None:
            self._ringing.bursts.append(event)
            self._wake(event.at_ns, self._times.ringing_over_ms, "ringing_over")
            return rule[0]
        if event.at_ns - session.began_ns >= LATE_RING_NS or session.dialled:
            return self.state  # no ringing voltage can stand on a loop that is closed: noise
        session.ringing.bursts.append(event)
        session.incoming = True
        return self._go(rule[0])

    def _deadline(self, event: DeadlinePassed, rule: Rule) -> Target:
        if event.name == "left_off_hook":
            self._running().left_off_hook = True
        return rule[0]

    def _caller(self, event: CallerId | SerialRecord) -> Target:
        """Before or between rings: kept for the call that is to come, and forgotten if none does."""
        if isinstance(event, CallerId):
            self._ringing.caller(event)
        elif event.started and event.inbound:
            self._ringing.record(event)
        if self.state is State.ON_HOOK and self._ringing.numbers:
            self._wake(event.at_ns, self._times.ringing_over_ms, "ringing_over")
        return self.state

    def _serial_record(self, session: Session, event: SerialRecord) -> Target:
        if not event.started:
            return self.state  # its end repeats what its start told
        session.record(event)
        if self.state is not State.DIALLING:
            return self.state
        return self._go(State.TALKING if event.inbound else State.CALLING)

    def _digit(self, session: Session, event: Digit, rule: Rule) -> Target:
        session.digit(event)
        if rule[0] is State.DIALLING:
            self._wake(event.at_ns, self._times.digits_over_ms, "digits_over")
        return rule[0]

    def _tone(self, session: Session, event: ToneHeard, rule: Rule) -> Target:
        session.tones.append(event)
        if event.confidence < SURE:
            return self.state
        if event.tone == "howler" and State.LEFT_OFF_HOOK in rule:
            session.left_off_hook = True
            return self._go(State.LEFT_OFF_HOOK)
        progress = event.tone in ("ringback", "busy", "congestion")
        return self._go(State.CALLING if progress and State.CALLING in rule else self.state)

    def _released(self, session: Session, event: FarEndReleased, rule: Rule) -> Target:
        session.releases.append(event)
        if event.confidence < SURE or State.RELEASED not in rule:
            return self.state
        self._wake(event.at_ns, self._times.left_off_hook_ms, "left_off_hook")
        return State.RELEASED

    def _go(self, target: Target) -> Target:
        """A change of state ends what the old one was waiting for."""
        if target is not self.state:
            self.deadline = None
        return target

    def _wake(self, from_ns: int, after_ms: int, name: DeadlineName) -> None:
        self.deadline = Deadline(from_ns + after_ms * NS_PER_MS, name)

    def _running(self) -> Session:
        if self._session is None:
            raise CallError("no call is running")
        return self._session

    def _end_session(self) -> CallResult:
        result = self._running().result(self._break_ns)
        self._session, self._ringing = None, Ringing()
        return result


def _ringing_ended(ringing: Ringing, *, answered: bool) -> tuple[Told, ...]:
    bursts = ringing.bursts
    if not bursts:
        return ()
    return (RingingEnded(len(bursts), bursts[0].at_ns, bursts[-1].at_ns, answered),)
