"""Calls: one row per off-hook session, built from the ledger alone."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from firmware.evidence.ids import CallId
from sync.vault.catalogue.numbers import number_clause
from sync.vault.catalogue.paging import MAX_PAGE, Page, cursor, read_cursor

RATE_HZ = 8000  # of every recording, until a desk records wider
State = Literal["running", "ended", "recorded", "not_recorded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`state`: "running"; "ended" (its recording entry is not here yet); "recorded"; "not_recorded".

    `sha256` … `ended_by` come with the `recording` entry. `details` is the opened JSON text, "" when this
    vault cannot open it; `number` is the first of its numbers. `direction` … `rings_before_answer` come with
    the `on_hook` entry, as the desk's call machine judged them. `stored_at` is None until this vault holds
    the object; `replicas` are the vaults whose receipts the desk has entered, comma-joined in the row.
    """

    desk: str
    seq: int
    site: str
    state: State
    off_hook_at: str
    on_hook_at: str | None
    off_hook_ms: int | None
    recorded_ms: int | None
    direction: str
    outcome: str
    hung_up_first: str
    talk_ms: int | None
    rings_before_answer: int | None
    number: str
    agent: str
    details: str
    recording_seq: int | None
    sha256: str | None
    size: int | None
    frames: int | None
    samples: int | None
    lost_samples: int | None
    gaps: int | None
    started_at: str | None
    ended_at: str | None
    ended_by: str | None
    not_recorded_reason: str
    not_recorded_s: int
    stored_at: str | None
    replica_names: str | None

    @property
    def call(self) -> CallId:
        return CallId(self.desk, self.seq)

    @property
    def heard_ms(self) -> int | None:
        """What was recorded: the recording's timeline without what was lost of it."""
        return None if self.samples is None else self._lasting(self.samples - (self.lost_samples or 0))

    @property
    def lost_ms(self) -> int:
        return self._lasting(self.lost_samples or 0)

    @staticmethod
    def _lasting(samples: int) -> int:
        return max(0, samples) * 1000 // RATE_HZ

    @property
    def replicas(self) -> tuple[str, ...]:
        return tuple(self.replica_names.split(",")) if self.replica_names else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Empty means any. Times are UTC text, `since` ≤ off_hook_at < `until`.

    `number`: "138*" begins with, "*5678" ends with, "5678" either.
    """

    site: str = ""
    desk: str = ""
    state: State | Literal[""] = ""
    direction: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""
    number: str = ""
    min_s: int = 0
    max_s: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """What the desk's `recording` entry promises."""

    sha256: str
    size: int
    frames: int


_OWN = ", ".join(f"c.{f.name}" for f in fields(Call) if f.name not in ("stored_at", "replica_names"))
_SELECT = (
    f"SELECT {_OWN}, r.stored_at, (SELECT group_concat(vault) FROM replicas p "  # noqa: S608 -- constants only
    "WHERE p.desk = c.desk AND p.seq = c.seq) AS replica_names "
    "FROM calls c LEFT JOIN recordings r ON r.desk = c.desk AND r.seq = c.seq"
)


def calls(db: sqlite3.Connection, where: CallFilter, *, after: str = "", limit: int = 50) -> Page[Call]:
    """Newest first, running ones included."""
    clauses = list(_clauses(where))
    if after:
        clauses.append(
            ("(c.off_hook_at, c.desk, c.seq) < (?, ?, ?)", read_cursor(after, tuple[str, str, int]))
        )
    limit = max(1, min(limit, MAX_PAGE))
    condition = " AND ".join(clause for clause, _ in clauses) or "1"
    values = [value for _, given in clauses for value in given]
    rows = db.execute(
        f"{_SELECT} WHERE {condition} ORDER BY c.off_hook_at DESC, c.desk DESC, c.seq DESC LIMIT ?",
        (*values, limit + 1),
    ).fetchall()
    items = tuple(Call(**row) for row in rows[:limit])
    last = items[-1] if len(rows) > limit else None
    return Page(items, cursor(last.off_hook_at, last.desk, last.seq) if last else "")


def call(db: sqlite3.Connection, which: CallId) -> Call | None:
    row = db.execute(f"{_SELECT} WHERE c.desk = ? AND c.seq = ?", which).fetchone()
    return Call(**row) if row else None


def expected(db: sqlite3.Connection, which: CallId) -> Expected | None:
    row = db.execute(
        "SELECT sha256, size, frames FROM calls WHERE desk = ? AND seq = ? AND sha256 IS NOT NULL", which
    ).fetchone()
    return Expected(*row) if row else None


def _clauses(where: CallFilter) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    for column in ("site", "desk", "state", "direction", "outcome"):
        if value := getattr(where, column):
            yield f"c.{column} = ?", (value,)
    if where.since:
        yield "c.off_hook_at >= ?", (where.since,)
    if where.until:
        yield "c.off_hook_at < ?", (where.until,)
    if where.min_s:
        yield "coalesce(c.off_hook_ms, c.recorded_ms) >= ?", (where.min_s * 1000,)
    if where.max_s:
        yield "coalesce(c.off_hook_ms, c.recorded_ms) <= ?", (where.max_s * 1000,)
    if where.number:
        yield number_clause(where.number)
