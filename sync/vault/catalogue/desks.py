"""Desks and sites."""

import sqlite3
from dataclasses import dataclass

from firmware.evidence.entry import FIRST_PREV
from sync.vault.clock import now


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`head_*`: the last entry verified and stored; `checked_*`: the last under a verified signature."""

    desk: str
    site: str
    name: str
    public_key: bytes
    enrolled_at: str
    revoked_at: str | None
    head_seq: int
    head_hash: str
    head_at: str | None
    checked_seq: int
    checked_at: str | None


def enrol(db: sqlite3.Connection, *, desk: str, site: str, public_key: bytes) -> None:
    """A new desk, or a known one with a new key: its ledger goes on where it was."""
    db.execute("INSERT OR IGNORE INTO sites (site, created_at) VALUES (?, ?)", (site, now()))
    db.execute(
        "INSERT INTO desks (desk, site, public_key, enrolled_at, head_hash) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (desk) DO UPDATE SET site = excluded.site, public_key = excluded.public_key, "
        "enrolled_at = excluded.enrolled_at, revoked_at = NULL",
        (desk, site, public_key, now(), FIRST_PREV),
    )


def desk(db: sqlite3.Connection, desk_id: str) -> Desk | None:
    row = db.execute("SELECT * FROM desks WHERE desk = ?", (desk_id,)).fetchone()
    return Desk(**row) if row else None


def all_desks(db: sqlite3.Connection) -> list[Desk]:
    return [Desk(**row) for row in db.execute("SELECT * FROM desks ORDER BY site, desk")]


def sites(db: sqlite3.Connection) -> list[str]:
    return [row["site"] for row in db.execute("SELECT site FROM sites ORDER BY site")]


def move_head(db: sqlite3.Connection, desk_id: str, *, seq: int, entry_hash: str, at: str) -> None:
    db.execute(
        "UPDATE desks SET head_seq = ?, head_hash = ?, head_at = ? WHERE desk = ?",
        (seq, entry_hash, at, desk_id),
    )


def checked(db: sqlite3.Connection, desk_id: str, *, seq: int, at: str) -> None:
    """A checkpoint's signature held."""
    db.execute("UPDATE desks SET checked_seq = ?, checked_at = ? WHERE desk = ?", (seq, at, desk_id))
