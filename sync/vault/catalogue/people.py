"""People who may use the console, their sessions, and the log of what they did."""

import sqlite3
from dataclasses import dataclass

from sync.vault.clock import now

ROLES = ("admin", "manager", "facilities")
LISTENERS = ("admin", "manager")  # may find, hear and export calls; facilities see desks alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    id: int
    login: str
    name: str
    role: str
    created_at: str
    disabled_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One line of the access log. `subject`: a call, desk or login; `address`: where from."""

    id: int
    at: str
    person: str
    action: str
    subject: str
    address: str
    detail: str


_PERSON = "id, login, name, role, created_at, disabled_at"


def add(db: sqlite3.Connection, *, login: str, name: str, role: str, password_hash: str) -> None:
    db.execute(
        "INSERT INTO people (login, name, role, password_hash, created_at) VALUES (?, ?, ?, ?, ?)",
        (login, name, role, password_hash, now()),
    )


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM people").fetchone()[0])


def credentials(db: sqlite3.Connection, login: str) -> tuple[Person, str] | None:
    """The person and their password hash; None for nobody and for the disabled."""
    row = db.execute(
        f"SELECT {_PERSON}, password_hash FROM people WHERE login = ? AND disabled_at IS NULL",  # noqa: S608 -- a constant
        (login,),
    ).fetchone()
    if row is None:
        return None
    values = dict(row)
    password_hash = values.pop("password_hash")
    return Person(**values), password_hash


def set_password(db: sqlite3.Connection, login: str, password_hash: str) -> bool:
    """False when there is no such person. Ends their sessions."""
    found = db.execute("UPDATE people SET password_hash = ? WHERE login = ?", (password_hash, login)).rowcount
    db.execute("DELETE FROM sessions WHERE person_id IN (SELECT id FROM people WHERE login = ?)", (login,))
    return found > 0


def add_session(db: sqlite3.Connection, *, token_sha256: str, person_id: int, expires_at: str) -> None:
    db.execute("DELETE FROM sessions WHERE expires_at < ?", (now(),))
    db.execute(
        "INSERT INTO sessions (token_sha256, person_id, created_at, seen_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?)",
        (token_sha256, person_id, now(), now(), expires_at),
    )


def by_session(db: sqlite3.Connection, token_sha256: str) -> tuple[Person, str] | None:
    """The person of a live session, and when it was last prolonged."""
    row = db.execute(
        "SELECT p.id, p.login, p.name, p.role, p.created_at, p.disabled_at, s.seen_at FROM sessions s "
        "JOIN people p ON p.id = s.person_id "
        "WHERE s.token_sha256 = ? AND s.expires_at > ? AND p.disabled_at IS NULL",
        (token_sha256, now()),
    ).fetchone()
    if row is None:
        return None
    values = dict(row)
    seen_at = values.pop("seen_at")
    return Person(**values), seen_at


def prolong(db: sqlite3.Connection, token_sha256: str, expires_at: str) -> None:
    db.execute(
        "UPDATE sessions SET seen_at = ?, expires_at = ? WHERE token_sha256 = ?",
        (now(), expires_at, token_sha256),
    )


def end_session(db: sqlite3.Connection, token_sha256: str) -> None:
    db.execute("DELETE FROM sessions WHERE token_sha256 = ?", (token_sha256,))


def log_access(
    db: sqlite3.Connection,
    *,
    person: str,
    action: str,
    subject: str = "",
    address: str = "",
    detail: str = "",
) -> None:
    db.execute(
        "INSERT INTO access_log (at, person, action, subject, address, detail) VALUES (?, ?, ?, ?, ?, ?)",
        (now(), person, action, subject, address, detail),
    )


def access_log(
    db: sqlite3.Connection, *, subject: str = "", before_id: int = 1 << 62, limit: int = 100
) -> list[Access]:
    """Newest first; all of it, or that of one subject."""
    rows = db.execute(
        "SELECT * FROM access_log WHERE id < ? AND (? = '' OR subject = ?) ORDER BY id DESC LIMIT ?",
        (before_id, subject, subject, limit),
    )
    return [Access(**row) for row in rows]
