"""Files and folders that settings name: are they there, and are private ones private? Sentences that say
what to do.
"""

import stat
from collections.abc import Iterator
from pathlib import Path

from config.desk import DeskSettings
from config.vault import VaultSettings

LINES = Path(__file__).with_name("lines")
CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
HEAD_BYTES = 65_536  # a CA file has its first certificate well before that


def desk_problems(settings: DeskSettings) -> list[str]:
    return [
        *_folder("state_dir", settings.state_path),
        *_profile(settings.desk.line),
        *_enrolment(settings),
        *_wav(settings),
    ]


def vault_problems(settings: VaultSettings) -> list[str]:
    return [
        *_folder("vault.state_dir", settings.state_path),
        *_pair("https", settings.https.cert, settings.https.key),
        *_pair("mqtt", settings.mqtt.cert, settings.mqtt.key),
        *(_certificate("mqtt.ca_file", Path(settings.mqtt.ca_file)) if settings.mqtt.ca_file else ()),
        *_archive_keys("keys.audio", settings.keys.audio),
        *_archive_keys("keys.details", settings.keys.details),
        *_made_at_start("keys.signing", settings.signing_key_path),
    ]


def _folder(key: str, path: Path) -> Iterator[str]:
    if not path.is_dir():
        yield f"{key} = {path}: there is no such folder; make it with: install -d -m 700 {path}"


def _profile(line: str) -> Iterator[str]:
    names = sorted(file.stem for file in LINES.glob("*.toml"))
    if line not in names:
        yield f'desk.line = "{line}": there is no such network profile; known: {", ".join(names)}'


def _enrolment(settings: DeskSettings) -> Iterator[str]:
    if not settings.desk.id:
        return  # `offhook enrol` fills in all of the rest
    yield from _private("keys.dir: the desk's signing key", settings.keys_path / "desk.pem")
    purposes = {recipient.purpose for recipient in settings.recipients}
    for purpose in ("audio", "details"):
        if not purposes & {purpose, "both"}:
            yield f'[[recipients]] has no key of purpose "{purpose}": enrol again, or add the archive\'s key'
    if settings.replica and len(settings.replica) < settings.receipts_required:
        yield (
            f"receipts_required = {settings.receipts_required}, but [[replica]] has {len(settings.replica)}: "
            "no recording could ever leave this disk; enrol at another vault"
        )
    for index, replica in enumerate(settings.replica):
        yield from _certificate(f"replica[{index}].ca_file", Path(replica.ca_file))
        yield from _private(f"replica[{index}]: its client key", settings.keys_path / f"{replica.name}.key")


def _wav(settings: DeskSettings) -> Iterator[str]:
    path = Path(settings.audio.wav_path)
    if settings.audio.driver == "wav_file" and not path.is_file():
        yield f"audio.wav_path = {path}: there is no such file"


def _pair(table: str, cert: str, key: str) -> Iterator[str]:
    if bool(cert) != bool(key):
        yield f"{table}.cert and {table}.key must both be given, or neither (the vault's own CA makes them)"
        return
    if cert:
        yield from _certificate(f"{table}.cert", Path(cert))
        yield from _private(f"{table}.key", Path(key))


def _archive_keys(key: str, files: tuple[str, ...]) -> Iterator[str]:
    for index, file in enumerate(files):
        yield from _private(f"{key}[{index}]", Path(file))


def _made_at_start(key: str, path: Path) -> Iterator[str]:
    if path.exists():
        yield from _private(key, path)


def _certificate(key: str, path: Path) -> Iterator[str]:
    head, problem = _head(key, path)
    if problem:
        yield problem
    elif CERTIFICATE not in head:
        yield f"{key} = {path}: holds no certificate (PEM, {CERTIFICATE.decode()})"


def _private(key: str, path: Path) -> Iterator[str]:
    _, problem = _head(key, path)
    if problem:
        yield problem
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield f"{key} = {path}: others can read this private key (mode {mode:04o}); run: chmod 600 {path}"


def _head(key: str, path: Path) -> tuple[bytes, str]:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES), ""
    except FileNotFoundError:
        return b"", f"{key} = {path}: there is no such file"
    except OSError as error:
        return b"", f"{key} = {path}: cannot be read: {error.strerror}"
