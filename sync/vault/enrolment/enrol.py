"""A desk with a code becomes a known desk with a client certificate.

The code is spent in the same transaction that stores the certificate, with the hash of the keys that it was
spent on: the same keys may ask again (a lost answer), others get 403 and learn nothing about why.
"""

import hashlib
import hmac
import sqlite3
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from config.vault import VaultSettings
from firmware.evidence.errors import FormatError
from firmware.evidence.ids import from_base64
from firmware.evidence.keys import VerifyKey
from firmware.evidence.times import format_utc
from sync.vault.catalogue import desks
from sync.vault.catalogue.database import Catalogue
from sync.vault.clock import now
from sync.vault.errors import Refused
from sync.vault.pki.authority import Authority, check_csr
from sync.wire.enrol import EnrolAnswer, EnrolRequest, MqttAddress, Recipient, parse_code
from sync.wire.errors import WireError

_FORBIDDEN = "this code is unknown, used, expired or meant for another desk; ask for a new one"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`enrol` is the one verb; public keys, site and recipients come from settings and catalogue."""

    settings: VaultSettings
    catalogue: Catalogue
    authority: Authority
    vault_key: VerifyKey

    async def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        """Refused: 400 for what is malformed, 403 for a code that is not good for this desk."""
        try:
            token = parse_code(request.code).token_hash()
            desk_key = VerifyKey(from_base64(request.desk_public_key))
        except (WireError, FormatError) as error:
            raise Refused(400, str(error)) from error
        mqtt_key = check_csr(request.csr)
        row = await self.catalogue.write(
            lambda db: self._spend(db, token, request.desk_id, desk_key, mqtt_key)
        )
        return self._answer(row)

    def _spend(
        self,
        db: sqlite3.Connection,
        token: str,
        desk_id: str,
        desk_key: VerifyKey,
        mqtt_key: ec.EllipticCurvePublicKey,
    ) -> sqlite3.Row:
        row = _code(db, token)
        if row is None or (desk_id and desk_id != row["desk"]):
            raise Refused(403, _FORBIDDEN)
        keys = _keys_hash(desk_key, mqtt_key)
        if row["used_at"]:
            if not hmac.compare_digest(row["key_sha256"], keys):
                raise Refused(403, _FORBIDDEN)
            return row
        if row["expires_at"] < now():
            raise Refused(403, _FORBIDDEN)
        desks.enrol(db, desk=row["desk"], site=row["site"], public_key=desk_key.raw)
        db.execute(
            "UPDATE enrolment_codes SET used_at = ?, key_sha256 = ?, certificate = ? WHERE token_sha256 = ?",
            (now(), keys, self._certificate(db, row["desk"], mqtt_key), token),
        )
        spent = _code(db, token)
        assert spent is not None  # noqa: S101 -- updated one line above
        return spent

    def _certificate(self, db: sqlite3.Connection, desk: str, key: ec.EllipticCurvePublicKey) -> str:
        issued = self.authority.issue_client(desk, key, self.settings.access.certificate_days)
        pem = issued.public_bytes(Encoding.PEM).decode("ascii")
        db.execute(
            "INSERT INTO certificates (serial, subject, usage, issued_at, expires_at, pem) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (f"{issued.serial_number:x}", desk, "desk", now(), format_utc(issued.not_valid_after_utc), pem),
        )
        return pem

    def _answer(self, row: sqlite3.Row) -> EnrolAnswer:
        s = self.settings
        return EnrolAnswer(
            desk_id=row["desk"],
            site=row["site"],
            vault=s.vault.name,
            vault_public_key=self.vault_key.base64,
            recipients=tuple(Recipient(r.name, r.public_key, r.purpose) for r in s.recipients),
            mqtt=MqttAddress(host=s.mqtt.public_host, port=s.mqtt.port),
            certificate=row["certificate"],
            ca=self.authority.pem.decode("ascii"),
        )


def _code(db: sqlite3.Connection, token: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM enrolment_codes WHERE token_sha256 = ?", (token,)
    ).fetchone()
    return row


def _keys_hash(desk: VerifyKey, mqtt: ec.EllipticCurvePublicKey) -> str:
    spki = mqtt.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(desk.raw + spki).hexdigest()
