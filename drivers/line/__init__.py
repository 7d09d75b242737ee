"""Line interface: what a box on the telephone line says over a serial port.

`at_ns` is CLOCK_MONOTONIC when the last byte of the record was read. Phone numbers and names stand only in
CallRecord and in the raw bytes of LineGarbage: they are never logged.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

DetailKind = Literal["ring", "off_hook", "on_hook", "flash"]


@dataclass(frozen=True, slots=True)
class RingBurst:
    """One burst of ringing voltage has ended; None where the interface does not tell."""

    at_ns: int
    duration_ms: int | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class LineVoltage:
    """Voltage between the wires, signed: a change of sign is a polarity reversal."""

    at_ns: int
    millivolts: int


@dataclass(frozen=True, slots=True)
class LineDetail:
    """What happened on the line now, as the interface names it."""

    at_ns: int
    kind: DetailKind
    line: int = 1


@dataclass(frozen=True, slots=True)
class CallRecord:
    """Caller id or dialled number, as the interface decoded it.

    `started` false: the call ended and lasted `seconds`. `checksum_ok` false: number and name were damaged on
    the line; keep them as raw evidence, show them as damaged. `ring_type` is the letter of the distinctive
    ring (A to D). `date` MM/DD and `time` HH:MM, 24 h, are of the interface's own clock.
    """

    at_ns: int
    line: int
    inbound: bool
    started: bool
    seconds: int
    checksum_ok: bool
    rings: int
    ring_type: str
    date: str
    time: str
    number: str
    name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class LineGarbage:
    """Bytes that are no record, kept (at most 256) and bounded."""

    at_ns: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class LineLost:
    """The port is gone or cannot be opened: once per loss, at start too. It is tried again each second."""

    at_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class LineFound:
    """The port is open (`product`: the driver's name), or the interface told its product and version."""

    at_ns: int
    product: str


LineEvent = RingBurst | LineVoltage | LineDetail | CallRecord | LineGarbage | LineLost | LineFound


class LineInterface(Protocol):
    """An implementation looks for its port for ever, gives each record once, never raises from its thread."""

    def listen(self, listener: Callable[[LineEvent], None]) -> None:
        """Also give every event to `listener` (the hook sensor behind the same port); before `start`."""
        ...

    def start(self, emit: Callable[[LineEvent], None]) -> None:
        """Begin; `emit` is called from the driver's thread and must not block. A missing port is no error."""
        ...

    def close(self) -> None:
        """End; no event after it returns. Twice is allowed."""
        ...
