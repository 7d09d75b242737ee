import itertools

import pytest

from firmware.panel import readme
from firmware.panel.facts import Facts
from firmware.panel.situations import TABLE, choose

NAMES = ("identify", "starting", "critical", "off_hook", "recording", "left_off_hook")
ALL_FACTS = [
    Facts(**dict(zip(NAMES, truths, strict=True)), attention=attention)
    for truths in itertools.product((False, True), repeat=len(NAMES))
    for attention in range(7)
]

# The table of the design, row by row: facts → situation, green, red, amber.
ROWS = [
    (Facts(identify=True, critical=True, recording=True), 1, "chase_1", "chase_2", "chase_3"),
    (Facts(starting=True, critical=True), 2, "slow_blink", "lamp_test", "lamp_test"),
    (Facts(critical=True), 3, "off", "off", "fast_blink"),
    (Facts(critical=True, off_hook=True, recording=True), 3, "off", "fast_blink", "fast_blink"),
    (Facts(off_hook=True, recording=True), 4, "on", "on", "off"),
    (Facts(off_hook=True, recording=True, attention=4), 5, "on", "on", "blinks_4"),
    (Facts(off_hook=True, recording=True, attention=1, left_off_hook=True), 5, "on", "on", "blinks_1"),
    (Facts(off_hook=True, recording=True, left_off_hook=True), 6, "on", "on", "long_blinks_2"),
    (Facts(attention=3), 7, "on", "off", "blinks_3"),
    (Facts(), 8, "on", "off", "off"),
]


@pytest.mark.parametrize(("facts", "number", "green", "red", "amber"), ROWS)
def test_each_row(facts, number, green, red, amber):
    shown = choose(facts)
    assert (shown.situation, shown.green.name, shown.red.name, shown.amber.name) == (
        number,
        green,
        red,
        amber,
    )


def test_the_table_has_the_eight_in_order():
    assert [row.number for row in TABLE] == list(range(1, 9))


def test_every_combination_of_facts_has_a_situation():
    assert {choose(facts).situation for facts in ALL_FACTS} == set(range(1, 9))


def test_green_is_never_on_and_red_never_steady_while_something_is_critical():
    for facts in ALL_FACTS:
        shown = choose(facts)
        if facts.critical:
            assert shown.green.name != "on"
            assert shown.red.name != "on"


def test_what_is_shown_differs_without_colour():
    """Two situations that share all three patterns could not be told apart."""
    seen: dict[tuple[str, str, str], set[int]] = {}
    for facts in ALL_FACTS:
        shown = choose(facts)
        patterns = (shown.green.name, shown.red.name, shown.amber.name)
        seen.setdefault(patterns, set()).add(shown.situation)
    assert all(len(situations) == 1 for situations in seen.values())


def test_the_readme_shows_the_table_as_it_is():
    text = readme.README.read_text("utf-8")
    assert readme.with_tables(text) == text, "run `python -m firmware.panel.readme`"


def test_a_readme_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="marks"):
        readme.with_tables("# Panel\n")
