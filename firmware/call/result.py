"""What is known about a call when it is over. Unknown is said as unknown; nothing is overwritten by a
guess.
"""

from dataclasses import dataclass, field
from typing import Literal

from firmware.call.events import Answered, FarEndReleased, Source, ToneHeard

Direction = Literal["incoming", "outgoing", "unknown"]
Outcome = Literal["answered", "busy", "no_answer", "congestion", "abandoned", "unknown"]
Party = Literal["agent", "far_end", "unknown"]

SURE = 500  # evidence at or above this counts; below it is kept, and decides nothing


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number as somebody told it. `role`: "caller" rang us, "dialled" was dialled here."""

    digits: str = field(repr=False)
    role: Literal["caller", "dialled"]
    source: Source
    confidence: int
    name: str = field(default="", repr=False)
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Leg:
    """Part of a call between flashes. `digits`: how many were dialled in it."""

    began_ns: int
    ended_ns: int
    digits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """One off-hook session, from the lift to the moment at which the hook went down for good."""

    off_hook_ns: int
    on_hook_ns: int
    direction: Direction
    numbers: tuple[Number, ...]
    rings_before_answer: int | None
    legs: tuple[Leg, ...]
    flashes: int
    short_breaks: int
    answers: tuple[Answered, ...]
    releases: tuple[FarEndReleased, ...]
    tones: tuple[ToneHeard, ...]
    outcome: Outcome
    answered_ns: int | None
    hung_up_first: Party
    left_off_hook: bool

    @property
    def off_hook_ms(self) -> int:
        return (self.on_hook_ns - self.off_hook_ns) // 1_000_000

    @property
    def talk_ms(self) -> int | None:
        """From the answer to the first release or the hook; None when no answer is known."""
        if self.answered_ns is None:
            return None
        ends = [release.at_ns for release in self.releases if release.at_ns >= self.answered_ns]
        return max(0, min([*ends, self.on_hook_ns]) - self.answered_ns) // 1_000_000
