from datetime import UTC, datetime, timedelta

import pytest

from drivers.clock import ClockQuality
from firmware.evidence.keys import SigningKey


class SteppedClock:
    """A clock that moves by a step each time it is read."""

    boot_id = "88bf02ed-68d0-44b4-a5d2-d3f28719987a"

    def __init__(self) -> None:
        self._ns = 0

    def monotonic_ns(self) -> int:
        self._ns += 1_000_000
        return self._ns

    def wall(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC) + timedelta(microseconds=self._ns // 1000)

    def quality(self) -> ClockQuality:
        return ClockQuality("test", synced=True, offset_us=0)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture(scope="session")
def desk_key() -> SigningKey:
    return SigningKey.generate()
