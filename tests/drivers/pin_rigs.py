"""Pins under test: gpiozero's mock factory, and its pigpio factory against the virtual desk's pin server.

Each rig drives inputs from outside (`drive`) and reads outputs (`output`); the server can vanish and appear
again.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable

from gpiozero.exc import GPIOZeroError
from gpiozero.pins.mock import MockFactory, MockPWMPin

from config.desk import Gpio
from drivers.pins import Pins, open_pins
from drivers.virtual.loop import Loop
from drivers.virtual.pins.bank import PinBank
from drivers.virtual.pins.pigpiod import PigpioServer


class MockRig:
    """Pins in this process; edges are synchronous."""

    def __init__(self) -> None:
        self.factory = MockFactory(pin_class=MockPWMPin)

    def open(self) -> Pins:
        return Pins(self.factory, errors=(GPIOZeroError,))

    def drive(self, number: int, level: int) -> None:
        pin = self.factory.pin(number)
        if level:
            pin.drive_high()
        else:
            pin.drive_low()

    def output(self, number: int) -> float | None:
        """Level of a driven pin; None: nothing drives it."""
        pin = self.factory.pin(number)
        return float(pin.state) if pin.function == "output" else None

    def close(self) -> None:
        self.factory.close()


class PigpioRig:
    """Pins behind a socket, as the virtual desk serves them; the server runs in a thread of its own."""

    def __init__(self) -> None:
        self._port = 0
        self.bank = PinBank(lambda number, at_ns: None)
        for number in range(32):
            self.bank.pins[number].outside = 1  # a hook at rest: pulled up
            self.bank.pins[number].reported = 1
        self.appear()

    def appear(self) -> None:
        loop, ended = Loop(), threading.Event()
        server = PigpioServer(loop, self.bank, self._port)
        self._port = server.port
        tasks: queue.Queue[Callable[[], None]] = queue.Queue()

        def run() -> None:
            while not ended.is_set():
                loop.wait(time.monotonic_ns() + 5_000_000)
                while not tasks.empty():
                    tasks.get()()
            server.close()
            for key in list(loop._selector.get_map().values()):
                with contextlib.suppress(AttributeError):
                    key.fileobj.close()
            loop.close()

        self._thread = threading.Thread(target=run, daemon=True)
        self._tasks, self._ended = tasks, ended
        self._thread.start()

    def vanish(self) -> None:
        self._ended.set()
        self._thread.join()

    def hang(self) -> threading.Event:
        """The daemon answers nobody until the event is set."""
        go_on = threading.Event()
        self._tasks.put(go_on.wait)
        return go_on

    @property
    def settings(self) -> Gpio:
        return Gpio(factory="pigpio", pigpio_host="127.0.0.1", pigpio_port=self._port)

    def open(self) -> Pins:
        return open_pins(self.settings)

    def drive(self, number: int, level: int) -> None:
        self._ask(lambda: self.bank.drive_outside(number, level, time.monotonic_ns()))

    def output(self, number: int) -> float | None:
        pin = self.bank.pins[number]
        return pin.output if pin.driven else None

    def _ask(self, task: Callable[[], None]) -> None:
        done = threading.Event()
        self._tasks.put(lambda: (task(), done.set()))
        assert done.wait(5)

    def close(self) -> None:
        self.vanish()
