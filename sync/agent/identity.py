"""Keys and certificates of enrolment: made here, checked on return. Only `offhook enrol` imports this."""

from dataclasses import dataclass
from pathlib import Path

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
from cryptography.x509.oid import NameOID

from firmware.evidence.errors import KeyFileError
from firmware.evidence.keyfile import read_private, write_private
from firmware.evidence.keys import SigningKey
from firmware.spool.durable import make_folder, write_durably
from sync.agent.errors import EnrolError
from sync.wire.enrol import EnrolCode


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """Where one replica's client certificate lives, by its name."""

    keys: Path
    name: str

    @property
    def key(self) -> Path:
        return self.keys / f"{self.name}.key"

    @property
    def certificate(self) -> Path:
        return self.keys / f"{self.name}.crt"

    @property
    def ca(self) -> Path:
        return self.keys / f"{self.name}.ca"


def desk_key(keys: Path) -> SigningKey:
    """The desk's signing key, made once and for ever: the ledger's checkpoints are signed with it."""
    path = keys / "desk.pem"
    try:
        make_folder(keys, mode=0o700)
        if not path.exists():
            SigningKey.generate().save(path)
        return SigningKey.load(path)
    except (KeyFileError, OSError) as error:
        raise EnrolError(str(error)) from error


def pending_key(keys: Path, code: EnrolCode) -> tuple[Path, ec.EllipticCurvePrivateKey]:
    """The P-256 key for this code. The same code finds the same key, so a lost answer can be asked for."""
    path = keys / f"enrol-{code.token_hash()[:16]}.key"
    try:
        if not path.exists():
            pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            )
            write_private(path, pem)
        key = load_pem_private_key(read_private(path), password=None)
    except (KeyFileError, ValueError) as error:
        raise EnrolError(f"{path}: {error}; remove it and ask for a new code") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise EnrolError(f"{path}: is no P-256 key; remove it and ask for a new code")
    return path, key


def request_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """A CSR; the vault looks at its key and signature only and chooses the name itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "offhook-desk")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return csr.public_bytes(Encoding.PEM).decode("ascii")


def ca_of(pem: bytes, code: EnrolCode) -> x509.Certificate:
    """The CA certificate, when it is the one that the code names."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise EnrolError("the server there sends no CA certificate: is this address a vault's?") from error
    if not code.matches_ca(certificate.public_bytes(Encoding.DER)):
        raise EnrolError(
            "the server there is not the vault that made this code (its CA has another fingerprint): "
            "check address and code; if both are right, somebody stands in between"
        )
    return certificate


def check_client(pem: str, key: ec.EllipticCurvePrivateKey, ca: x509.Certificate, desk: str) -> None:
    """EnrolError unless this certificate is for our key, in our name, by that CA."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature, UnicodeEncodeError) as error:
        raise EnrolError(f"the vault's answer holds no certificate of its CA: {error}") from error
    names = [attribute.value for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if certificate.public_key() != key.public_key() or names != [desk]:
        raise EnrolError("the vault's answer holds a certificate for another key or another desk")


def install(files: ClientFiles, *, pending: Path, certificate: str, ca: bytes) -> None:
    """Put certificate, CA and key in place; may be repeated while the pending key is there."""
    try:
        write_durably(files.ca, ca)
        write_durably(files.certificate, certificate.encode("ascii"))
        write_durably(files.key, pending.read_bytes(), mode=0o600)
    except OSError as error:
        raise EnrolError(f"{files.keys}: keys cannot be written: {error.strerror}") from error
