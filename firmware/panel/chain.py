"""The panel's hand on the ledger: how it is opened, and what it raises. The panel signs nothing."""

from collections.abc import Callable

from config.desk import DeskSettings
from drivers.clock import Clock
from firmware.ledger import Ledger, LedgerError
from firmware.spool.layout import Layout

LEDGER_ERRORS: tuple[type[Exception], ...] = (LedgerError, OSError)


def ledger_opener(settings: DeskSettings, clock: Clock) -> Callable[[], Ledger] | None:
    """None for a desk that is not enrolled: without an id there is no chain to hang an entry on."""
    if not settings.desk.id:
        return None
    path = Layout(settings.state_path).ledger
    return lambda: Ledger(path, desk=settings.desk.id, clock=clock)
