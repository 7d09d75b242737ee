"""Caller id sent as DTMF: A…D…B…C, D…C, A…#, D1#, and what operators made of it.

A start code A to D is nobody's dialling and is taken wherever it stands. A start code * or #, or none at all,
is taken only next to ringing or on a line that is known to be on-hook: *57# is dialled by people. There is no
check in this form: confidence is less than that of FSK.
"""

import re
from dataclasses import dataclass, field
from typing import Protocol

GAP = 4000  # samples between digits of one spill: 0.5 s
RING_BEFORE = 48000  # a spill begins within 6 s of the burst it follows
RING_BEHIND = 24000  # or the burst begins within 3 s of its end
LONGEST = 64
LETTERED, PLAIN = 900, 700  # confidence, thousandths

PARTS = re.compile(r"^(?:A(?P<number>\d{3,24}))?(?:D(?P<redirecting>\d{3,24}))?(?:B(?P<info>\d{1,2}))?C$")
ABSENT = re.compile(r"^D(?P<info>[123])#$")
LETTER_FIRST = re.compile(r"^[ABCD](?P<number>\d{3,20})[ABCD*#]$")
SIGN_FIRST = re.compile(r"^[*#]?(?P<number>\d{3,20})[ABCD*#]$")
REASONS = {"00": "O", "10": "P", "1": "P", "2": "O", "3": "O"}  # not available, restricted; TR of the # form


class DigitLike(Protocol):
    @property
    def digit(self) -> str: ...
    @property
    def start_sample(self) -> int: ...
    @property
    def end_sample(self) -> int: ...


@dataclass(frozen=True, slots=True)
class DtmfCallerId:
    """`reason`: "P" withheld, "O" not available, where there is no number. Confidence: thousandths."""

    start_sample: int
    end_sample: int
    number: str | None = field(repr=False)
    redirecting: str | None = field(repr=False)
    reason: str | None
    raw: str = field(repr=False)
    confidence: int


class DtmfCallerIdReader:
    """Digits, rings and the passing of time in, in order. `on_hook`: None where it is not known."""

    def __init__(self) -> None:
        self.on_hook: bool | None = None
        self._spill: list[DigitLike] = []
        self._waiting: DtmfCallerId | None = None  # without a letter: until it rings
        self._rang = -RING_BEFORE

    def digit(self, digit: DigitLike) -> list[DtmfCallerId]:
        found = self.passed(digit.start_sample)
        self._spill = [*self._spill, digit][-LONGEST:]
        return found + (self._end(sure=False) if digit.digit in "C#" else [])

    def ring(self, start_sample: int, end_sample: int) -> list[DtmfCallerId]:
        """A burst of ringing."""
        found = self._end(sure=True)
        waiting, self._waiting, self._rang = self._waiting, None, end_sample
        near = waiting is not None and start_sample - waiting.end_sample <= RING_BEHIND
        return found + ([waiting] if waiting and near else [])

    def passed(self, sample: int) -> list[DtmfCallerId]:
        """Nothing came until `sample`."""
        late = self._spill and sample - self._spill[-1].end_sample > GAP
        return self._end(sure=True) if late else []

    def finish(self) -> list[DtmfCallerId]:
        return self._end(sure=True)

    def _end(self, *, sure: bool) -> list[DtmfCallerId]:
        """Read the spill; `sure`: it is over, so that what cannot be read is forgotten."""
        if not self._spill:
            return []
        found = self._read("".join(digit.digit for digit in self._spill))
        if found is None:
            self._spill = [] if sure else self._spill
            return []
        start, self._spill = self._spill[0].start_sample, []
        near = self.on_hook or 0 <= start - self._rang <= RING_BEFORE
        if found.confidence == PLAIN and not near:
            self._waiting = found if self.on_hook is None else None
            return []
        return [found]

    def _read(self, raw: str) -> DtmfCallerId | None:
        if (parts := PARTS.match(raw)) and len(raw) > 1:
            number, redirecting, info = parts.group("number", "redirecting", "info")
            if number is None and info is None:  # D…C: the caller's number in the place of the other
                number, redirecting = redirecting, None
            return self._found(raw, number, redirecting, info, LETTERED)
        if absent := ABSENT.match(raw):
            return self._found(raw, None, None, absent["info"], LETTERED)
        if lettered := LETTER_FIRST.match(raw):
            return self._found(raw, lettered["number"], None, None, LETTERED)
        if plain := SIGN_FIRST.match(raw):
            return self._found(raw, plain["number"], None, None, PLAIN)
        return None

    def _found(
        self, raw: str, number: str | None, redirecting: str | None, info: str | None, confidence: int
    ) -> DtmfCallerId:
        start, end = self._spill[0].start_sample, self._spill[-1].end_sample
        reason = None if number else REASONS.get(info or "", "O")
        return DtmfCallerId(start, end, number or None, redirecting or None, reason, raw, confidence)
