"""Witness: a thread of its own that puts the panel's entries into the ledger, in order.

The ledger lies on a disk that may stall for seconds or be full. The lamps may not freeze with it, so the loop
hands over an entry, gets a ticket, and looks at the ticket while it goes on blinking.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from firmware.evidence.canonical import JsonObject
from firmware.log import event

MAX_WAITING = 256  # an hour of a finding that comes and goes every half minute
RETRY_S = 1.0


class Ledger(Protocol):
    """`firmware.ledger.Ledger`, as far as the panel uses it."""

    def append(self, kind: str, body: JsonObject) -> object:
        """Durable on return."""
        ...

    def close(self) -> None: ...


class Ticket:
    """durable: the entry is on disk; never true again false."""

    __slots__ = ("durable",)

    def __init__(self) -> None:
        self.durable = False


class Witness:
    """`open_ledger` is called in the thread; None (a desk that is not enrolled has no chain) writes nothing.

    `errors`: what ledger and disk raise; such an entry is tried again each second, in order. Any other
    exception ends the thread, and `failed` tells so. `wake` is called after each entry.
    """

    def __init__(
        self,
        *,
        open_ledger: Callable[[], Ledger] | None,
        errors: tuple[type[Exception], ...],
        wake: Callable[[], None],
        log: logging.Logger,
    ) -> None:
        self._open_ledger = open_ledger
        self._errors = errors
        self._wake = wake
        self._log = log
        self._waiting: deque[tuple[Ticket, str, JsonObject]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self.error = ""
        self.failed = False
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)
        self._thread.start()

    def write(self, kind: str, body: JsonObject) -> Ticket:
        """Hand over one entry. With the queue full the entry is dropped, and the log says so."""
        ticket = Ticket()
        if self._open_ledger is None:
            ticket.durable = True
            return ticket
        with self._changed:
            if len(self._waiting) >= MAX_WAITING:
                event(self._log, "entry_dropped", level=logging.ERROR, kind=kind, waiting=MAX_WAITING)
                return ticket
            self._waiting.append((ticket, kind, body))
            self._changed.notify()
        return ticket

    def close(self, timeout_s: float) -> bool:
        """Write what waits, then end; False if that took longer than `timeout_s` (the thread stays)."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        if self._open_ledger is None:
            return
        ledger: Ledger | None = None
        try:
            while self._wait():
                ledger = self._write_first(ledger)
        except Exception as error:
            self.failed = True
            event(self._log, "witness_failed", level=logging.ERROR, error=error)
            self._wake()
        finally:
            if ledger is not None:
                ledger.close()

    def _wait(self) -> bool:
        """Until there is something to write; False to end."""
        with self._changed:
            while not self._waiting:
                if self._closing:
                    return False
                self._changed.wait()
            return True

    def _write_first(self, ledger: Ledger | None) -> Ledger | None:
        ticket, kind, body = self._waiting[0]
        try:
            if ledger is None and self._open_ledger is not None:
                ledger = self._open_ledger()
            if ledger is not None:
                ledger.append(kind, body)
        except self._errors as error:
            self._stumble(error)
            return ledger
        self._waiting.popleft()
        self.error = ""
        ticket.durable = True
        self._wake()
        return ledger

    def _stumble(self, error: Exception) -> None:
        if not self.error:
            event(self._log, "ledger_blocked", level=logging.ERROR, reason=str(error))
        self.error = str(error) or type(error).__name__
        self._wake()
        with self._changed:
            if self._closing:
                self._waiting.clear()  # it will not get better within a stop
                return
            self._changed.wait(RETRY_S)
