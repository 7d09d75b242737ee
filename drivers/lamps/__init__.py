"""Lamps: green READY, red RECORDING, amber FAULT. Patterns are made by the panel, one `set` per change."""

from typing import Protocol


class Lamps(Protocol):
    """Amber is wired to light when nothing drives its pin, so a dead process shows amber alone."""

    def set(self, *, green: float, red: float, amber: float) -> None:
        """Brightness of each, 0 (off) to 1 (on); False and True are the same. Raises DriverError."""
        ...

    def close(self) -> None:
        """Let the pins go: green and red off, amber on by its wiring. Twice is allowed."""
        ...
