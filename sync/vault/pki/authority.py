"""The vault's own certificate authority: P-256 throughout (Chromium refuses Ed25519 server certificates).

CNs: a desk's is its desk id; those of the vault's services hold a dot, which no desk id can, so that no desk
can be enrolled under the name that the broker's ACL trusts.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from firmware.evidence.errors import KeyFileError
from firmware.evidence.keyfile import read_private, write_private
from sync.vault.errors import Refused, SetupError

CA_DAYS = 3650
SERVER_DAYS = 825  # what browsers accept at most from a private CA
RENEW_DAYS = 30  # before the end, at the next start
_SKEW = timedelta(minutes=5)  # a desk's clock may be behind at enrolment


@dataclass(frozen=True, slots=True)
class Authority:
    certificate: x509.Certificate
    _key: ec.EllipticCurvePrivateKey

    @classmethod
    def create(cls, folder: Path, name: str) -> Self:
        """New CA in `folder`: ca.key (0600) and ca.crt; KeyFileError when there is one."""
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(f"Offhook {name} CA")
        certificate = (
            _builder(subject, subject, key.public_key(), CA_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_private(folder / "ca.key", private_pem(key))
        (folder / "ca.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
        return cls(certificate, key)

    @classmethod
    def load(cls, folder: Path) -> Self:
        try:
            certificate = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
            return cls(certificate, load_key(folder / "ca.key"))
        except (OSError, ValueError, KeyFileError) as error:
            raise SetupError(
                f"{folder}: the vault's CA cannot be read ({error}); run `offhook vault init`"
            ) from error

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def issue_server(
        self, cn: str, public: ec.EllipticCurvePublicKey, hosts: Iterable[str]
    ) -> x509.Certificate:
        """For HTTPS and the broker; `hosts` are names and addresses."""
        names = x509.SubjectAlternativeName([_general_name(host) for host in dict.fromkeys(hosts)])
        builder = self._leaf(cn, public, SERVER_DAYS, ExtendedKeyUsageOID.SERVER_AUTH)
        return builder.add_extension(names, critical=False).sign(self._key, hashes.SHA256())

    def issue_client(self, cn: str, public: ec.EllipticCurvePublicKey, days: int) -> x509.Certificate:
        return self._leaf(cn, public, days, ExtendedKeyUsageOID.CLIENT_AUTH).sign(self._key, hashes.SHA256())

    def _leaf(
        self, cn: str, public: ec.EllipticCurvePublicKey, days: int, usage: x509.ObjectIdentifier
    ) -> x509.CertificateBuilder:
        mine = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return (
            _builder(_name(cn), self.certificate.subject, public, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(ca=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(mine), critical=False
            )
        )


def check_csr(pem: str) -> ec.EllipticCurvePublicKey:
    """The P-256 key that signed this request; its subject and extensions are ignored. Refused (400) else."""
    try:
        csr = x509.load_pem_x509_csr(pem.encode("ascii"))
        key = csr.public_key()
        valid = csr.is_signature_valid
    except (ValueError, UnicodeEncodeError, InvalidSignature) as error:
        raise Refused(400, "csr: is no certificate request in PEM") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Refused(400, "csr: the key must be P-256")
    if not valid:
        raise Refused(400, "csr: its signature is not by its own key")
    return key


def expires_soon(certificate: x509.Certificate, days: int = RENEW_DAYS) -> bool:
    return certificate.not_valid_after_utc - datetime.now(UTC) < timedelta(days=days)


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(read_private(path), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SetupError(f"{path}: a P-256 private key is expected")
    return key


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    at = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _SKEW)
        .not_valid_after(at + timedelta(days=days))
    )


def _name(cn: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
