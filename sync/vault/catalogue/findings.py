"""Findings as the desks' ledgers tell them: raised, and cleared or still there."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`seq`: of the entry that raised it. `cleared_at` None: still there."""

    desk: str
    seq: int
    code: str
    severity: str
    detail: str
    raised_at: str
    cleared_seq: int | None
    cleared_at: str | None


def raise_finding(
    db: sqlite3.Connection, *, desk: str, seq: int, code: str, severity: str, detail: str, at: str
) -> None:
    db.execute(
        "INSERT INTO findings (desk, seq, code, severity, detail, raised_at) SELECT ?, ?, ?, ?, ?, ? "
        "WHERE NOT EXISTS (SELECT 1 FROM findings WHERE desk = ? AND code = ? AND cleared_at IS NULL)",
        (desk, seq, code, severity, detail, at, desk, code),
    )


def clear_finding(db: sqlite3.Connection, *, desk: str, seq: int, code: str, at: str) -> None:
    db.execute(
        "UPDATE findings SET cleared_seq = ?, cleared_at = ? "
        "WHERE desk = ? AND code = ? AND cleared_at IS NULL",
        (seq, at, desk, code),
    )


def open_findings(db: sqlite3.Connection, desk: str = "") -> list[Finding]:
    """Of one desk or of all, newest first."""
    rows = db.execute(
        "SELECT * FROM findings WHERE cleared_at IS NULL AND (? = '' OR desk = ?) ORDER BY raised_at DESC",
        (desk, desk),
    )
    return [Finding(**row) for row in rows]


def findings_of(db: sqlite3.Connection, desk: str, limit: int = 100) -> list[Finding]:
    """History of one desk, newest first."""
    rows = db.execute("SELECT * FROM findings WHERE desk = ? ORDER BY seq DESC LIMIT ?", (desk, limit))
    return [Finding(**row) for row in rows]
