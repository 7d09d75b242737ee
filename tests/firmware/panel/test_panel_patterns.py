import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.panel.patterns import (
    ATTENTION,
    CHASE_AMBER,
    CHASE_GREEN,
    CHASE_RED,
    FAST_BLINK,
    LAMP_TEST,
    LONG_BLINKS,
    OFF,
    ON,
    PATTERNS,
    SLOW_BLINK,
    Pattern,
)

ANY = st.sampled_from(list(PATTERNS.values()))
MS = st.floats(0, 100_000)


def flashes(pattern: Pattern, window_ms: int) -> int:
    """Most changes from dark to light within any window of this length."""
    levels = [pattern.level_at(ms) > 0 for ms in range(0, 20_000, 10)]
    rises = [index * 10 for index in range(1, len(levels)) if levels[index] and not levels[index - 1]]
    return max((sum(begin <= at < begin + window_ms for at in rises) for begin in rises), default=0)


@given(ANY, MS)
def test_nothing_changes_before_the_next_change(pattern, at_ms):
    change_ms = pattern.next_change_ms(at_ms)
    until_ms = at_ms + 10_000 if change_ms is None else change_ms
    assert until_ms > at_ms
    for part in (0.25, 0.5, 0.75):
        between = at_ms + (until_ms - at_ms) * part
        if between < until_ms:
            assert pattern.level_at(between) == pattern.level_at(at_ms)


@given(ANY, MS)
def test_repeating_patterns_repeat(pattern, at_ms):
    at_ms = round(at_ms)
    if pattern.repeats:
        assert pattern.level_at(at_ms) == pattern.level_at(at_ms + pattern.period_ms)


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_at_most_three_flashes_a_second(pattern):
    assert flashes(pattern, 1000) <= 3


@pytest.mark.parametrize("count", ATTENTION)
def test_attention_is_n_blinks_and_a_pause_longer_than_the_gaps(count):
    pattern = ATTENTION[count]
    lit = [ms for level, ms in pattern.steps if level]
    dark = [ms for level, ms in pattern.steps if not level]
    assert len(lit) == count
    assert dark[-1] >= 3 * max(dark[:-1], default=0)


def test_fast_slow_long_and_steady_are_told_apart():
    assert ON.level_at(12_345) == 1
    assert OFF.level_at(12_345) == 0
    assert FAST_BLINK.period_ms * 4 <= SLOW_BLINK.period_ms
    assert [ms for level, ms in LONG_BLINKS.steps if level] == [800, 800]


def test_the_lamp_test_lasts_one_second_and_never_comes_again():
    assert LAMP_TEST.level_at(0) == LAMP_TEST.level_at(999) == 1
    assert LAMP_TEST.level_at(1000) == LAMP_TEST.level_at(10_000) == 0
    assert LAMP_TEST.next_change_ms(0) == 1000
    assert LAMP_TEST.next_change_ms(1000) is None


def test_the_chase_lights_exactly_one_lamp_at_any_time():
    for ms in range(0, 3000, 50):
        assert [lamp.level_at(ms) for lamp in (CHASE_GREEN, CHASE_RED, CHASE_AMBER)].count(1.0) == 1


@pytest.mark.parametrize("steps", [(), ((1.0, 0),), ((1.5, 100),), ((-0.1, 100),)])
def test_a_bad_pattern_cannot_exist(steps):
    with pytest.raises(ValueError, match="pattern bad"):
        Pattern("bad", steps)
