"""Times in evidence: UTC, always six decimals, `2026-11-22T08:00:00.123456Z`."""

import re
from datetime import UTC, datetime

from firmware.evidence.errors import FormatError

_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def format_utc(at: datetime) -> str:
    """`at` (must carry a zone) as text; the zone is brought to UTC."""
    if at.tzinfo is None:
        raise FormatError(f"{at} has no time zone, so it is not a time that evidence can state")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def parse_utc(text: str) -> datetime:
    """The time (zone UTC) that `text` states in the one accepted form."""
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        raise FormatError(f"{text!r:.60} is not a time like 2026-11-22T08:00:00.123456Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise FormatError(f"{text!r} is not a time: {error}") from error
