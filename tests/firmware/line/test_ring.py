"""Ring bursts into rings."""

import pytest

from config.lines import load_line
from firmware.line.ring import RingCounter


def rings(counter, bursts):
    return [ring for start, end in bursts for ring in counter.burst(start, end)] + counter.stopped()


def test_each_burst_is_a_ring():
    found = rings(RingCounter(load_line("cn").ring.cadence_ms), [(0, 1), (5, 6), (10, 10.4)])
    assert [(ring.index, ring.start_s, ring.on_cadence) for ring in found] == [
        (1, 0, True),
        (2, 5, True),
        (3, 10, False),
    ]


@pytest.mark.parametrize("cadence", [(), (400, 200, 400, 2000)])
def test_double_bursts_are_one_ring(cadence):
    found = rings(RingCounter(cadence), [(t + d, t + d + 0.4) for t in (0, 3, 6) for d in (0, 0.6)])
    assert [(ring.index, ring.end_s - ring.start_s) for ring in found] == [
        (k, pytest.approx(1.0)) for k in (1, 2, 3)
    ]
    assert all(ring.on_cadence for ring in found)


def test_clicks_are_no_ring():
    assert rings(RingCounter(), [(0, 0.05)]) == []


def test_ringing_anew_counts_from_one():
    counter = RingCounter((1000, 4000))
    assert [ring.index for ring in rings(counter, [(0, 1), (5, 6)]) + rings(counter, [(60, 61)])] == [1, 2, 1]


def test_chatter_takes_no_memory():
    counter = RingCounter((1000, 4000))
    found = rings(counter, [(k * 0.3, k * 0.3 + 0.2) for k in range(1000)])
    assert len(found) == 1
    assert not found[0].on_cadence


def test_deadline_is_half_the_long_pause():
    counter = RingCounter((1000, 4000))
    assert counter.deadline_s is None
    counter.burst(0, 1)
    assert counter.deadline_s == 3.0
    assert counter.passed(2.9) == []
    assert len(counter.passed(3.0)) == 1
    assert counter.silent_after_s == 6.0


def test_odd_cadence_is_refused():
    with pytest.raises(ValueError, match="on, off"):
        RingCounter((400, 200, 400))
