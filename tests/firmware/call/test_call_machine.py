"""The call machine by example: what is told, where it leads, what is known at the end."""

import pytest

from firmware.call.events import (
    Answered,
    CallerId,
    CallError,
    DeadlinePassed,
    Digit,
    Event,
    FarEndReleased,
    OffHook,
    OnHook,
    RingBurst,
    SerialRecord,
    SpeechHeard,
    ToneHeard,
)
from firmware.call.machine import CallMachine
from firmware.call.table import State
from firmware.call.told import CallBegan, CallEnded, CallTimes, FlashSeen, HookMismatch, RingingEnded

S = 1_000_000_000
MS = 1_000_000


class Line:
    """Feeds a machine and passes its deadlines as time goes by."""

    def __init__(self) -> None:
        self.machine = CallMachine(CallTimes())
        self.told = []
        self.now = 0

    def at(self, seconds: float, *events: Event) -> "Line":
        self.until(seconds)
        for event in events:
            self.told += self.machine.handle(event)
        return self

    def until(self, seconds: float) -> "Line":
        self.now = round(seconds * S)
        while (deadline := self.machine.deadline) and deadline.at_ns <= self.now:
            self.told += self.machine.handle(DeadlinePassed(deadline.at_ns, deadline.name))
        return self

    def result(self):
        (ended,) = [one for one in self.told if isinstance(one, CallEnded)]
        return ended.result


def t(seconds: float) -> int:
    return round(seconds * S)


def test_a_lift_begins_a_call_and_the_hook_down_long_enough_ends_it():
    line = Line().at(1, OffHook(t(1))).at(11, OnHook(t(11)))
    assert line.machine.state is State.LOOP_BREAK
    assert line.machine.off_hook
    line.until(11.79)
    assert line.machine.state is State.LOOP_BREAK
    line.until(11.8)
    assert line.machine.state is State.ON_HOOK
    assert line.told == [CallBegan(t(1)), CallEnded(t(11), line.result())]
    assert line.result().off_hook_ms == 10_000


def test_an_unknown_call_is_said_as_unknown():
    result = Line().at(1, OffHook(t(1))).at(2, OnHook(t(2))).until(4).result()
    assert (result.direction, result.outcome, result.hung_up_first) == ("unknown", "unknown", "unknown")
    assert result.talk_ms is None
    assert result.rings_before_answer is None


@pytest.mark.parametrize(
    ("down_ms", "state", "flashes", "breaks"),
    [
        (20, State.DIALLING, 0, 1),
        (79, State.DIALLING, 0, 1),
        (80, State.DIALLING, 1, 0),
        (799, State.DIALLING, 1, 0),
    ],
)
def test_how_long_the_hook_is_down_decides(down_ms, state, flashes, breaks):
    line = Line().at(1, OffHook(t(1))).at(2, OnHook(t(2)))
    back = t(2) + down_ms * MS
    line.at(back / S, OffHook(back))
    assert line.machine.state is state
    result = line.at(5, OnHook(t(5))).until(7).result()
    assert (result.flashes, result.short_breaks) == (flashes, breaks)
    assert len(result.legs) == flashes + 1


def test_a_flash_holds_and_the_next_one_takes_back():
    line = Line().at(1, OffHook(t(1)), Answered(t(1.5), "reversal", 1000))
    assert line.machine.state is State.TALKING
    line.at(2, OnHook(t(2))).at(2.3, OffHook(t(2.3)))
    assert line.machine.state is State.HELD
    assert FlashSeen(t(2), 300) in line.told
    line.at(3, OnHook(t(3))).at(3.3, OffHook(t(3.3)))
    assert line.machine.state is State.TALKING


def test_replaced_comes_even_when_told_late():
    """The edge that lifts again lies behind the deadline: the call is over, a new one begins."""
    line = Line().at(1, OffHook(t(1))).at(2, OnHook(t(2))).until(2.85).at(2.85, OffHook(t(2.85)))
    assert [type(one) for one in line.told] == [CallBegan, CallEnded, CallBegan]


def test_an_incoming_call():
    line = Line()
    for second in (1, 6):
        line.at(second, RingBurst(t(second), 1000))
    line.at(6.5, CallerId(t(6.5), number="13800138000", source="fsk", confidence=990, name="Li"))
    line.at(7, OffHook(t(7)))
    assert line.machine.state is State.TALKING
    result = line.at(17, OnHook(t(17))).until(20).result()
    assert RingingEnded(2, t(1), t(6), answered=True) in line.told
    assert (result.direction, result.outcome, result.rings_before_answer) == ("incoming", "answered", 2)
    assert result.talk_ms == 10_000
    assert [(one.digits, one.role, one.name) for one in result.numbers] == [("13800138000", "caller", "Li")]


def test_a_burst_that_is_told_after_the_lift_was_the_call_that_was_answered():
    line = Line().at(1, OffHook(t(1))).at(1.2, RingBurst(t(1.1)))
    assert line.machine.state is State.TALKING
    assert line.at(3, OnHook(t(3))).until(5).result().direction == "incoming"


def test_a_missed_call_leaves_nothing_to_the_next():
    line = Line().at(1, RingBurst(t(1)), CallerId(t(1.2), number="1", source="fsk", confidence=900))
    line.until(10)
    assert line.machine.state is State.ON_HOOK
    assert line.told == [RingingEnded(1, t(1), t(1), answered=False)]
    result = line.at(20, OffHook(t(20))).at(25, OnHook(t(25))).until(30).result()
    assert (result.direction, result.numbers) == ("unknown", ())


