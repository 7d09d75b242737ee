"""Settings of a vault: types and limits. Values stand in defaults/vault.toml, each with unit and reason."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from config.desk import Recipient
from config.kinds import FilePath, HostName, LoopbackHost, Name, PortNumber


class Vault(Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    site: Name
    state_dir: Annotated[str, Meta(min_length=1, extra={"kind": "path"}, description="a folder")]
    language: Literal["en", "zh"]


class Https(Struct, frozen=True, forbid_unknown_fields=True):
    """Empty cert and key: made at first start by the vault's own CA."""

    listen_host: HostName
    port: PortNumber
    public_host: Annotated[str, Meta(description="the host name that desks use, or empty for listen_host")]
    cert: FilePath
    key: FilePath


class ConsoleHttp(Struct, frozen=True, forbid_unknown_fields=True):
    """The console without TLS, for a reverse proxy or a demonstration on this machine alone."""

    enabled: bool
    host: LoopbackHost
    port: PortNumber


class Mqtt(Struct, frozen=True, forbid_unknown_fields=True):
    """The vault's own broker; empty cert, key and ca_file: those that the vault's own CA makes.

    Two listeners: desks at `port` (client id = CN), the vault and its operators' tools at `service_port`.
    """

    host: HostName
    listen_host: HostName
    port: PortNumber
    service_port: PortNumber
    public_host: Annotated[str, Meta(description="the host name that desks use, or empty for host")]
    ca_file: FilePath
    cert: FilePath
    key: FilePath


class VaultKeys(Struct, frozen=True, forbid_unknown_fields=True):
    signing: Annotated[str, Meta(min_length=1, description="a file; a relative one lies in state_dir")]
    audio: tuple[FilePath, ...]
    details: tuple[FilePath, ...]


class Uploads(Struct, frozen=True, forbid_unknown_fields=True):
    max_bytes: Annotated[int, Meta(ge=1_048_576, le=1 << 40)]


class Access(Struct, frozen=True, forbid_unknown_fields=True):
    """People's sessions and desks' enrolment."""

    session_hours: Annotated[int, Meta(ge=1, le=168)]
    code_hours: Annotated[int, Meta(ge=1, le=168)]
    certificate_days: Annotated[int, Meta(ge=1, le=825)]


class VaultSettings(Struct, frozen=True, forbid_unknown_fields=True):
    vault: Vault
    https: Https
    console_http: ConsoleHttp
    mqtt: Mqtt
    keys: VaultKeys
    uploads: Uploads
    access: Access
    recipients: tuple[Recipient, ...]

    @property
    def state_path(self) -> Path:
        """Holds uploads/, objects/, quarantine/, catalogue.sqlite3, keys/, ca/ and broker/."""
        return Path(self.vault.state_dir)

    @property
    def signing_key_path(self) -> Path:
        return self.state_path / self.keys.signing
