"""Whatever the line tells, in whatever order: calls begin and end in pairs, and time adds up."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.call.events import (
    SIGNALS,
    Answered,
    CallerId,
    DeadlinePassed,
    Digit,
    FarEndReleased,
    Flash,
    OffHook,
    OnHook,
    RingBurst,
    SerialRecord,
    SpeechHeard,
    ToneHeard,
)
from firmware.call.machine import CallMachine
from firmware.call.table import OFF_HOOK_STATES, TRANSITIONS, State
from firmware.call.told import CallBegan, CallEnded, CallTimes

MS = 1_000_000
confidences = st.integers(0, 1000)


def signal(at_ns: int):
    at = st.just(at_ns)
    return st.one_of(
        st.builds(RingBurst, at),
        st.builds(Flash, at, st.none()),
        st.builds(
            CallerId,
            at,
            number=st.sampled_from(["", "1", "2"]),
            source=st.just("fsk"),
            confidence=confidences,
        ),
        st.builds(Digit, at, st.sampled_from("12#"), st.just("dtmf"), confidences),
        st.builds(
            ToneHeard, at, st.sampled_from(["dial", "ringback", "busy", "congestion", "howler"]), confidences
        ),
        st.builds(Answered, at, st.just("speech"), confidences),
        st.builds(FarEndReleased, at, st.just("busy_tone"), confidences),
        st.builds(SpeechHeard, at, confidences),
        st.builds(
            SerialRecord,
            at,
            inbound=st.booleans(),
            started=st.booleans(),
            seconds=st.just(1),
            rings=st.just(1),
            checksum_ok=st.booleans(),
            number=st.sampled_from(["", "3"]),
            name=st.just(""),
        ),
    )


@st.composite
def histories(draw):
    """Times and events as drivers give them: the hook only ever changes."""
    now, lifted, events = 0, False, []
    for _ in range(draw(st.integers(0, 30))):
        now += draw(st.sampled_from([1, 30, 79, 80, 400, 799, 800, 900, 5000, 61_000])) * MS
        if draw(st.booleans()):
            lifted = not lifted
            events.append(OffHook(now) if lifted else OnHook(now))
        else:
            events.append(draw(signal(now)))
    return events


def play(events):
    machine = CallMachine(CallTimes())
    told = []

    def pass_until(at_ns):
        while (deadline := machine.deadline) and deadline.at_ns <= at_ns:
            told.extend(machine.handle(DeadlinePassed(deadline.at_ns, deadline.name)))

    for event in events:
        pass_until(event.at_ns)
        told.extend(machine.handle(event))
        assert machine.off_hook == (machine.state in OFF_HOOK_STATES)
    if machine.off_hook and machine.state is not State.LOOP_BREAK:
        last = events[-1].at_ns
        told.extend(machine.handle(OnHook(last + 1)))
    pass_until(10**18)
    assert machine.state is State.ON_HOOK
    assert machine.deadline is None
    return told


@settings(max_examples=80)
@given(histories())
def test_every_call_that_begins_ends_once(events):
    bounds = [one for one in play(events) if isinstance(one, CallBegan | CallEnded)]
    assert [type(one) for one in bounds] == [CallBegan, CallEnded] * (len(bounds) // 2)


@settings(max_examples=80)
@given(histories())
def test_durations_add_up(events):
    results = [one.result for one in play(events) if isinstance(one, CallEnded)]
    for result in results:
        assert result.off_hook_ns <= result.on_hook_ns
        assert result.legs[0].began_ns == result.off_hook_ns
        for leg, following in pairwise(result.legs):
            assert leg.ended_ns == following.began_ns
        assert all(leg.began_ns <= leg.ended_ns for leg in result.legs)
        assert result.legs[-1].ended_ns >= result.legs[-1].began_ns
        assert len(result.legs) == result.flashes + 1
        if result.talk_ms is not None:
            assert 0 <= result.talk_ms <= result.off_hook_ms
    for earlier, later in pairwise(results):
        assert later.off_hook_ns - earlier.on_hook_ns >= CallTimes().replaced_after_ms * MS


@settings(max_examples=80)
@given(histories())
def test_the_same_events_give_the_same_calls(events):
    assert play(events) == play(events)


def test_every_state_takes_every_signal():
    for state, rules in TRANSITIONS.items():
        for kind in SIGNALS:
            assert kind in rules, f"{state} does not take {kind.__name__}"


def test_every_state_can_be_reached():
    reached = {target for rules in TRANSITIONS.values() for targets in rules.values() for target in targets}
    assert set(State) <= reached
