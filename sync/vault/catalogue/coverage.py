"""Coverage: seconds recorded ÷ seconds off-hook, from the ledger's calls alone."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """`recorded_ms` counts what lies within the off-hook time: neither pre-roll nor gaps. Ended calls only.

    A call whose recorder was lost has no `on_hook` entry: it was off-hook for what was recorded of it and for
    what the desk says was not.

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


# Lengths by samples and by the desk's monotonic clock: between two wall-clock times a call apart it may
# have been set. The two times here are of the call's beginning. 8 samples are a millisecond.
_START = "(86400000 * (julianday(started_at) - julianday(off_hook_at)))"
_END = f"max(0, {_START} + samples / 8)"
_OFF = f"coalesce(off_hook_ms, coalesce({_END}, 0) + 1000 * not_recorded_s)"
_HEARD = f"max(0, min({_OFF}, {_END}) - max(0, {_START}) - lost_samples / 8)"
_SUMS = f"""
    SELECT count(*) AS calls,
      CAST(round(coalesce(sum({_OFF}), 0)) AS INTEGER) AS off_hook_ms,
      CAST(round(coalesce(sum(CASE WHEN sha256 IS NULL THEN 0 ELSE {_HEARD} END), 0)) AS INTEGER)
        AS recorded_ms,
      coalesce(sum(sha256 IS NULL), 0) AS missing
    FROM calls WHERE state <> 'running' AND (? = '' OR desk = ?)
      AND off_hook_at >= ? AND off_hook_at < ?"""  # noqa: S608 -- constants only


def coverage(db: sqlite3.Connection, *, desk: str = "", since: str, until: str) -> Coverage:
    """Of one desk or of all, for calls that began from `since` to before `until` (UTC text)."""
    return Coverage(**db.execute(_SUMS, (desk, desk, since, until)).fetchone())
