"""One-time codes: bound to a desk id, stored as a hash, good for some hours."""

import secrets
import sqlite3

from firmware.evidence.ids import check_desk_id
from sync.vault.clock import later, now
from sync.wire.enrol import TOKEN_BYTES, EnrolCode, fingerprint


def issue_code(db: sqlite3.Connection, *, desk: str, site: str, hours: float, ca_der: bytes) -> EnrolCode:
    """A new code; unused ones for the same desk end with it."""
    check_desk_id(desk)
    code = EnrolCode(token=secrets.token_bytes(TOKEN_BYTES), ca_fingerprint=fingerprint(ca_der))
    db.execute("DELETE FROM enrolment_codes WHERE desk = ? AND used_at IS NULL", (desk,))
    db.execute(
        "INSERT INTO enrolment_codes (token_sha256, desk, site, created_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?)",
        (code.token_hash(), desk, site, now(), later(hours=hours)),
    )
    return code
