"""Commands that change something: codes, certificates, the broker's files, passwords."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cryptography import x509

from config.vault import VaultSettings
from firmware.evidence.times import format_utc
from sync.vault.access.passwords import generate_password, hash_password
from sync.vault.catalogue import people
from sync.vault.catalogue.database import Catalogue
from sync.vault.clock import now
from sync.vault.enrolment.codes import issue_code
from sync.vault.errors import SetupError
from sync.vault.layout import layout
from sync.vault.pki.authority import Authority
from sync.vault.pki.broker import write_broker_config
from sync.vault.pki.certificates import ensure, ensure_client, service_cn
from sync.wire.enrol import EnrolCode

T = TypeVar("T")
_SERVICE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def write(settings: VaultSettings, job: Callable[[sqlite3.Connection], T]) -> T:
    """Run `job` in the catalogue, beside a running vault or without one."""
    catalogue = Catalogue(layout(settings).catalogue)
    try:
        return catalogue.write_now(job)
    finally:
        catalogue.close()


def new_code(settings: VaultSettings, *, desk: str, site: str, hours: int | None) -> EnrolCode:
    authority = Authority.load(layout(settings).ca)
    good_for = hours or settings.access.code_hours
    where = site or settings.vault.site
    return write(
        settings, lambda db: issue_code(db, desk=desk, site=where, hours=good_for, ca_der=authority.der)
    )


def write_broker(settings: VaultSettings) -> Path:
    ensure(settings, Authority.load(layout(settings).ca))
    return write_broker_config(settings, write(settings, _services))


def make_service_certificate(settings: VaultSettings, name: str, out: Path) -> list[Path]:
    """NAME.crt, NAME.key and ca.crt in `out`; the broker's ACL knows the name from its next reload on."""
    if not _SERVICE.fullmatch(name):
        raise SetupError(f"{name!r}: must be lower-case words joined by '-'")
    at = layout(settings)
    out.mkdir(parents=True, exist_ok=True)
    cert = out / f"{name}.crt"
    ensure_client(Authority.load(at.ca), cert, out / f"{name}.key", service_cn(name))
    issued = x509.load_pem_x509_certificate(cert.read_bytes())
    row = (
        f"{issued.serial_number:x}",
        service_cn(name),
        "service",
        now(),
        format_utc(issued.not_valid_after_utc),
        cert.read_text("ascii"),
    )
    write(settings, lambda db: db.execute(_CERTIFICATE, row))
    write_broker(settings)
    shutil.copyfile(at.ca / "ca.crt", out / "ca.crt")
    return [cert, out / f"{name}.key", out / "ca.crt"]


def new_password(settings: VaultSettings, login: str) -> str:
    password = generate_password()
    hashed = hash_password(password)
    if not write(settings, lambda db: people.set_password(db, login, hashed)):
        raise SetupError(f"{login}: there is no such person")
    return password


_CERTIFICATE = (
    "INSERT OR IGNORE INTO certificates (serial, subject, usage, issued_at, expires_at, pem) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)


def _services(db: sqlite3.Connection) -> list[str]:
    rows = db.execute(
        "SELECT DISTINCT subject FROM certificates WHERE usage = 'service' AND revoked_at IS NULL"
    )
    return sorted(row["subject"] for row in rows)
