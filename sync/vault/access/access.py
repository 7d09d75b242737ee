"""Logging in and out, and who is behind a request.

A session is 32 random bytes in a cookie, stored as SHA-256. Its CSRF token is derived from it, so that a page
can be rendered without writing anything and nothing else needs to be kept.
"""

import asyncio
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field

from sync.vault.access.passwords import MAX_PASSWORD, matches
from sync.vault.catalogue import people
from sync.vault.catalogue.database import Catalogue
from sync.vault.catalogue.people import Person
from sync.vault.clock import later
from sync.vault.errors import Refused

COOKIE = (
    "offhook_session"  # followed by the vault's name: two vaults may share a host, and a host its cookies
)
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
_PROLONG_S = 300  # a session is prolonged at most this often, not at every request
TRIES, TRIES_S = 10, 300.0  # failed logins a login or address may have in this time


@dataclass(frozen=True, slots=True)
class Session:
    """`token` is the cookie's value; `csrf` belongs into every form and into CSRF_HEADER of scripts."""

    token: str = field(repr=False)
    person: Person

    @property
    def csrf(self) -> str:
        return hmac.new(self.token.encode(), b"offhook csrf", hashlib.sha256).hexdigest()

    def check_csrf(self, given: str) -> None:
        if not hmac.compare_digest(given.encode(), self.csrf.encode()):
            raise Refused(403, "this form is out of date or was not made by this console; reload the page")


def cookie_name(vault: str) -> str:
    return f"{COOKIE}_{vault}"


class Access:
    def __init__(self, catalogue: Catalogue, session_hours: int) -> None:
        self._catalogue = catalogue
        self._hours = session_hours
        self._failures = _Failures()
        # A flood of logins must not take every thread and all memory: argon2 needs 64 MiB each.
        self._hashing = asyncio.Semaphore(2)

    async def log_in(self, login: str, password: str, address: str) -> Session:
        """Refused (403, 429) with one sentence for every reason."""
        for key in (login, address):
            self._failures.check(key)
        found = people.credentials(self._catalogue.reader, login)
        async with self._hashing:
            for key in (login, address):  # again: many at once would all have passed before the first failed
                self._failures.check(key)
            good = await asyncio.to_thread(matches, found[1] if found else None, password[:MAX_PASSWORD])
        if found is None or not good:
            for key in (login, address):
                self._failures.add(key)
            await self._log(login[:64], "login_failed", address)
            raise Refused(403, "unknown login or wrong password")
        token = secrets.token_urlsafe(32)
        expires = later(hours=self._hours)
        await self._catalogue.write(
            lambda db: people.add_session(
                db, token_sha256=_hash(token), person_id=found[0].id, expires_at=expires
            )
        )
        await self._log(found[0].login, "login", address)
        return Session(token, found[0])

    async def session(self, token: str, *, prolong: bool = True) -> Session | None:
        """The live session of this cookie, prolonged now and then by what a person does."""
        found = people.by_session(self._catalogue.reader, _hash(token)) if token else None
        if found is None:
            return None
        person, seen_at = found
        if prolong and seen_at < later(hours=-_PROLONG_S / 3600):
            expires = later(hours=self._hours)
            await self._catalogue.write(lambda db: people.prolong(db, _hash(token), expires))
        return Session(token, person)

    async def log_out(self, session: Session, address: str) -> None:
        await self._catalogue.write(lambda db: people.end_session(db, _hash(session.token)))
        await self._log(session.person.login, "logout", address)

    async def log(self, session: Session, action: str, subject: str, address: str, detail: str = "") -> None:
        """Enter what a person did ("play", "export", …) in the access log, before it is done."""
        await self._log(session.person.login, action, address, subject, detail)

    async def _log(self, person: str, action: str, address: str, subject: str = "", detail: str = "") -> None:
        await self._catalogue.write(
            lambda db: people.log_access(
                db, person=person, action=action, subject=subject, address=address, detail=detail
            )
        )


class _Failures:
    """Failed logins of late, by login and by address. In memory: a restart forgives."""

    def __init__(self) -> None:
        self._at: dict[str, list[float]] = {}

    def check(self, key: str) -> None:
        if len(self._recent(key)) >= TRIES:
            raise Refused(429, "too many failed logins; wait five minutes")

    def add(self, key: str) -> None:
        if len(self._at) > 10_000:  # bound of memory under a flood of invented logins
            self._at.clear()
        self._at[key] = [*self._recent(key), time.monotonic()]

    def _recent(self, key: str) -> list[float]:
        since = time.monotonic() - TRIES_S
        return [at for at in self._at.get(key, ()) if at > since]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
