"""Ledger entries as they came, byte for byte."""

import sqlite3
from dataclasses import dataclass

from firmware.evidence.entry import Entry
from firmware.evidence.fields import count, text
from firmware.evidence.ids import CallId

MAX_SLICE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One entry. `entry` is its canonical bytes, `hash` their SHA-256 in hex."""

    desk: str
    seq: int
    kind: str
    at: str
    hash: str
    stored_at: str
    entry: bytes


def add(db: sqlite3.Connection, entry: Entry, stored_at: str) -> None:
    db.execute(
        "INSERT INTO ledger (desk, seq, kind, at, hash, stored_at, entry) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (entry.desk, entry.seq, entry.kind, entry.at, entry.hash, stored_at, entry.raw),
    )


def raw(db: sqlite3.Connection, desk: str, seq: int) -> bytes | None:
    row = db.execute("SELECT entry FROM ledger WHERE desk = ? AND seq = ?", (desk, seq)).fetchone()
    return bytes(row["entry"]) if row else None


def entries(
    db: sqlite3.Connection, desk: str, *, first: int = 1, last: int = 1 << 62, limit: int = 1000
) -> list[Stored]:
    """From `first` to `last`, oldest first, at most `limit`."""
    rows = db.execute(
        "SELECT * FROM ledger WHERE desk = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?",
        (desk, first, last, min(limit, MAX_SLICE)),
    )
    return [Stored(**row) for row in rows]


def newest(db: sqlite3.Connection, desk: str, limit: int = 100) -> list[Stored]:
    """Newest first."""
    rows = db.execute("SELECT * FROM ledger WHERE desk = ? ORDER BY seq DESC LIMIT ?", (desk, limit))
    return [Stored(**row) for row in rows]


def not_recorded(db: sqlite3.Connection, call: CallId) -> list[tuple[str, int]]:
    """Reason and seconds of every entry that says so of this call, oldest first."""
    rows = db.execute(
        "SELECT entry FROM ledger WHERE desk = ? AND kind = 'not_recorded' AND seq > ? ORDER BY seq LIMIT ?",
        (*call, MAX_SLICE),
    )
    bodies = (Entry.parse(bytes(row["entry"])).body for row in rows)
    return [(text(body["reason"]), count(body["seconds"])) for body in bodies if body["call"] == str(call)]


def proof(db: sqlite3.Connection, call: CallId) -> list[Stored]:
    """From the call's off_hook entry to the first checkpoint behind its recording entry.

    Together with the recording it proves the call: each entry names the hash of the one before, the last is
    signed. Ends without a checkpoint while none has come.
    """
    row = db.execute("SELECT recording_seq FROM calls WHERE desk = ? AND seq = ?", call).fetchone()
    end = row["recording_seq"] if row and row["recording_seq"] else call.seq
    found = db.execute(
        "SELECT seq FROM ledger WHERE desk = ? AND kind = 'checkpoint' AND seq > ? ORDER BY seq LIMIT 1",
        (call.desk, end),
    ).fetchone()
    return entries(db, call.desk, first=call.seq, last=found["seq"] if found else end, limit=MAX_SLICE)
