"""Debouncing: a level counts when it held for the whole time, whenever the thread looked."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.hook import HookLifted, HookReplaced
from drivers.hook.debounce import Debouncer

MS = 1_000_000


def run(levels, debounce_ms=20, until_ms=10_000):
    """Events from (time_ms, lifted) pairs."""
    debouncer = Debouncer(debounce_ms * MS)
    events = [debouncer.level(at_ms * MS, lifted) for at_ms, lifted in levels]
    events.append(debouncer.due(until_ms * MS))
    return [event for event in events if event is not None]


def test_a_clean_lift_carries_the_time_of_the_edge():
    assert run([(100, True)]) == [HookLifted(100 * MS)]


def test_bounces_are_one_lift():
    assert run([(100, True), (103, False), (104, True), (112, False), (113, True)]) == [HookLifted(113 * MS)]


def test_a_glitch_is_nothing():
    assert run([(100, True), (105, False)]) == []


def test_a_late_thread_loses_no_pulse():
    """50 ms up, seen only when the next edge comes, and nobody asked in between."""
    assert run([(100, True), (150, False)]) == [HookLifted(100 * MS), HookReplaced(150 * MS)]


def test_exactly_long_enough_counts():
    assert run([(100, True), (120, False)]) == [HookLifted(100 * MS), HookReplaced(120 * MS)]


def test_repeated_readings_of_a_level_change_nothing():
    assert run([(0, False), (100, True), (110, True), (115, True), (2000, True)]) == [HookLifted(100 * MS)]


def test_chatter_holds_no_level_however_long_it_lasts():
    debouncer = Debouncer(20 * MS)
    debouncer.level(0, False)
    debouncer.level(1000 * MS, False)
    for at_ms in range(1000, 9000, 4):
        assert debouncer.level(at_ms * MS, at_ms % 8 == 0) is None
    assert debouncer.steady_ns == 1000 * MS
    debouncer.level(9000 * MS, True)
    assert debouncer.level(9020 * MS, True) == HookLifted(9000 * MS)
    assert debouncer.steady_ns == 9020 * MS


def test_no_debouncing_at_all():
    assert run([(100, True), (101, False)], debounce_ms=0) == [HookLifted(100 * MS), HookReplaced(101 * MS)]


def test_the_deadline_is_when_due_tells():
    debouncer = Debouncer(20 * MS)
    assert debouncer.deadline_ns is None
    debouncer.level(100 * MS, True)
    assert debouncer.deadline_ns == 120 * MS
    assert debouncer.due(120 * MS - 1) is None
    assert debouncer.due(120 * MS) == HookLifted(100 * MS)
    assert debouncer.deadline_ns is None
    assert debouncer.lifted


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=60), st.sets(st.integers(0, 3600)))
def test_same_events_whenever_somebody_looks(steps, looks):
    at_ms, levels = 0, []
    for step, lifted in steps:
        at_ms += step
        levels.append((at_ms, lifted))
    expected = run(levels)
    debouncer, found = Debouncer(20 * MS), []
    moments = sorted([(at, 1, lifted) for at, lifted in levels] + [(at, 0, None) for at in looks])
    for at, _, lifted in moments:
        event = debouncer.due(at * MS) if lifted is None else debouncer.level(at * MS, lifted)
        found += [event] if event else []
    found += [event for event in [debouncer.due(10_000 * MS)] if event]
    assert found == expected
    kinds = [type(event) for event in found]
    assert kinds == [HookLifted, HookReplaced] * (len(kinds) // 2) + [HookLifted] * (len(kinds) % 2)
    times = [event.at_ns for event in found]
    assert times == sorted(times)
