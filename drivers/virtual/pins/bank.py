"""32 pins: levels from outside, outputs from clients, glitch filters, edges to listeners.

Time is given, never read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

PINS = 32
OUTPUT_MODE = 1
INPUT_MODE = 0
DEFAULT_RANGE = 255
DEFAULT_FREQUENCY_HZ = 800


@dataclass(slots=True)
class Pin:
    """One pin. `outside` is what the circuit drives it to; `duty` is None unless PWM runs."""

    mode: int = INPUT_MODE
    outside: int = 0
    written: int = 0
    duty: int | None = None
    range: int = DEFAULT_RANGE
    frequency_hz: int = DEFAULT_FREQUENCY_HZ
    steady_ns: int = 0
    reported: int = 0
    edge_ns: int | None = None
    owner: object | None = field(default=None)

    @property
    def driven(self) -> bool:
        return self.mode == OUTPUT_MODE

    @property
    def level(self) -> int:
        if not self.driven:
            return self.outside
        return self.written if self.duty is None else int(self.duty > 0)

    @property
    def output(self) -> float:
        """Mean level of a driven pin, 0 … 1."""
        return float(self.written) if self.duty is None else self.duty / self.range


class EdgeListener(Protocol):
    def __call__(self, changed: int, levels: int, at_ns: int) -> None:
        """Bits that changed, and all levels as reported (behind the filters)."""
        ...


class PinBank:
    """All changes go through here; `on_output` hears of every pin whose output may have changed."""

    def __init__(self, on_output: Callable[[int, int], None]) -> None:
        self.pins = [Pin() for _ in range(PINS)]
        self._listeners: list[EdgeListener] = []
        self._on_output = on_output

    def listen(self, listener: EdgeListener) -> None:
        self._listeners.append(listener)

    def unlisten(self, listener: EdgeListener) -> None:
        self._listeners.remove(listener)

    def levels(self) -> int:
        return sum(pin.level << number for number, pin in enumerate(self.pins))

    def drive_outside(self, number: int, level: int, at_ns: int) -> None:
        """The circuit outside changes; a filtered pin reports it when it has held for its time."""
        pin = self.pins[number]
        before = pin.level
        pin.outside = level
        if pin.level != before:
            self._edge(number, at_ns)

    def set_mode(self, number: int, mode: int, owner: object, at_ns: int) -> None:
        pin = self.pins[number]
        pin.mode = mode
        pin.duty = None
        pin.owner = owner if pin.driven else None
        self._changed(number, at_ns)

    def write(self, number: int, level: int, owner: object, at_ns: int) -> None:
        """Also makes the pin an output and ends PWM, as the daemon does."""
        pin = self.pins[number]
        pin.mode, pin.duty, pin.written, pin.owner = OUTPUT_MODE, None, level, owner
        self._changed(number, at_ns)

    def set_duty(self, number: int, duty: int, owner: object, at_ns: int) -> None:
        pin = self.pins[number]
        pin.mode, pin.duty, pin.owner = OUTPUT_MODE, duty, owner
        self._changed(number, at_ns)

    def set_filter(self, number: int, steady_us: int) -> None:
        pin = self.pins[number]
        pin.steady_ns = steady_us * 1000
        pin.reported = pin.level
        pin.edge_ns = None

    def release(self, owner: object, at_ns: int) -> None:
        """A client is gone: the kernel takes its lines back, and they float."""
        for number, pin in enumerate(self.pins):
            if pin.owner is owner:
                self.set_mode(number, INPUT_MODE, owner, at_ns)

    def next_due_ns(self) -> int | None:
        """When the earliest filtered edge will have held long enough."""
        due = [pin.edge_ns + pin.steady_ns for pin in self.pins if pin.edge_ns is not None]
        return min(due, default=None)

    def run_due(self, now_ns: int) -> None:
        for number, pin in enumerate(self.pins):
            if pin.edge_ns is not None and pin.edge_ns + pin.steady_ns <= now_ns:
                at_ns = pin.edge_ns + pin.steady_ns  # the daemon stamps an edge when it has become steady
                pin.edge_ns = None
                self._report(number, at_ns)

    def _changed(self, number: int, at_ns: int) -> None:
        self._edge(number, at_ns)
        self._on_output(number, at_ns)

    def _edge(self, number: int, at_ns: int) -> None:
        pin = self.pins[number]
        if pin.steady_ns:
            pin.edge_ns = at_ns if pin.level != pin.reported else None
        else:
            self._report(number, at_ns)

    def _report(self, number: int, at_ns: int) -> None:
        pin = self.pins[number]
        if pin.level == pin.reported:
            return
        pin.reported = pin.level
        levels = sum(each.reported << i for i, each in enumerate(self.pins))
        for listener in list(self._listeners):
            listener(1 << number, levels, at_ns)
