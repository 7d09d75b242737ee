"""Lamps on GPIO pins. Green and red light on high; amber as the settings say (low: it lights when nothing
drives it).

Pins are opened at the first `set`, and again at the next one after an error: a daemon that comes back is
used.
"""

from collections.abc import Callable

from config.desk import Lamps
from drivers.errors import DriverError
from drivers.pins import OutputPin, Pins


class GpioLamps:
    def __init__(self, settings: Lamps, open_pins: Callable[[], Pins]) -> None:
        self._settings = settings
        self._open_pins = open_pins
        self._pins: Pins | None = None
        self._lamps: tuple[OutputPin, OutputPin, OutputPin] | None = None
        self._shown: tuple[float, float, float] | None = None  # levels driven now
        self._closed = False

    def set(self, *, green: float, red: float, amber: float) -> None:
        if self._closed:
            raise DriverError("the lamps are closed")
        inverted = self._settings.amber_active == "low"
        levels = (float(green), float(red), 1.0 - amber if inverted else float(amber))
        try:
            self._drive(levels)
        except DriverError:
            self._let_go()
            raise

    def close(self) -> None:
        self._closed = True
        self._let_go()

    def _drive(self, levels: tuple[float, float, float]) -> None:
        if self._lamps is None or self._shown is None:
            self._pins = self._open_pins()
            numbers = (self._settings.green_pin, self._settings.red_pin, self._settings.amber_pin)
            green, red, amber = (
                self._pins.output(number, level) for number, level in zip(numbers, levels, strict=True)
            )
            self._lamps = (green, red, amber)
        else:
            for lamp, level, before in zip(self._lamps, levels, self._shown, strict=True):
                if level != before:
                    lamp.drive(level)
        self._shown = levels

    def _let_go(self) -> None:
        pins, self._pins, self._lamps, self._shown = self._pins, None, None, None
        if pins is not None:
            pins.close()
