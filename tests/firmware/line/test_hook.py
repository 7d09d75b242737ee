"""Hook edges: bounce, flash, replacing, and pulses, alone and in company."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lines import line_names, load_line
from firmware.line.hook import HookEvent, HookReader, HookTimes, PulseDigit, read_hook

LIFT, DOWN = (0.5, True), 12.0


def told(edges, times=None):
    return [
        event.digit if isinstance(event, PulseDigit) else (event.kind, round(event.at_s, 3))
        for event in read_hook([LIFT, *edges, (DOWN, False)], times)
    ][1:-1]


def gap(at_s, seconds):
    return [(at_s, False), (at_s + seconds, True)]


def dial(number, pps, part, at_s=1.5, between_s=0.6):
    edges = []
    for digit in number:
        for _ in range(int(digit) or 10):
            edges += gap(at_s, part / pps)
            at_s += 1 / pps
        at_s += between_s
    return edges


def test_lifted_and_replaced():
    assert [(e.kind, e.at_s) for e in read_hook([(0.5, True), (4.0, False)])] == [
        ("off_hook", 0.5),
        ("on_hook", 4.0),
    ]


@pytest.mark.parametrize("number", ["1", "11", "112", "0123456789", "999", "1010101"])
@pytest.mark.parametrize(
    ("pps", "part"), [(10, 0.5), (10, 0.6), (10, 0.67), (8, 0.61), (12, 0.65), (20, 0.67), (20, 0.5)]
)
def test_pulses_at_any_speed(number, pps, part):
    times = HookTimes(flash_min_s=0.15)  # where no flash is as short as a pulse
    edges = [LIFT, *dial(number, pps, part)]
    events = read_hook([*edges, (edges[-1][0] + 3, False)], times)
    assert "".join(e.digit for e in events if isinstance(e, PulseDigit)) == number
    assert [e.kind for e in events if isinstance(e, HookEvent)] == ["off_hook", "on_hook"]


def test_pulse_digit_spans_its_breaks():
    digit = read_hook([LIFT, *dial("3", 10, 0.6)])[1]
    assert (digit.start_s, digit.end_s) == (pytest.approx(1.5), pytest.approx(1.76))


@pytest.mark.parametrize("line", line_names())
@pytest.mark.parametrize("seconds", [0.25, 0.4, 0.6, 0.8])
def test_flash_in_every_network(line, seconds):
    assert told(gap(4.0, seconds), HookTimes.of(load_line(line).hook)) == [("flash", 4.0)]


def test_flash_beyond_the_profile_is_less_sure():
    times = HookTimes.of(load_line("cn").hook)
    inside, beyond = (read_hook([LIFT, *gap(4.0, seconds)], times)[1] for seconds in (0.6, 1.0))
    assert inside.confidence > beyond.confidence


def test_long_break_replaces():
    assert told(gap(4.0, 1.6)) == [("on_hook", 4.0), ("off_hook", 5.6)]


@pytest.mark.parametrize("seconds", [0.001, 0.008, 0.019])
def test_bounce_is_nothing(seconds):
    assert told(gap(4.0, seconds)) == []


def test_bounce_at_each_edge_moves_nothing():
    edges = []
    for at_s, off_hook in [*gap(4.0, 0.3), *dial("12", 10, 0.6, at_s=6.0)]:
        edges += [(at_s, off_hook), (at_s + 0.0015, not off_hook), (at_s + 0.003, off_hook)]
    assert told(edges)[1:] == ["1", "2"]
    assert told(edges)[0] == ("flash", 4.003)


def test_on_hook_blip_is_no_lift():
    assert read_hook([(1.0, True), (1.015, False)]) == []


def test_break_alone_is_a_flash_where_the_network_takes_one_so_short():
    timed_break = HookTimes.of(load_line("uk").hook)
    assert told(gap(4.0, 0.1), timed_break) == [("flash", 4.0)]


def test_break_alone_is_the_digit_1_where_no_flash_is_so_short():
    assert told(gap(4.0, 0.1), HookTimes.of(load_line("us").hook)) == ["1"]


def test_break_followed_by_pulses_is_the_digit_1():
    timed_break = HookTimes.of(load_line("uk").hook)
    assert told(dial("12", 10, 0.67), timed_break) == ["1", "2"]
    assert told(dial("11", 10, 0.67), timed_break) == ["1", "1"]
    assert told(dial("21", 10, 0.67), timed_break) == ["2", "1"]


def test_break_after_a_flash_may_be_a_flash_again():
    timed_break = HookTimes.of(load_line("uk").hook)
    edges = [*dial("2", 10, 0.67), *gap(4.0, 0.4), *gap(8.0, 0.1)]
    assert told(edges, timed_break) == ["2", ("flash", 4.0), ("flash", 8.0)]


def test_eleven_pulses_are_no_digit():
    assert told([edge for k in range(11) for edge in gap(2 + k / 10, 0.06)]) == []


def test_live_reader_tells_by_its_deadlines():
    reader, events = HookReader(), []
    for at_s, off_hook in [LIFT, *dial("21", 10, 0.6), (DOWN, False)]:
        while reader.deadline_s is not None and reader.deadline_s <= at_s:
            events += reader.passed(reader.deadline_s)
        events += reader.edge(at_s, off_hook)
    while reader.deadline_s is not None:
        events += reader.passed(reader.deadline_s)
    assert events == read_hook([LIFT, *dial("21", 10, 0.6), (DOWN, False)])


def test_readings_of_the_same_level_change_nothing():
    edges = [LIFT, *dial("21", 10, 0.6), *gap(7.0, 0.4), (DOWN, False)]
    polled = sorted([*edges, *((k / 100, level_at(edges, k / 100)) for k in range(1300))])
    assert read_hook(polled) == read_hook(edges)


def level_at(edges, at_s):
    return next((off for edge_s, off in reversed(edges) if edge_s <= at_s), False)


@pytest.mark.parametrize("times", [(0.0, 1.0, 1.2), (0.3, 0.2, 1.2), (0.1, 1.0, 0.5)])
def test_impossible_times_are_refused(times):
    with pytest.raises(ValueError, match="must be"):
        HookTimes(*times)


@given(st.lists(st.tuples(st.floats(0.0005, 2.0), st.booleans()), max_size=80))
def test_junk_gives_alternating_events_in_order(steps):
    at_s, edges = 0.0, []
    for step, off_hook in steps:
        at_s += step
        edges.append((at_s, off_hook))
    events = read_hook(edges)
    kinds = [e.kind for e in events if isinstance(e, HookEvent) and e.kind != "flash"]
    assert kinds == ["off_hook", "on_hook"] * (len(kinds) // 2) + ["off_hook"] * (len(kinds) % 2)
    starts = [e.start_s if isinstance(e, PulseDigit) else e.at_s for e in events]
    assert starts == sorted(starts)
