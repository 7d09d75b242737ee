"""What the line told: the inputs of the call machine. Frozen, slotted, each with its own time.

`at_ns` is CLOCK_MONOTONIC of what happened on the line, not of when anybody noticed. Confidence is in
thousandths (1000: certain), never a guess dressed as a fact. Numbers and digits are hidden from `repr`, so
that no log and no traceback shows them.
"""

from dataclasses import dataclass, field
from typing import Literal

Source = Literal["fsk", "dtmf", "pulse", "serial"]
Tone = Literal["dial", "ringback", "busy", "congestion", "howler"]
AnswerEvidence = Literal["reversal", "serial", "speech_after_ringback", "speech"]
ReleaseEvidence = Literal["busy_tone", "dial_tone", "current_break", "reversal", "serial"]
DeadlineName = Literal["replaced", "ringing_over", "digits_over", "left_off_hook"]

CERTAIN = 1000


class CallError(Exception):
    """An event that cannot happen in this state: a fault of whoever feeds the machine."""


@dataclass(frozen=True, slots=True)
class Event:
    at_ns: int

    def __post_init__(self) -> None:
        if self.at_ns < 0:
            raise CallError(f"{type(self).__name__} at {self.at_ns} ns: monotonic time is never negative")


@dataclass(frozen=True, slots=True)
class OffHook(Event):
    """The handset was lifted, or came back after a break. Never told twice in a row."""


@dataclass(frozen=True, slots=True)
class OnHook(Event):
    """The hook went down; whether for good is for the machine to say. Never told twice in a row."""


@dataclass(frozen=True, slots=True)
class DeadlinePassed(Event):
    """The machine's own `deadline` has come. `at_ns` is the deadline, however late it is told."""

    name: DeadlineName


@dataclass(frozen=True, slots=True)
class RingBurst(Event):
    """One burst of ringing has ended; `duration_ms` None where the interface does not tell."""

    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Flash(Event):
    """The hook was down longer than a pulse and shorter than the end of a call, or an interface says so."""

    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ShortBreak(Event):
    """The hook was down too shortly for a flash: bounce, a dial pulse, or the exchange's doing."""

    duration_ms: int


@dataclass(frozen=True, slots=True)
class CallerId(Event):
    """Who calls, as decoded. Empty number: withheld or not sent, see `reason`."""

    number: str = field(repr=False)
    source: Source
    confidence: int
    name: str = field(default="", repr=False)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SerialRecord(Event):
    """A call record of a serial line interface: `started` False at the end of the call."""

    inbound: bool
    started: bool
    seconds: int
    rings: int
    checksum_ok: bool
    number: str = field(repr=False)
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Digit(Event):
    """One digit dialled at this desk: 0 to 9, *, #, A to D."""

    digit: str = field(repr=False)
    source: Source
    confidence: int


@dataclass(frozen=True, slots=True)
class ToneHeard(Event):
    """A call-progress tone, once its cadence is sure; `at_ns` is its first beginning."""

    tone: Tone
    confidence: int


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """The far end answered, on this evidence."""

    evidence: AnswerEvidence
    confidence: int


@dataclass(frozen=True, slots=True)
class FarEndReleased(Event):
    """The far end hung up, on this evidence."""

    evidence: ReleaseEvidence
    confidence: int


@dataclass(frozen=True, slots=True)
class SpeechHeard(Event):
    """Somebody speaks on the line."""

    confidence: int


SIGNALS = (CallerId, SerialRecord, Digit, ToneHeard, Answered, FarEndReleased, SpeechHeard, RingBurst, Flash)
"""Events that come from decoding the line: they may be late, so every state takes them."""
