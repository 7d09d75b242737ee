"""The vault's own leaf certificates: HTTPS, broker, the vault at its broker, operators' tools.

Made when missing, made again with the same key when close to their end or when a host name is new.
"""

import os
import socket
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from config.vault import VaultSettings
from firmware.evidence.keyfile import sync_folder, write_private
from sync.vault.layout import https_files, layout, mqtt_files
from sync.vault.pki.authority import SERVER_DAYS, Authority, expires_soon, load_key, private_pem

ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 -- compared with, not bound to


def vault_cn(name: str) -> str:
    """CN under which the vault reads and writes every desk's topics."""
    return f"vault.{name}"


def service_cn(name: str) -> str:
    """CN of an operator's tool: reads every desk's topics, writes none."""
    return f"service.{name}"


def ensure(settings: VaultSettings, authority: Authority) -> None:
    """All that the settings do not name themselves."""
    at, name = layout(settings), settings.vault.name
    web, mqtt = https_files(settings), mqtt_files(settings)
    if not settings.https.cert:
        _ensure_server(
            authority, web.cert, web.key, f"{name}.https", hosts(settings, settings.https.public_host)
        )
    if not settings.mqtt.cert:
        ensure_client(authority, mqtt.cert, mqtt.key, vault_cn(name))
    broker = hosts(settings, settings.mqtt.public_host, settings.mqtt.host)
    _ensure_server(authority, at.broker / "broker.crt", at.broker / "broker.key", f"{name}.broker", broker)
    write_public(at.broker / "ca.crt", authority.pem)


def hosts(settings: VaultSettings, *more: str) -> list[str]:
    """Names and addresses under which this machine may be reached."""
    listen = (settings.https.listen_host, settings.mqtt.listen_host)
    known = ["localhost", "127.0.0.1", "::1", socket.gethostname(), *listen, *more]
    return [host for host in dict.fromkeys(known) if host not in ANY_ADDRESS]


def ensure_client(authority: Authority, cert: Path, key_file: Path, cn: str) -> None:
    if cert.exists() and not expires_soon(x509.load_pem_x509_certificate(cert.read_bytes())):
        return
    write_public(cert, _pem(authority.issue_client(cn, _key(key_file).public_key(), SERVER_DAYS)))


def _ensure_server(authority: Authority, cert: Path, key_file: Path, cn: str, names: list[str]) -> None:
    if cert.exists() and _serves(x509.load_pem_x509_certificate(cert.read_bytes()), names):
        return
    write_public(cert, _pem(authority.issue_server(cn, _key(key_file).public_key(), names)))


def _serves(certificate: x509.Certificate, names: list[str]) -> bool:
    have = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = {str(name.value) for name in have}
    return known >= set(names) and not expires_soon(certificate)


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        write_private(path, private_pem(ec.generate_private_key(ec.SECP256R1())))
    return load_key(path)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def write_public(path: Path, data: bytes) -> None:
    """Whole or not at all, durable."""
    temporary = path.with_name(f".{path.name}.new")
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)
    sync_folder(path.parent)
