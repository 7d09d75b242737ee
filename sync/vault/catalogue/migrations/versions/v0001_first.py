"""The first schema. Times are UTC text with six decimals, so that they sort as text."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = {
    "sites": """
        site TEXT PRIMARY KEY,
        name TEXT NOT NULL DEFAULT '',
        created_at TEXT NOT NULL""",
    # head_*: last entry that is verified and stored; checked_seq: last entry under a verified signature
    "desks": """
        desk TEXT PRIMARY KEY,
        site TEXT NOT NULL REFERENCES sites,
        name TEXT NOT NULL DEFAULT '',
        public_key BLOB NOT NULL,
        enrolled_at TEXT NOT NULL,
        revoked_at TEXT,
        head_seq INTEGER NOT NULL DEFAULT 0,
        head_hash TEXT NOT NULL,
        head_at TEXT,
        checked_seq INTEGER NOT NULL DEFAULT 0,
        checked_at TEXT""",
    "enrolment_codes": """
        token_sha256 TEXT PRIMARY KEY,
        desk TEXT NOT NULL,
        site TEXT NOT NULL,
        created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        used_at TEXT,
        key_sha256 TEXT,
        certificate TEXT""",
    "certificates": """
        serial TEXT PRIMARY KEY,
        subject TEXT NOT NULL,
        usage TEXT NOT NULL,
        issued_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        pem TEXT NOT NULL,
        revoked_at TEXT""",
    "ledger": """
        desk TEXT NOT NULL REFERENCES desks,
        seq INTEGER NOT NULL,
        kind TEXT NOT NULL,
        at TEXT NOT NULL,
        hash TEXT NOT NULL,
        stored_at TEXT NOT NULL,
        entry BLOB NOT NULL,
        PRIMARY KEY (desk, seq)""",
    # One row per off_hook entry (or recording, when that came first). state: running, ended (no recording
    # entry yet), recorded, not_recorded. expected_*: what the recording entry promises.
    "calls": """
        desk TEXT NOT NULL REFERENCES desks,
        seq INTEGER NOT NULL,
        site TEXT NOT NULL,
        state TEXT NOT NULL,
        off_hook_at TEXT NOT NULL,
        on_hook_at TEXT,
        off_hook_ms INTEGER,
        recorded_ms INTEGER,
        direction TEXT NOT NULL DEFAULT '',
        outcome TEXT NOT NULL DEFAULT '',
        hung_up_first TEXT NOT NULL DEFAULT '',
        talk_ms INTEGER,
        rings_before_answer INTEGER,
        number TEXT NOT NULL DEFAULT '',
        agent TEXT NOT NULL DEFAULT '',
        details TEXT NOT NULL DEFAULT '',
        recording_seq INTEGER,
        sha256 TEXT,
        size INTEGER,
        frames INTEGER,
        samples INTEGER,
        lost_samples INTEGER,
        gaps INTEGER,
        started_at TEXT,
        ended_at TEXT,
        ended_by TEXT,
        not_recorded_reason TEXT NOT NULL DEFAULT '',
        not_recorded_s INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (desk, seq)""",
    "call_numbers": """
        number TEXT NOT NULL,
        reversed TEXT NOT NULL,
        desk TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (number, desk, seq)""",
    # Uploads that are not complete; the bytes so far are the size of the file.
    "uploads": """
        desk TEXT NOT NULL,
        seq INTEGER NOT NULL,
        length INTEGER,
        created_at TEXT NOT NULL,
        PRIMARY KEY (desk, seq)""",
    # What this vault holds, with the receipt that it gave.
    "recordings": """
        desk TEXT NOT NULL,
        seq INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        size INTEGER NOT NULL,
        frames INTEGER NOT NULL,
        stored_at TEXT NOT NULL,
        receipt TEXT NOT NULL,
        receipt_sha256 TEXT NOT NULL,
        PRIMARY KEY (desk, seq)""",
    # Which vaults hold a call, by the desk's own receipt entries.
    "replicas": """
        desk TEXT NOT NULL,
        seq INTEGER NOT NULL,
        vault TEXT NOT NULL,
        receipt_sha256 TEXT NOT NULL,
        ledger_seq INTEGER NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (desk, seq, vault)""",
    "findings": """
        desk TEXT NOT NULL,
        seq INTEGER NOT NULL,
        code TEXT NOT NULL,
        severity TEXT NOT NULL,
        detail TEXT NOT NULL,
        raised_at TEXT NOT NULL,
        cleared_seq INTEGER,
        cleared_at TEXT,
        PRIMARY KEY (desk, seq)""",
    "live": """
        desk TEXT NOT NULL,
        leaf TEXT NOT NULL,
        at TEXT NOT NULL,
        payload BLOB NOT NULL,
        PRIMARY KEY (desk, leaf)""",
    "quarantine": """
        id INTEGER PRIMARY KEY,
        desk TEXT NOT NULL,
        kind TEXT NOT NULL,
        seq INTEGER NOT NULL,
        reason TEXT NOT NULL,
        file TEXT NOT NULL,
        size INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        at TEXT NOT NULL,
        UNIQUE (desk, kind, seq, sha256)""",
    "people": """
        id INTEGER PRIMARY KEY,
        login TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        created_at TEXT NOT NULL,
        disabled_at TEXT""",
    "sessions": """
        token_sha256 TEXT PRIMARY KEY,
        person_id INTEGER NOT NULL REFERENCES people,
        created_at TEXT NOT NULL,
        seen_at TEXT NOT NULL,
        expires_at TEXT NOT NULL""",
    "access_log": """
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        person TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        address TEXT NOT NULL,
        detail TEXT NOT NULL""",
}

WITHOUT_ROWID = {"ledger", "call_numbers", "uploads", "replicas", "findings", "live"}

INDEXES = (
    # read backwards: newest first
    "calls_newest ON calls (off_hook_at, desk, seq)",
    "calls_desk ON calls (desk, off_hook_at, seq)",
    "calls_site ON calls (site, off_hook_at, desk, seq)",
    "calls_state ON calls (state, off_hook_at, desk, seq) WHERE state <> 'recorded'",
    "calls_recording ON calls (desk, recording_seq) WHERE recording_seq IS NOT NULL",
    "call_numbers_call ON call_numbers (desk, seq)",
    "call_numbers_reversed ON call_numbers (reversed, desk, seq)",
    "recordings_stored ON recordings (stored_at)",
    "findings_open ON findings (desk, code) WHERE cleared_at IS NULL",
    "findings_newest ON findings (raised_at DESC)",
    "ledger_kind ON ledger (desk, kind, seq)",
    "quarantine_desk ON quarantine (desk, kind, seq)",
    "access_log_subject ON access_log (subject, id)",
)

# Evidence is added to, never changed.
APPEND_ONLY = ("ledger", "access_log", "recordings")


def upgrade() -> None:
    for name, columns in TABLES.items():
        suffix = "STRICT, WITHOUT ROWID" if name in WITHOUT_ROWID else "STRICT"
        op.execute(f"CREATE TABLE {name} ({columns}\n) {suffix}")
    for index in INDEXES:
        op.execute(f"CREATE INDEX {index}")
    for name in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
                f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
            )


def downgrade() -> None:
    for name in reversed(TABLES):
        op.execute(f"DROP TABLE {name}")
