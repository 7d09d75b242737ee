"""`offhook vault init`: everything that a vault needs before its first start."""

from dataclasses import dataclass
from pathlib import Path

from config.load import load_vault
from config.vault import VaultSettings
from firmware.evidence.keys import ArchivePrivateKey, ArchivePublicKey, SigningKey
from sync.vault.access.passwords import generate_password, hash_password
from sync.vault.catalogue import people
from sync.vault.catalogue.database import Catalogue
from sync.vault.errors import SetupError
from sync.vault.layout import Layout, layout
from sync.vault.pki.authority import Authority
from sync.vault.pki.broker import write_broker_config
from sync.vault.pki.certificates import ensure


@dataclass(frozen=True, slots=True, kw_only=True)
class InitOptions:
    """`archive_key` empty: keys/archive.pem is made, unless `recipients` (name, public key) are given."""

    name: str
    site: str
    listen_host: str
    https_port: int
    mqtt_host: str
    mqtt_port: int
    mqtt_service_port: int
    console_port: int  # 0: no plain listener
    public_host: str
    archive_key: str
    recipients: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Made:
    config: Path
    admin_password: str
    archive_key: Path | None


def init(folder: Path, options: InitOptions) -> Made:
    """Make `folder` a vault; SetupError when it is one already."""
    config = folder / "vault.toml"
    if config.exists():
        raise SetupError(f"{config} exists: this folder is a vault already")
    at = Layout(folder)
    at.make()
    archive = _archive_key(at, options)
    config.write_text(_toml(options, archive), encoding="utf-8")
    settings = load_vault(config)
    SigningKey.generate().save(settings.signing_key_path)
    ensure(settings, Authority.create(at.ca, options.name))
    write_broker_config(settings, [])
    return Made(config, first_admin(settings), archive)


def first_admin(settings: VaultSettings) -> str:
    """Make the first person, `admin`; the password, which is shown once and stored as a hash only."""
    password = generate_password()
    catalogue = Catalogue(layout(settings).catalogue)
    try:
        catalogue.write_now(
            lambda db: people.add(
                db, login="admin", name="Administrator", role="admin", password_hash=hash_password(password)
            )
        )
    finally:
        catalogue.close()
    return password


def _archive_key(at: Layout, options: InitOptions) -> Path | None:
    if options.archive_key:
        path = Path(options.archive_key).absolute()
        ArchivePrivateKey.load(path)
        return path
    if options.recipients:
        return None
    path = at.keys.absolute() / "archive.pem"
    ArchivePrivateKey.generate().save(path)
    return path


def _toml(o: InitOptions, archive: Path | None) -> str:
    recipients = [(name, ArchivePublicKey.from_base64(key).base64) for name, key in o.recipients]
    if archive is not None:
        recipients.insert(0, ("archive", ArchivePrivateKey.load(archive).public.base64))
    opens = f'audio = ["{archive}"]\ndetails = ["{archive}"]\n' if archive else ""
    console = f"\n[console_http]\nenabled = true\nport = {o.console_port}\n" if o.console_port else ""
    text = f"""\
# Settings of this vault that differ from the shipped ones; `offhook config explain --vault KEY` tells each.
[vault]
name = "{o.name}"
site = "{o.site}"
state_dir = "."

[https]
listen_host = "{o.listen_host}"
port = {o.https_port}
public_host = "{o.public_host}"
{console}
[mqtt]
host = "{o.mqtt_host}"
listen_host = "{o.listen_host}"
port = {o.mqtt_port}
service_port = {o.mqtt_service_port}
public_host = "{o.public_host}"

[keys]
signing = "keys/vault.pem"
{opens}"""
    for name, key in recipients:
        text += f'\n[[recipients]]\nname = "{name}"\npublic_key = "{key}"\npurpose = "both"\n'
    return text
