"""What all vectors share: keys, names and times."""

from datetime import UTC, datetime
from pathlib import Path

from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from firmware.evidence.times import format_utc

VECTORS = Path(__file__).resolve().parents[4] / "firmware" / "evidence" / "vectors"
RATE = 8000
DESK = "sh01-d017"
CALL = f"{DESK}/42"
BOOT = "5f0c1f1e-6f0a-4c57-9d63-0a2a6b3d9c11"
START = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
STARTED = format_utc(START)
NOW = 1_795_334_400


class Keys:
    """Test keys, kept in vectors/keys."""

    def __init__(self):
        folder = VECTORS / "keys"
        folder.mkdir(parents=True, exist_ok=True)
        self.archive = self._key(folder / "archive.pem", ArchivePrivateKey)
        self.second = self._key(folder / "second.pem", ArchivePrivateKey)
        self.other = self._key(folder / "other.pem", ArchivePrivateKey)
        self.desk = self._key(folder / "desk.pem", SigningKey)
        self.vault = self._key(folder / "vault.pem", SigningKey)

    def _key(self, path, kind):
        if not path.exists():
            kind.generate().save(path)
        return kind.from_pem(path.read_bytes())

    def public(self):
        names = ("archive", "second", "other", "desk", "vault")
        return {name: getattr(self, name).public.base64 for name in names}
