"""The vault's clock: UTC text with six decimals, as in all formats."""

from datetime import UTC, datetime, timedelta

from firmware.evidence.times import format_utc


def now() -> str:
    return format_utc(datetime.now(UTC))


def later(*, hours: float = 0) -> str:
    return format_utc(datetime.now(UTC) + timedelta(hours=hours))
