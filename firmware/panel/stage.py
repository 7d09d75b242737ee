"""Stage: from what should be shown to what is shown.

An entry is durable before its effect is shown: a change waits for its `lamps` entry. Two exceptions, both on
the side of safety: green goes out at once when it may not stay, and a fault does not wait longer than
FAULT_WAITS_NS, because a stalled disk is itself the fault.
"""

from collections.abc import Callable

from firmware.evidence.canonical import JsonObject
from firmware.panel.display import Display
from firmware.panel.patterns import ON
from firmware.panel.situations import Shown
from firmware.panel.witness import Ticket

FAULT_WAITS_NS = 500_000_000
CANNOT_RECORD = 3


class Stage:
    """`write(kind, body)` gives the ticket of one ledger entry."""

    def __init__(self, *, display: Display, write: Callable[[str, JsonObject], Ticket]) -> None:
        self._display = display
        self._write = write
        self._wanted: Shown | None = None
        self._wanted_ns = 0
        self._ticket = Ticket()
        self._green_taken = False
        self.shown: Shown | None = None

    def want(self, wanted: Shown, now_ns: int) -> None:
        """Say what should be shown; `advance` shows it as soon as it may be."""
        if wanted != self._wanted:
            self._wanted, self._wanted_ns = wanted, now_ns
            self._ticket = self._write("lamps", entry_body(wanted))
            if self.shown is not None and self.shown.green == ON and wanted.green != ON:
                self._green_taken = True
                self._display.green_off(now_ns)
        self.advance(now_ns)

    def advance(self, now_ns: int) -> bool:
        """Show what may be shown now. True when that changed what is seen."""
        wanted = self._wanted
        same = wanted == self.shown and not self._green_taken
        if wanted is None or same or not self._may_show(wanted, now_ns):
            return False
        self.shown = wanted
        self._green_taken = False
        self._display.show(wanted, now_ns)
        return True

    def due_ns(self) -> int | None:
        """When a waiting fault must be shown without its entry."""
        if self._wanted == self.shown or self._wanted is None or self._wanted.situation != CANNOT_RECORD:
            return None
        return self._wanted_ns + FAULT_WAITS_NS

    def _may_show(self, wanted: Shown, now_ns: int) -> bool:
        if self._ticket.durable:
            return True
        return wanted.situation == CANNOT_RECORD and now_ns - self._wanted_ns >= FAULT_WAITS_NS


def entry_body(shown: Shown) -> JsonObject:
    """Body of a `lamps` entry: what the agent sees."""
    return {
        "ready": shown.green.name,
        "recording": shown.red.name,
        "fault": shown.amber.name,
        "situation": shown.situation,
    }
