"""Coverage: seconds recorded ÷ seconds off-hook, from the ledger's calls alone."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """`recorded_ms` counts what lies within the off-hook time: neither pre-roll nor gaps. Ended calls only.

    `missing`: calls without a recording, said (`not_recorded`) or not accounted for (`ended`).
    """

    calls: int
    off_hook_ms: int
    recorded_ms: int
    missing: int

    @property
    def percent(self) -> float | None:
        """None when nobody lifted a handset."""
        return 100 * self.recorded_ms / self.off_hook_ms if self.off_hook_ms else None


# By the times of both: a recording begins with its pre-roll and may end early. 8 samples are a millisecond.
_WITHIN = "86400000 * (julianday(min(ended_at, on_hook_at)) - julianday(max(started_at, off_hook_at)))"
_SUMS = f"""
    SELECT count(*) AS calls,
      coalesce(sum(off_hook_ms), 0) AS off_hook_ms,
      CAST(round(coalesce(sum(CASE WHEN sha256 IS NULL THEN 0
        ELSE max(0, min(off_hook_ms, {_WITHIN}) - lost_samples / 8) END), 0)) AS INTEGER) AS recorded_ms,
      coalesce(sum(sha256 IS NULL), 0) AS missing
    FROM calls WHERE state <> 'running' AND off_hook_ms IS NOT NULL AND (? = '' OR desk = ?)
      AND off_hook_at >= ? AND off_hook_at < ?"""  # noqa: S608 -- constants only


def coverage(db: sqlite3.Connection, *, desk: str = "", since: str, until: str) -> Coverage:
    """Of one desk or of all, for calls that began from `since` to before `until` (UTC text)."""
    return Coverage(**db.execute(_SUMS, (desk, desk, since, until)).fetchone())
