"""What the machine tells its owner: frozen, each with the time of what happened on the line."""

from dataclasses import dataclass

from firmware.call.events import DeadlineName
from firmware.call.result import CallResult


@dataclass(frozen=True, slots=True)
class CallBegan:
    """The handset is up: a recording begins."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class FlashSeen:
    at_ns: int
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The hook has been down for `replaced_after_ms`; the call ended when it went down."""

    at_ns: int
    result: CallResult


@dataclass(frozen=True, slots=True)
class RingingEnded:
    """A run of ring bursts is over. `answered`: by lifting the handset."""

    bursts: int
    first_ns: int
    last_ns: int
    answered: bool


@dataclass(frozen=True, slots=True)
class HookMismatch:
    """Speech or dialling on the line while the hook says on-hook: bypass, wiring, or a stuck sensor."""

    at_ns: int


Told = CallBegan | FlashSeen | CallEnded | RingingEnded | HookMismatch


@dataclass(frozen=True, slots=True)
class Deadline:
    """When the machine wants `DeadlinePassed(at_ns, name)`, unless something else comes before."""

    at_ns: int
    name: DeadlineName


@dataclass(frozen=True, slots=True)
class CallTimes:
    """Times that the machine judges by, in milliseconds.

    replaced_after_ms: hook down so long is the end of a call. flash_min_ms: shorter is no flash (Q.23
    pulses break for 50 to 70 ms). ringing_over_ms: no burst for so long, the caller gave up (a cadence
    pauses up to 4 s). digits_over_ms: no further digit for so long, the number is complete.
    left_off_hook_ms: released so long without speech.
    """

    replaced_after_ms: int = 800
    flash_min_ms: int = 80
    ringing_over_ms: int = 6_500
    digits_over_ms: int = 5_000
    left_off_hook_ms: int = 60_000
