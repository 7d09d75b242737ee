"""Pins: gpiozero behind one small class, for the hook sensor and the lamps.

The factory is chosen by the settings alone, never by the environment. What gpiozero, lgpio, pigpio and the
socket below it raise becomes DriverError here.

pigpio's own habits, handled here: it prints a banner when nobody listens (so we knock first), and its sockets
have no timeout (a daemon that hangs would hang us).
"""

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

from config.desk import Gpio
from drivers.errors import DeviceMissingError, DeviceRefusedError, NotInstalledError

REPLY_TIMEOUT_S = 2.0  # the daemon answers in microseconds; longer means that it hangs
PWM_HZ = 100  # no flicker is seen; lgpio's software PWM costs little
TICK_TRUSTED_NS = 1_000_000_000  # a kernel time stamp further away than this is of another clock

Pull = Literal["up", "down"]


class InputPin:
    """One pin read. `changed` gets (at_ns, level) at each edge, from the factory's thread."""

    def __init__(self, pins: "Pins", pin: Any, pull: Pull, changed: Callable[[int, bool], None]) -> None:
        self._pins = pins
        self._pin = pin
        self._changed = changed
        with pins.errors():
            pin.function = "input"
            pin.pull = pull
            pin.bounce = None  # debounced by drivers/hook/debounce.py, the same on every factory
            pin.edges = "both"
            pin.when_changed = self._edge

    def _edge(self, ticks: float, state: object) -> None:
        self._changed(self._pins.stamp_ns(ticks), bool(state))

    def read(self) -> bool:
        """Level now. Raises DriverError."""
        with self._pins.errors():
            return bool(self._pin.state)


class OutputPin:
    """One pin driven."""

    def __init__(self, pins: "Pins", pin: Any, level: float) -> None:
        self._pins = pins
        self._pin = pin
        with pins.errors():
            pin.output_with_state(level >= 0.5)
        self.drive(level)

    def drive(self, level: float) -> None:
        """0 low, 1 high, between: pulse width. Raises DriverError."""
        with self._pins.errors():
            if 0 < level < 1:
                if self._pin.frequency is None:
                    self._pin.frequency = PWM_HZ
                self._pin.state = level
                return
            if self._pin.frequency is not None:
                self._pin.frequency = None
            self._pin.state = bool(level)


class Pins:
    """The machine's pins through one gpiozero factory."""

    def __init__(
        self, factory: Any, *, errors: tuple[type[Exception], ...], kernel_ticks: bool = False
    ) -> None:
        """`kernel_ticks`: the factory's ticks are CLOCK_MONOTONIC seconds of the edge itself."""
        self._factory = factory
        self._errors = errors
        self._kernel_ticks = kernel_ticks

    def input(self, number: int, pull: Pull, changed: Callable[[int, bool], None]) -> InputPin:
        return InputPin(self, self._pin(number), pull, changed)

    def output(self, number: int, level: float) -> OutputPin:
        return OutputPin(self, self._pin(number), level)

    def _pin(self, number: int) -> Any:
        with self.errors():
            return self._factory.pin(number)

    def stamp_ns(self, ticks: float) -> int:
        now_ns = time.monotonic_ns()
        edge_ns = round(ticks * 1e9) if self._kernel_ticks else now_ns
        return edge_ns if abs(now_ns - edge_ns) < TICK_TRUSTED_NS else now_ns

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what the factory raises into DeviceRefusedError."""
        try:
            yield
        except self._errors as error:
            raise DeviceRefusedError(f"the pins do not answer: {error}") from error

    def close(self) -> None:
        """Make all pins inputs again and let them go; a connection that is dead already is no error."""
        connection = getattr(self._factory, "connection", None)
        with contextlib.suppress(*self._errors):
            self._factory.close()
        if connection is not None:
            with contextlib.suppress(*self._errors):
                connection.stop()


def open_pins(settings: Gpio) -> Pins:
    """Open the pins that the settings name. Raises NotInstalledError, DeviceMissingError."""
    try:
        return _OPENERS[settings.factory](settings)
    except ImportError as error:
        raise NotInstalledError(
            f'gpio.factory = "{settings.factory}" needs gpiozero and {settings.factory}: '
            f"install offhook[desk] ({error})"
        ) from error


def _open_lgpio(settings: Gpio) -> Pins:
    del settings
    import lgpio  # 2 MB that only this factory needs
    from gpiozero.exc import GPIOZeroError
    from gpiozero.pins.lgpio import LGPIOFactory

    errors = (GPIOZeroError, lgpio.error, OSError)
    try:
        factory = LGPIOFactory()
    except errors as error:
        raise DeviceMissingError(
            f"/dev/gpiochip* cannot be used: {error}. On a Raspberry Pi add the user to group gpio"
        ) from error
    return Pins(factory, errors=errors, kernel_ticks=True)


def _open_pigpio(settings: Gpio) -> Pins:
    import pigpio  # 2 MB that only this factory needs
    from gpiozero.exc import GPIOZeroError
    from gpiozero.pins.pigpio import PiGPIOFactory

    from drivers import pigpio_callbacks

    pigpio_callbacks.install()
    address = (settings.pigpio_host, settings.pigpio_port)
    errors = (GPIOZeroError, pigpio.error, OSError, struct.error)
    try:
        socket.create_connection(address, REPLY_TIMEOUT_S).close()
        factory = PiGPIOFactory(*address)
        factory.connection.sl.s.settimeout(REPLY_TIMEOUT_S)
    except (*errors, AttributeError) as error:  # AttributeError: the daemon hung up while it was greeted
        raise DeviceMissingError(
            f"no pigpio daemon answers at {address[0]} port {address[1]}: {error}; start pigpiod"
        ) from error
    return Pins(factory, errors=errors)


def _open_mock(settings: Gpio) -> Pins:
    del settings
    from gpiozero.exc import GPIOZeroError
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    return Pins(MockFactory(pin_class=MockPWMPin), errors=(GPIOZeroError,))


_OPENERS: dict[str, Callable[[Gpio], Pins]] = {
    "lgpio": _open_lgpio,
    "pigpio": _open_pigpio,
    "mock": _open_mock,
}
