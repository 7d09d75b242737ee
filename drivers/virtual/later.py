"""An answer that is not known yet."""

from collections.abc import Callable
from typing import Generic, TypeVar

from drivers.virtual.errors import VirtualDeskError

T = TypeVar("T")


class Later(Generic[T]):
    """Settled once, with a value or an error; settling again changes nothing (a time-out that comes late)."""

    def __init__(self) -> None:
        self._outcome: T | VirtualDeskError | None = None
        self._settled = False
        self._listeners: list[Callable[[T | VirtualDeskError], None]] = []

    @property
    def settled(self) -> bool:
        return self._settled

    def settle(self, outcome: T | VirtualDeskError) -> None:
        if self._settled:
            return
        self._settled, self._outcome = True, outcome
        for listener in self._listeners:
            listener(outcome)

    def then(self, listener: Callable[[T | VirtualDeskError], None]) -> None:
        if self._settled and self._outcome is not None:
            listener(self._outcome)
        else:
            self._listeners.append(listener)
