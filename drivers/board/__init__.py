"""Board: the machine under the desk."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BoardReading:
    """None: this board cannot tell. `undervoltage` and `throttled` are of now, not of the past."""

    serial_number: str
    temperature_c: float | None
    undervoltage: bool | None
    throttled: bool | None
    uptime_s: float


class Board(Protocol):
    @property
    def model(self) -> str:
        """Name of the machine, as it says itself."""
        ...

    def read(self) -> BoardReading:
        """Read the sensors; never raises, what cannot be read is None (serial number: empty)."""
        ...

    def pet_watchdog(self) -> bool:
        """Feed the hardware watchdog (arm it the first time). False: there is none. Raises DriverError."""
        ...

    def close(self) -> None:
        """Disarm the watchdog. Twice is allowed."""
        ...
