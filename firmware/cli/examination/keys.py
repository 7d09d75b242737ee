"""Settings, keys, their permissions, recipients."""

import os
from collections.abc import Iterator

from config.desk import DeskSettings
from config.files import desk_problems
from firmware.cli.examination.item import Item, fail, ok, warn
from firmware.evidence.errors import EvidenceError
from firmware.evidence.keys import ArchivePublicKey, SigningKey

AREA = "settings"


def examine(settings: DeskSettings) -> Iterator[Item]:
    problems = desk_problems(settings)
    for problem in problems:
        yield fail(AREA, "files", problem, "Put this right in the settings file: offhook config check")
    if not problems:
        yield ok(AREA, "files", "every file and folder that the settings name is there and private")
    yield _enrolled(settings)
    yield _desk_key(settings)
    yield _recipients(settings)


def _enrolled(settings: DeskSettings) -> Item:
    if not settings.desk.id:
        return fail("keys", "enrolment", "this desk has no id", "Enrol it: offhook enrol URL CODE")
    count = len(settings.replica)
    found = f"{settings.desk.id}, {count} vaults, {settings.receipts_required} receipts required"
    if count < settings.receipts_required:
        return fail("keys", "enrolment", found, "Enrol it at another vault: offhook enrol URL CODE")
    return ok("keys", "enrolment", found)


def _desk_key(settings: DeskSettings) -> Item:
    path = settings.keys_path / "desk.pem"
    try:
        key = SigningKey.load(path)
    except EvidenceError as error:
        return fail("keys", "desk key", str(error), "Correct what it says; a lost key needs a new enrolment")
    if os.stat(settings.keys_path).st_mode & 0o022:
        return warn("keys", "desk key", f"{settings.keys_path} can be changed by others",
                    f"chmod 700 {settings.keys_path}")  # fmt: skip
    return ok("keys", "desk key", f"{path}, key id {key.public.key_id}")


def _recipients(settings: DeskSettings) -> Item:
    told = []
    for recipient in settings.recipients:
        try:
            key = ArchivePublicKey.from_base64(recipient.public_key)
        except EvidenceError as error:
            return fail("keys", "recipients", f"{recipient.name}: {error}",
                        "Copy the archive's public key again: offhook keys new archive shows it")  # fmt: skip
        told.append(f"{recipient.name} ({recipient.purpose}, {key.key_id})")
    if not any(recipient.purpose in ("audio", "both") for recipient in settings.recipients):
        return fail("keys", "recipients", "no key that recordings could be sealed to",
                    "Enrol this desk, or add [[recipients]] with the archive's public key")  # fmt: skip
    return ok("keys", "recipients", ", ".join(told))
