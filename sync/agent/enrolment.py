"""`offhook enrol`: from an address and a code to a desk that its vault knows.

Every step may be stopped and the same command repeated: the code finds the key that it was used with, and the
vault gives the same answer to the same keys. The settings file is changed last but for the ledger entry.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from config.desk import DeskSettings
from config.load import DESK_FILE, load_desk
from drivers.open import open_clock
from firmware.evidence.canonical import Json
from firmware.evidence.entry import Entry
from firmware.evidence.errors import EvidenceError
from firmware.evidence.ids import check_desk_id
from firmware.evidence.keys import ArchivePublicKey, SigningKey, VerifyKey
from firmware.ledger.ledger import Ledger
from firmware.spool.durable import make_folder, remove_durably
from sync.agent import identity
from sync.agent.errors import EnrolError, NoAnswerError
from sync.agent.https import Answer, VaultHttps, fetch_unverified
from sync.agent.settings_file import Table, save, with_enrolment
from sync.wire.enrol import (
    CA_PATH,
    ENROL_PATH,
    EnrolAnswer,
    EnrolCode,
    EnrolRequest,
    decode_answer,
    parse_code,
)
from sync.wire.errors import WireError
from sync.wire.topics import Topics


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What was done. `already`: this replica stood in the settings before."""

    desk: str
    vault: str
    file: Path
    replicas: int
    receipts_required: int
    already: bool


def enrol(url: str, code_text: str, file: Path | None) -> Enrolled:
    """Enrol this desk at the vault at `url`; EnrolError or ConfigError say what is in the way."""
    code = _code(code_text)
    path = file or DESK_FILE
    settings = load_desk(path if path.exists() else None)
    keys = settings.keys_path
    key = identity.desk_key(keys)
    pending, mqtt_key = identity.pending_key(keys, code)
    ca_pem = _fetch_ca(url, code)
    ca = identity.ca_of(ca_pem, code)
    request = EnrolRequest(str(code), key.public.base64, identity.request_pem(mqtt_key), settings.desk.id)
    answer = _checked(_ask(url, ca_pem, request), settings)
    identity.check_client(answer.certificate, mqtt_key, ca, answer.desk_id)
    files = identity.ClientFiles(keys, answer.vault)
    identity.install(files, pending=pending, certificate=answer.certificate, ca=ca_pem)
    already = any(one.name == answer.vault for one in settings.replica)
    _write_settings(path, settings, answer, url, files, already=already)
    after = load_desk(path)
    _enter(after, key, answer.vault)
    remove_durably(pending)
    return Enrolled(
        answer.desk_id, answer.vault, path, len(after.replica), after.receipts_required, already=already
    )


def _code(text: str) -> EnrolCode:
    try:
        return parse_code(text)
    except WireError as error:
        raise EnrolError(str(error)) from error


def _fetch_ca(url: str, code: EnrolCode) -> bytes:
    """The CA certificate that the server shows, when it is the code's."""
    body = _good(lambda: fetch_unverified(url, CA_PATH)).body
    identity.ca_of(body, code)
    return body


def _ask(url: str, ca_pem: bytes, request: EnrolRequest) -> EnrolAnswer:
    https = VaultHttps(url, ssl.create_default_context(cadata=ca_pem.decode("ascii")))
    headers = {"Content-Type": "application/json"}
    body = msgspec.json.encode(request)
    answer = _good(lambda: https.send("POST", https.path(ENROL_PATH), headers, body))
    https.close()
    try:
        return decode_answer(answer.body)
    except WireError as error:
        raise EnrolError(f"the vault's answer cannot be used: {error}") from error


def _good(send: Callable[[], Answer]) -> Answer:
    try:
        answer = send()
    except NoAnswerError as error:
        raise EnrolError(f"the vault {error}") from error
    if answer.status in (200, 201):
        return answer
    raise EnrolError(f"the vault refuses ({answer.status}): {_detail(answer.body)}")


