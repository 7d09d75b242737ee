"""The three lamps behind the output pins, and all that a person has seen on them."""

from collections import deque
from collections.abc import Callable

from drivers.virtual.moments import LampChange
from drivers.virtual.options import Options
from drivers.virtual.pins.bank import PinBank

HISTORY_LIMIT = 100_000
"""Changes kept in memory; all of them are in truth.jsonl. A fast blink for three hours."""
NAMES = ("green", "red", "amber")


class LampBoard:
    """Green and red light when their pin is driven high; amber also when nothing drives its pin."""

    def __init__(self, options: Options, on_change: Callable[[LampChange], None]) -> None:
        self._lamp_of = {options.green_pin: "green", options.red_pin: "red", options.amber_pin: "amber"}
        self._amber_low = options.amber_active == "low"
        self._on_change = on_change
        self._seen: dict[str, tuple[float, bool]] = {
            "green": (0.0, False),
            "red": (0.0, False),
            "amber": (1.0, False),
        }
        self.history: deque[LampChange] = deque(maxlen=HISTORY_LIMIT)

    def brightness(self, lamp: str) -> float:
        return self._seen[lamp][0]

    def look(self, bank: PinBank, number: int, at_ns: int) -> None:
        """A pin's output may have changed."""
        lamp = self._lamp_of.get(number)
        if lamp is None:
            return
        pin = bank.pins[number]
        if not pin.driven:
            seen = (1.0 if lamp == "amber" else 0.0, False)
        elif lamp == "amber" and self._amber_low:
            seen = (1.0 - pin.output, True)
        else:
            seen = (pin.output, True)
        if seen != self._seen[lamp]:
            self._seen[lamp] = seen
            change = LampChange(at_ns, lamp, round(seen[0], 4), seen[1])
            self.history.append(change)
            self._on_change(change)
