"""What the machine remembers of the call that runs: only grows while the call lasts."""

from dataclasses import dataclass, field
from typing import Literal

from firmware.call.events import (
    CERTAIN,
    Answered,
    CallerId,
    Digit,
    FarEndReleased,
    RingBurst,
    SerialRecord,
    ToneHeard,
)
from firmware.call.result import SURE, CallResult, Direction, Leg, Number, Outcome, Party

DAMAGED = 0  # confidence of what failed its checksum


@dataclass(slots=True)
class Ringing:
    """Ring bursts and what came with them, until the handset is lifted or the caller gives up."""

    bursts: list[RingBurst] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)

    def caller(self, event: CallerId) -> None:
        if event.number:
            self.numbers.append(Number(event.number, "caller", event.source, event.confidence, event.name))

    def record(self, event: SerialRecord) -> None:
        if event.number:
            self.numbers.append(number_of(event))


@dataclass(slots=True)
class Session:
    """One off-hook session."""

    began_ns: int
    ringing: Ringing
    incoming: bool = False
    outgoing: bool = False
    dialled: list[Digit] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    releases: list[FarEndReleased] = field(default_factory=list)
    tones: list[ToneHeard] = field(default_factory=list)
    flashes: list[int] = field(default_factory=list)
    short_breaks: int = 0
    left_off_hook: bool = False

    def digit(self, event: Digit) -> None:
        self.dialled.append(event)
        if not self.incoming:
            self.outgoing = True

    def record(self, event: SerialRecord) -> None:
        """The interface's word: which way the call goes, and with whom."""
        if event.number and number_of(event) not in self.ringing.numbers:
            self.numbers.append(number_of(event))
        if event.inbound:
            self.incoming = True
        elif not self.incoming:
            self.outgoing = True

    def result(self, on_hook_ns: int) -> CallResult:
        answer = next((one for one in self.answers if one.confidence >= SURE), None)
        return CallResult(
            off_hook_ns=self.began_ns,
            on_hook_ns=on_hook_ns,
            direction=self._direction(),
            numbers=(*self.ringing.numbers, *self.numbers, *self._dialled_numbers()),
            rings_before_answer=len(self.ringing.bursts) if self.incoming else None,
            legs=self._legs(on_hook_ns),
            flashes=len(self.flashes),
            short_breaks=self.short_breaks,
            answers=tuple(self.answers),
            releases=tuple(self.releases),
            tones=tuple(self.tones),
            outcome=self._outcome(answered=answer is not None or self.incoming),
            answered_ns=self.began_ns if self.incoming else answer.at_ns if answer else None,
            hung_up_first=self._hung_up_first(on_hook_ns),
            left_off_hook=self.left_off_hook,
        )

    def _direction(self) -> Direction:
        if self.incoming:
            return "incoming"
        return "outgoing" if self.outgoing else "unknown"

    def _dialled_numbers(self) -> tuple[Number, ...]:
        """One number a leg, by the digits' times."""
        numbers = []
        for leg in self._spans(self.dialled[-1].at_ns + 1 if self.dialled else 0):
            digits = [one for one in self.dialled if leg[0] <= one.at_ns < leg[1]]
            if digits:
                text = "".join(one.digit for one in digits)
                confidence = min(one.confidence for one in digits)
                numbers.append(Number(text, "dialled", digits[0].source, confidence))
        return tuple(numbers)

    def _legs(self, end_ns: int) -> tuple[Leg, ...]:
        return tuple(
            Leg(began, ended, sum(began <= one.at_ns < ended for one in self.dialled))
            for began, ended in self._spans(end_ns)
        )

    def _spans(self, end_ns: int) -> list[tuple[int, int]]:
        begins = [self.began_ns, *self.flashes]
        return list(zip(begins, [*self.flashes, max(end_ns, begins[-1])], strict=True))

    def _outcome(self, *, answered: bool) -> Outcome:
        """As far as the evidence goes; the last tone of a call that nobody answered decides."""
        if answered:
            return "answered"
        tones = [one.tone for one in self.tones if one.confidence >= SURE]
        if "busy" in tones:
            return "busy"
        if "congestion" in tones:
            return "congestion"
        if "ringback" in tones:
            return "no_answer"
        if not self.outgoing and self.tones and not self.dialled:
            return "abandoned"
        return "unknown"

    def _hung_up_first(self, on_hook_ns: int) -> Party:
        """The far end if its release was seen before the hook went down; never assumed from silence."""
        if any(one.confidence >= SURE and one.at_ns <= on_hook_ns for one in self.releases):
            return "far_end"
        return "unknown"


def number_of(event: SerialRecord) -> Number:
    """A damaged record's number is kept as damaged, with no confidence."""
    confidence = CERTAIN if event.checksum_ok else DAMAGED
    role: Literal["caller", "dialled"] = "caller" if event.inbound else "dialled"
    return Number(event.number, role, "serial", confidence, event.name, not event.checksum_ok)