def _detail(body: bytes) -> str:
    try:
        told = msgspec.json.decode(body, type=dict[str, object]).get("detail", "")
    except msgspec.DecodeError:
        told = ""
    return str(told)[:300] or "it does not say why"


def _checked(answer: EnrolAnswer, settings: DeskSettings) -> EnrolAnswer:
    """EnrolError when the answer does not fit this desk, its other vaults, or the formats."""
    try:
        check_desk_id(answer.desk_id)
        Topics(site=answer.site, desk=answer.desk_id)
        Topics(site=answer.vault, desk=answer.desk_id)  # a vault's name follows the same rule
        VerifyKey.from_base64(answer.vault_public_key)
        for recipient in answer.recipients:
            ArchivePublicKey.from_base64(recipient.public_key)
    except (EvidenceError, WireError) as error:
        raise EnrolError(f"the vault's answer cannot be used: {error}") from error
    if settings.desk.id and (settings.desk.id, settings.desk.site) != (answer.desk_id, answer.site):
        raise EnrolError(
            f"this desk is {settings.desk.id} of site {settings.desk.site}, the code is for {answer.desk_id} "
            f"of {answer.site}: ask for a code with `offhook vault enrol-code --desk {settings.desk.id}`"
        )
    known = {one.name: one.public_key for one in settings.replica}
    if known.get(answer.vault, answer.vault_public_key) != answer.vault_public_key:
        raise EnrolError(
            f"another vault named {answer.vault} is in the settings: remove its [[replica]] first"
        )
    return answer


def _write_settings(
    path: Path,
    settings: DeskSettings,
    answer: EnrolAnswer,
    url: str,
    files: identity.ClientFiles,
    *,
    already: bool,
) -> None:
    replica: Table = {
        "name": answer.vault,
        "mqtt_host": answer.mqtt.host or (urlsplit(url).hostname or ""),
        "mqtt_port": answer.mqtt.port,
        "https_url": url.rstrip("/"),
        "ca_file": str(files.ca.absolute()),
        "public_key": answer.vault_public_key,
    }
    text = path.read_text("utf-8") if path.exists() else ""
    new = with_enrolment(
        text,
        desk={"id": answer.desk_id, "site": answer.site},
        recipients=_new_recipients(settings, answer),
        replica=None if already else replica,
    )
    if new != text:
        save(path, new)


def _new_recipients(settings: DeskSettings, answer: EnrolAnswer) -> list[Table]:
    """Those whose key is not known yet; one whose name is taken gets the vault's name behind it."""
    keys = {one.public_key for one in settings.recipients}
    names = {one.name for one in settings.recipients}
    found: list[Table] = []
    for one in answer.recipients:
        if one.public_key in keys:
            continue
        name = one.name if one.name not in names else f"{one.name}-{answer.vault}"[:32].rstrip("-")
        found.append({"name": name, "public_key": one.public_key, "purpose": one.purpose})
        keys.add(one.public_key)
        names.add(name)
    return found


def _enter(settings: DeskSettings, key: SigningKey, vault: str) -> None:
    """The `enrolled` entry, unless the last one names all vaults of the settings already."""
    vaults: list[Json] = [
        {"name": one.name, "public_key": one.public_key}
        for one in sorted(settings.replica, key=lambda one: one.name)
    ]
    path = settings.state_path / "ledger.sqlite3"
    make_folder(settings.state_path)
    ledger = Ledger(path, desk=settings.desk.id, clock=open_clock(settings), key=key)
    try:
        with ledger.reader() as reader:
            last = next(iter(reader.backwards("enrolled")), None)
        if last is not None and Entry.parse(last).body["vaults"] == vaults:
            return
        recipients: list[Json] = [
            {
                "name": one.name,
                "purpose": one.purpose,
                "key": ArchivePublicKey.from_base64(one.public_key).key_id,
            }
            for one in settings.recipients
        ]
        body: dict[str, Json] = {
            "public_key": key.public.base64,
            "recipients": recipients,
            "vaults": vaults,
            "vault": vault,
        }
        ledger.append("enrolled", body)
    finally:
        ledger.close()
