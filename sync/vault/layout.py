"""Where things lie in a vault's state folder."""

from dataclasses import dataclass
from pathlib import Path

from config.vault import VaultSettings


@dataclass(frozen=True, slots=True)
class Layout:
    """uploads/<desk>/<seq12>.part becomes objects/<desk>/<seq12>.ohr, or goes to quarantine/<desk>/."""

    root: Path

    @property
    def uploads(self) -> Path:
        return self.root / "uploads"

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def catalogue(self) -> Path:
        return self.root / "catalogue.sqlite3"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def ca(self) -> Path:
        return self.root / "ca"

    @property
    def broker(self) -> Path:
        return self.root / "broker"

    def make(self) -> None:
        """The folders; 0700 where private keys lie."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.uploads, self.objects, self.quarantine, self.broker):
            folder.mkdir(exist_ok=True)
        for folder in (self.keys, self.ca):
            folder.mkdir(mode=0o700, exist_ok=True)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificate and private key of one end, and the CA that it trusts."""

    ca: Path
    cert: Path
    key: Path


def layout(settings: VaultSettings) -> Layout:
    return Layout(settings.state_path)


def https_files(settings: VaultSettings) -> TlsFiles:
    """What the settings name, else what the vault's own CA made."""
    at = layout(settings)
    return TlsFiles(
        at.ca / "ca.crt",
        Path(settings.https.cert or at.keys / "https.crt"),
        Path(settings.https.key or at.keys / "https.key"),
    )


def mqtt_files(settings: VaultSettings) -> TlsFiles:
    """The vault's own client certificate at its broker."""
    at = layout(settings)
    return TlsFiles(
        Path(settings.mqtt.ca_file or at.ca / "ca.crt"),
        Path(settings.mqtt.cert or at.keys / "mqtt.crt"),
        Path(settings.mqtt.key or at.keys / "mqtt.key"),
    )
