"""The eight situations: one strict table, the first row that matches wins. README.md is made from it.

Every combination of facts matches a row (a test tries them all), and green is on in a row only when the row
demands that nothing is critical: green means that a live process proves the recording path.
"""

from collections.abc import Callable
from dataclasses import dataclass

from firmware.panel import patterns
from firmware.panel.facts import Facts
from firmware.panel.patterns import Pattern


@dataclass(frozen=True, slots=True)
class Lamp:
    """One cell: what the label says, and the pattern that the facts choose."""

    text: str
    choose: Callable[[Facts], Pattern]


@dataclass(frozen=True, slots=True)
class Situation:
    """needs: facts and the truth that each must have."""

    number: int
    title: str
    needs: tuple[tuple[str, bool], ...]
    green: Lamp
    red: Lamp
    amber: Lamp

    def matches(self, facts: Facts) -> bool:
        return all(facts.holds(name, wanted) for name, wanted in self.needs)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the agent sees."""

    situation: int
    green: Pattern
    red: Pattern
    amber: Pattern


def _always(text: str, pattern: Pattern) -> Lamp:
    return Lamp(text, lambda _: pattern)


_OFF = _always("off", patterns.OFF)
_ON = _always("on", patterns.ON)
_TEST = _always("lamp test 1 s", patterns.LAMP_TEST)
_ATTENTION = Lamp(
    "n short blinks, pause: n = 1 audio, 2 line, 3 disk, 4 network, 5 clock, 6 power or box",
    lambda facts: patterns.ATTENTION[facts.attention],
)
_SAME_ATTENTION = Lamp("as in 5", _ATTENTION.choose)

TABLE: tuple[Situation, ...] = (
    Situation(
        1,
        "identify (15 s, on command)",
        (("identify", True),),
        _always("chase", patterns.CHASE_GREEN),
        _always("chase", patterns.CHASE_RED),
        _always("chase", patterns.CHASE_AMBER),
    ),
    Situation(
        2,
        "starting, self test",
        (("starting", True),),
        _always("slow blink", patterns.SLOW_BLINK),
        _TEST,
        _TEST,
    ),
    Situation(
        3,
        "cannot record (critical)",
        (("critical", True),),
        _OFF,
        Lamp(
            "off, or fast blink when off-hook",
            lambda facts: patterns.FAST_BLINK if facts.off_hook else patterns.OFF,
        ),
        _always("fast blink", patterns.FAST_BLINK),
    ),
    Situation(
        4,
        "recording, all well",
        (("critical", False), ("recording", True), ("attention", False), ("left_off_hook", False)),
        _ON,
        _ON,
        _OFF,
    ),
    Situation(
        5,
        "recording, something needs attention (major)",
        (("critical", False), ("recording", True), ("attention", True)),
        _ON,
        _ON,
        _ATTENTION,
    ),
    Situation(
        6,
        "left off-hook",
        (("critical", False), ("recording", True), ("left_off_hook", True)),
        _ON,
        _ON,
        _always("two long blinks", patterns.LONG_BLINKS),
    ),
    Situation(
        7,
        "ready, something needs attention",
        (("critical", False), ("recording", False), ("attention", True)),
        _ON,
        _OFF,
        _SAME_ATTENTION,
    ),
    Situation(
        8,
        "ready",
        (("critical", False), ("recording", False), ("attention", False)),
        _ON,
        _OFF,
        _OFF,
    ),
)


def choose(facts: Facts) -> Shown:
    """LookupError for facts that no row foresees: the panel must end then, and amber lights by its wiring."""
    for row in TABLE:
        if row.matches(facts):
            return Shown(row.number, row.green.choose(facts), row.red.choose(facts), row.amber.choose(facts))
    raise LookupError(f"no situation for {facts}")
