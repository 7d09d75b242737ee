"""What a verified entry means for the tables that people look at. Runs in the entry's own transaction."""

import logging
import sqlite3
from collections.abc import Callable
from datetime import timedelta

from firmware.evidence.canonical import JsonObject, emit
from firmware.evidence.entry import Entry, open_details
from firmware.evidence.errors import EvidenceError
from firmware.evidence.fields import count, text
from firmware.evidence.ids import CallId, parse_call
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.times import parse_utc
from firmware.log import event
from sync.vault.catalogue import desks, findings
from sync.vault.catalogue.desks import Desk
from sync.vault.catalogue.numbers import add_numbers, numbers_of

log = logging.getLogger("vault")


class Projection:
    """`apply` one entry. Details are opened when one of `keys` fits, else they stay sealed."""

    def __init__(self, keys: tuple[ArchivePrivateKey, ...]) -> None:
        self._keys = keys
        self._apply: dict[str, Callable[[sqlite3.Connection, Desk, Entry], None]] = {
            "boot": self._boot,
            "off_hook": self._off_hook,
            "on_hook": self._on_hook,
            "recording": self._recording,
            "not_recorded": self._not_recorded,
            "receipt": self._receipt,
            "finding": self._finding,
            "checkpoint": self._checkpoint,
        }

    def apply(self, db: sqlite3.Connection, desk: Desk, entry: Entry) -> CallId | None:
        """The call that the entry is about, if one."""
        call = entry_call(entry)
        if call is not None and call.desk != desk.desk:
            event(log, "foreign_call", level=logging.WARNING, desk=desk.desk, seq=entry.seq)
            return None
        apply = self._apply.get(entry.kind)
        if apply is not None:
            apply(db, desk, entry)
        return call

    def _boot(self, db: sqlite3.Connection, desk: Desk, entry: Entry) -> None:
        """No call survives a boot; its recording or its absence is entered next."""
        db.execute(
            "UPDATE calls SET state = 'ended' WHERE desk = ? AND state = 'running' AND seq < ?",
            (desk.desk, entry.seq),
        )

    def _off_hook(self, db: sqlite3.Connection, desk: Desk, entry: Entry) -> None:
        db.execute(
            "INSERT OR IGNORE INTO calls (desk, seq, site, state, off_hook_at) "
            "VALUES (?, ?, ?, 'running', ?)",
            (desk.desk, entry.seq, desk.site, entry.at),
        )

    def _on_hook(self, db: sqlite3.Connection, _desk: Desk, entry: Entry) -> None:
        call = parse_call(text(entry.body["call"]))
        row = db.execute("SELECT off_hook_at FROM calls WHERE desk = ? AND seq = ?", call).fetchone()
        if row is None:
            return
        off_hook_ms = _count(entry.body, "off_hook_ms")  # by the monotonic clock, where the desk says it
        db.execute(
            "UPDATE calls SET on_hook_at = ?, off_hook_ms = ?, direction = ?, outcome = ?, "
            "hung_up_first = ?, talk_ms = ?, rings_before_answer = ?, "
            "state = CASE state WHEN 'running' THEN 'ended' ELSE state END WHERE desk = ? AND seq = ?",
            (
                entry.at,
                _ms(row["off_hook_at"], entry.at) if off_hook_ms is None else off_hook_ms,
                *(_text(entry.body, key) for key in ("direction", "outcome", "hung_up_first")),
                *(_count(entry.body, key) for key in ("talk_ms", "rings_before_answer")),
                *call,
            ),
        )

    def _recording(self, db: sqlite3.Connection, desk: Desk, entry: Entry) -> None:
        """The first one stands: a second claim about the same call changes nothing."""
        body, call = entry.body, parse_call(text(entry.body["call"]))
        details = self._details(entry)
        db.execute(
            "INSERT OR IGNORE INTO calls (desk, seq, site, state, off_hook_at) VALUES (?, ?, ?, 'ended', ?)",
            (*call, desk.site, body["started"]),
        )
        numbers = numbers_of(details)
        changed = db.execute(
            "UPDATE calls SET state = 'recorded', recording_seq = ?, sha256 = ?, size = ?, frames = ?, "
            "samples = ?, lost_samples = ?, gaps = ?, started_at = ?, ended_at = ?, ended_by = ?, "
            "recorded_ms = ?, number = ?, agent = ?, details = ? "
            "WHERE desk = ? AND seq = ? AND sha256 IS NULL",
            (
                entry.seq,
                *(body[key] for key in _RECORDING),
                count(body["samples"]) // 8,  # of 8 kHz: the wall clock may have been set in between
                numbers[0] if numbers else "",
                _text(details, "agent"),
                emit(details).decode() if details else "",
                *call,
            ),
        ).rowcount
        if changed:
            add_numbers(db, call, numbers)

    def _not_recorded(self, db: sqlite3.Connection, desk: Desk, entry: Entry) -> None:
        """A call recorded in part stays `recorded`; the lost seconds are shown with it. Each entry adds its
        own: what a lost recorder had seen, and what passed until the next one was there.
        """
        call = parse_call(text(entry.body["call"]))
        db.execute(
            "INSERT OR IGNORE INTO calls (desk, seq, site, state, off_hook_at) VALUES (?, ?, ?, 'ended', ?)",
            (*call, desk.site, entry.at),
        )
        db.execute(
            "UPDATE calls SET not_recorded_reason = ?, not_recorded_s = not_recorded_s + ?, "
            "state = CASE WHEN sha256 IS NULL THEN 'not_recorded' ELSE state END WHERE desk = ? AND seq = ?",
            (entry.body["reason"], entry.body["seconds"], *call),
        )

    def _receipt(self, db: sqlite3.Connection, _desk: Desk, entry: Entry) -> None:
        call = parse_call(text(entry.body["call"]))
        db.execute(
            "INSERT OR IGNORE INTO replicas (desk, seq, vault, receipt_sha256, ledger_seq, at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (*call, entry.body["vault"], entry.body["sha256"], entry.seq, entry.at),
        )

    def _finding(self, db: sqlite3.Connection, desk: Desk, entry: Entry) -> None:
        body, code = entry.body, text(entry.body["code"])
        if body["state"] == "cleared":
            findings.clear_finding(db, desk=desk.desk, seq=entry.seq, code=code, at=entry.at)
            return
        findings.raise_finding(
            db,
            desk=desk.desk,
            seq=entry.seq,
            code=code,
            severity=text(body["severity"]),
            detail=text(body["detail"]),
            at=entry.at,
        )

    def _checkpoint(self, db: sqlite3.Connection, desk: Desk, entry: Entry) -> None:
        desks.checked(db, desk.desk, seq=entry.seq, at=entry.at)

    def _details(self, entry: Entry) -> JsonObject:
        sealed = entry.body.get("details")
        if not isinstance(sealed, str):
            return {}
        for key in self._keys:
            try:
                return open_details(key, entry.desk, entry.seq, sealed)
            except EvidenceError:  # sealed to another archive key: the next may fit
                continue
        return {}


_RECORDING = ("sha256", "size", "frames", "samples", "lost_samples", "gaps", "started", "ended", "ended_by")


def entry_call(entry: Entry) -> CallId | None:
    """The call that an entry is about."""
    if entry.kind == "off_hook":
        return CallId(entry.desk, entry.seq)
    named = entry.body.get("call")
    return parse_call(named) if isinstance(named, str) and entry.kind in _ABOUT_CALLS else None


_ABOUT_CALLS = frozenset({"on_hook", "recording", "not_recorded", "receipt", "pruned"})


def _text(body: JsonObject, key: str) -> str:
    value = body.get(key, "")
    return value if isinstance(value, str) else ""


def _count(body: JsonObject, key: str) -> int | None:
    value = body.get(key)
    return value if isinstance(value, int) and 0 <= value < 1 << 53 else None


def _ms(start: str, end: str) -> int:
    """Never negative: the desk's clock may have been set back in between."""
    return max(0, (parse_utc(end) - parse_utc(start)) // timedelta(milliseconds=1))