def test_caller_id_before_the_first_ring_belongs_to_the_ring():
    line = Line().at(1, CallerId(t(1), number="12", source="dtmf", confidence=900)).at(2, RingBurst(t(2)))
    result = line.at(3, OffHook(t(3))).at(4, OnHook(t(4))).until(6).result()
    assert [one.digits for one in result.numbers] == ["12"]


def test_an_outgoing_call_that_is_answered_and_ended_over_there():
    line = Line().at(1, OffHook(t(1)), ToneHeard(t(1.1), "dial", 900))
    for index, digit in enumerate("114"):
        line.at(2 + index, Digit(t(2 + index), digit, "dtmf", 950))
    assert line.machine.state is State.DIALLING
    line.at(9.5)
    assert line.machine.state is State.CALLING
    line.at(10, ToneHeard(t(10), "ringback", 900)).at(14, Answered(t(14), "speech_after_ringback", 800))
    assert line.machine.state is State.TALKING
    line.at(44, FarEndReleased(t(44), "busy_tone", 950))
    assert line.machine.state is State.RELEASED
    result = line.at(46, OnHook(t(46))).until(50).result()
    assert (result.direction, result.outcome, result.hung_up_first) == ("outgoing", "answered", "far_end")
    assert result.talk_ms == 30_000
    assert [(one.digits, one.role, one.confidence) for one in result.numbers] == [("114", "dialled", 950)]


@pytest.mark.parametrize(
    ("tone", "outcome"), [("busy", "busy"), ("congestion", "congestion"), ("ringback", "no_answer")]
)
def test_the_tone_tells_why_nobody_answered(tone, outcome):
    line = Line().at(1, OffHook(t(1)), Digit(t(2), "1", "dtmf", 900), ToneHeard(t(5), tone, 900))
    assert line.machine.state is State.CALLING
    assert line.at(9, OnHook(t(9))).until(11).result().outcome == outcome


def test_weak_evidence_is_kept_and_decides_nothing():
    line = Line().at(1, OffHook(t(1)), Digit(t(2), "1", "dtmf", 900), Answered(t(3), "speech", 300))
    assert line.machine.state is State.DIALLING
    result = line.at(4, OnHook(t(4))).until(6).result()
    assert result.outcome == "unknown"
    assert [one.confidence for one in result.answers] == [300]


def test_released_without_speech_is_left_off_hook_and_speech_postpones_it():
    line = (
        Line().at(1, OffHook(t(1)), FarEndReleased(t(10), "busy_tone", 900)).at(40, SpeechHeard(t(40), 900))
    )
    line.until(99)
    assert line.machine.state is State.RELEASED
    line.until(100)
    assert line.machine.state is State.LEFT_OFF_HOOK
    assert line.at(101, OnHook(t(101))).until(105).result().left_off_hook


def test_a_short_break_does_not_lose_the_deadline_before_it():
    line = Line().at(1, OffHook(t(1)), FarEndReleased(t(2), "serial", 900))
    line.at(30, OnHook(t(30))).at(30.02, OffHook(t(30.02)))
    line.until(62)
    assert line.machine.state is State.LEFT_OFF_HOOK


@pytest.mark.parametrize(("inbound", "direction"), [(True, "incoming"), (False, "outgoing")])
def test_the_serial_interface_tells_the_way_of_a_call(inbound, direction):
    record = SerialRecord(
        t(3), inbound=inbound, started=True, seconds=0, rings=1, checksum_ok=True, number="55", name=""
    )
    line = Line().at(1, OffHook(t(1))).at(3, record)
    result = line.at(9, OnHook(t(9))).until(11).result()
    assert result.direction == direction
    assert [one.digits for one in result.numbers] == ["55"]


def test_a_damaged_record_is_kept_as_damaged():
    record = SerialRecord(
        t(3), inbound=True, started=True, seconds=0, rings=1, checksum_ok=False, number="5x", name=""
    )
    line = Line().at(3, record).at(4, OffHook(t(4))).at(9, OnHook(t(9))).until(11)
    (number,) = line.result().numbers
    assert (number.damaged, number.confidence) == (True, 0)


def test_dialling_with_the_hook_down_is_a_mismatch():
    line = Line().at(1, Digit(t(1), "1", "dtmf", 900))
    assert line.told == [HookMismatch(t(1))]
    assert line.machine.state is State.ON_HOOK


def test_the_hook_lifted_twice_is_impossible_and_changes_nothing():
    line = Line().at(1, OffHook(t(1)))
    with pytest.raises(CallError, match="OffHook cannot happen in state dialling"):
        line.machine.handle(OffHook(t(2)))
    assert line.machine.state is State.DIALLING


def test_a_deadline_that_nobody_asked_for_is_refused():
    line = Line().at(1, OffHook(t(1))).at(2, OnHook(t(2)))
    with pytest.raises(CallError, match="nobody asked"):
        line.machine.handle(DeadlinePassed(t(2.5), "replaced"))
    assert line.until(4).machine.state is State.ON_HOOK


def test_no_number_shows_in_a_repr():
    line = Line().at(1, RingBurst(t(1)), CallerId(t(2), number="13800138000", source="fsk", confidence=900))
    line.at(3, OffHook(t(3)), Digit(t(4), "9", "dtmf", 900)).at(5, OnHook(t(5))).until(7)
    assert "13800138000" not in repr(line.told)
    assert "'9'" not in repr(line.told)
