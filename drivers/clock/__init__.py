"""Clock: time since boot, time of day, and how far the time of day can be trusted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ClockQuality:
    """`source`: who disciplines the clock ("chrony", "kernel", "none"); offset: true minus shown time."""

    source: str
    synced: bool | None  # None: unknown
    offset_us: int | None


class Clock(Protocol):
    @property
    def boot_id(self) -> str:
        """UUID of this boot of the machine."""
        ...

    def monotonic_ns(self) -> int:
        """CLOCK_MONOTONIC, the same for all processes of one boot."""
        ...

    def wall(self) -> datetime:
        """Time of day, aware, UTC."""
        ...

    def quality(self) -> ClockQuality:
        """Ask who disciplines the clock; may take up to 2 s, never raises."""
        ...
