"""What this vault holds, with its receipts, and what other vaults hold by the desks' word."""

from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from firmware.evidence.ids import CallId
from firmware.evidence.receipt import receipt_sha256
from sync.vault.catalogue.calls import Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """An object of this vault. `receipt` is the compact JWS."""

    desk: str
    seq: int
    sha256: str
    size: int
    frames: int
    stored_at: str
    receipt: str
    receipt_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """By the desk's `receipt` entry `ledger_seq`, this vault gave a receipt with this hash."""

    vault: str
    receipt_sha256: str
    ledger_seq: int
    at: str


def add(db: Connection, call: CallId, expected: Expected, stored_at: str, receipt: str) -> None:
    db.execute(
        "INSERT INTO recordings (desk, seq, sha256, size, frames, stored_at, receipt, receipt_sha256) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            call.desk,
            call.seq,
            expected.sha256,
            expected.size,
            expected.frames,
            stored_at,
            receipt,
            receipt_sha256(receipt),
        ),
    )


def recording(db: Connection, call: CallId) -> Recording | None:
    row = db.execute("SELECT * FROM recordings WHERE desk = ? AND seq = ?", call).fetchone()
    return Recording(**row) if row else None


def receipts(db: Connection, calls: Sequence[CallId]) -> list[str]:
    """The receipts of those calls that this vault holds."""
    found = (
        db.execute("SELECT receipt FROM recordings WHERE desk = ? AND seq = ?", call).fetchone()
        for call in calls
    )
    return [row["receipt"] for row in found if row]


def unconfirmed(db: Connection, desk: str, vault: str, limit: int) -> list[str]:
    """Receipts that the desk has not entered in its ledger yet, oldest first."""
    rows = db.execute(
        "SELECT receipt FROM recordings r WHERE desk = ? AND NOT EXISTS (SELECT 1 FROM replicas p "
        "WHERE p.desk = r.desk AND p.seq = r.seq AND p.vault = ?) ORDER BY seq LIMIT ?",
        (desk, vault, limit),
    )
    return [row["receipt"] for row in rows]


def replicas(db: Connection, call: CallId) -> list[Replica]:
    rows = db.execute(
        "SELECT vault, receipt_sha256, ledger_seq, at FROM replicas "
        "WHERE desk = ? AND seq = ? ORDER BY vault",
        call,
    )
    return [Replica(**row) for row in rows]
