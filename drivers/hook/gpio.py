"""Hook sensor on a GPIO pin: an optocoupler in the loop.

Edges come from gpiozero's callback, stamped at the kernel where the factory tells that time. Edges get
lost, so the level is read every `poll_ms` besides. Pins that go away (a daemon that dies) are opened again
each second, for ever.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from config.desk import Hook
from drivers.errors import DriverError
from drivers.hook import HookEvent
from drivers.hook.debounce import Debouncer
from drivers.pins import InputPin, Pins, Pull

log = logging.getLogger(__name__)

REOPEN_S = 1.0
FIRST_LOOK_S = 3.0  # opening pins takes 0.2 s; a daemon that hangs is given up after REPLY_TIMEOUT_S
STALE_POLLS = 3  # a level that held last so many polls ago is no knowledge


class GpioHook:
    """`open_pins` opens the pins, each time anew after a loss."""

    def __init__(self, settings: Hook, open_pins: Callable[[], Pins]) -> None:
        self._settings = settings
        self._open_pins = open_pins
        self._debouncer = Debouncer(settings.debounce_ms * 1_000_000)
        self._poll_ns = settings.poll_ms * 1_000_000
        self._wake = threading.Condition()
        self._closed = False
        self._lost_told = False
        self._seen_ns: int | None = None  # when the level was last known
        self._emit: Callable[[HookEvent], None] | None = None
        self._thread = threading.Thread(target=self._run, name="hook", daemon=True)

    def start(self, emit: Callable[[HookEvent], None]) -> None:
        self._emit = emit
        self._thread.start()
        with self._wake:
            self._wake.wait_for(lambda: self._lost_told or self._settled, FIRST_LOOK_S)

    @property
    def _settled(self) -> bool:
        return self._seen_ns is not None and self._debouncer.deadline_ns is None

    def is_lifted(self) -> bool | None:
        with self._wake:
            if self._seen_ns is None:
                return None
            known_ns = min(self._seen_ns, self._debouncer.steady_ns)
            if time.monotonic_ns() - known_ns > STALE_POLLS * self._poll_ns:
                return None
            return self._debouncer.lifted

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closed:
            with contextlib.ExitStack() as stack:
                try:
                    pins = self._open_pins()
                    stack.callback(pins.close)
                    pin = pins.input(self._settings.pin, self._pull, self._edge)
                    self._found()
                    self._watch(pin)
                except DriverError as error:
                    self._lost(error)
            self._sleep(REOPEN_S)

    @property
    def _pull(self) -> Pull:
        """Away from the lifted level, so that a cut sensor reads as replaced."""
        return "up" if self._settings.lifted_level == "low" else "down"

    def _found(self) -> None:
        log.info("hook_found pin=%d", self._settings.pin)
        self._lost_told = False

    def _lost(self, error: DriverError) -> None:
        with self._wake:
            told, self._seen_ns, self._lost_told = self._lost_told, None, True
            self._wake.notify_all()
        if not told:
            log.warning("hook_lost pin=%d reason=%s", self._settings.pin, error)

    def _sleep(self, seconds: float) -> None:
        with self._wake:
            self._wake.wait_for(lambda: self._closed, seconds)

    def _watch(self, pin: InputPin) -> None:
        """Read at each poll and settle what is due, until closed. Raises DriverError when pins go away."""
        while not self._closed:
            self._edge(time.monotonic_ns(), pin.read())
            self._settle_until(time.monotonic_ns() + self._poll_ns)

    def _settle_until(self, until_ns: int) -> None:
        with self._wake:
            while not self._closed and (now_ns := time.monotonic_ns()) < until_ns:
                self._tell(self._debouncer.due(now_ns))
                deadline_ns = self._debouncer.deadline_ns
                next_ns = until_ns if deadline_ns is None else min(until_ns, deadline_ns)
                self._wake.wait(max(0, next_ns - now_ns) / 1e9)

    def _edge(self, at_ns: int, level: bool) -> None:
        """Take note of the pin's level, from gpiozero's thread (an edge) or ours (a reading)."""
        with self._wake:
            self._seen_ns = time.monotonic_ns()
            lifted = level == (self._settings.lifted_level == "high")
            self._tell(self._debouncer.level(at_ns, lifted))
            self._wake.notify_all()

    def _tell(self, event: HookEvent | None) -> None:
        """Under the lock, so that events keep their order and none follows `close`."""
        if event is not None and self._emit is not None and not self._closed:
            self._emit(event)
            self._wake.notify_all()
