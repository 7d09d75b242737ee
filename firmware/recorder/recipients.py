"""Whom recordings and details are sealed to, and with what key checkpoints are signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.desk import Recipient
from firmware.evidence.errors import EvidenceError, KeyFileError
from firmware.evidence.keys import ArchivePublicKey, SigningKey

DESK_KEY = "desk.pem"


@dataclass(frozen=True, slots=True)
class Recipients:
    """`audio`: every archive key of recordings. `details`: the key of numbers and names, if there is one.

    `problem`: why recordings cannot be sealed, as a sentence; empty when they can.
    """

    audio: tuple[ArchivePublicKey, ...]
    details: ArchivePublicKey | None
    problem: str


def load_recipients(settings: Sequence[Recipient]) -> Recipients:
    """A key that is none is a problem told, not an exception: the desk waits for better settings, alive."""
    audio: list[ArchivePublicKey] = []
    details: list[ArchivePublicKey] = []
    for one in settings:
        try:
            key = ArchivePublicKey.from_base64(one.public_key)
            key.seal(b"", b"")  # what cannot be sealed to shows now, not at the first call
        except EvidenceError as error:
            return Recipients((), None, f"recipient {one.name} in the settings is no archive key: {error}")
        if one.purpose in ("audio", "both"):
            audio.append(key)
        if one.purpose in ("details", "both"):
            details.append(key)
    problem = "" if audio else "no recipient key for recordings in the settings: enrol this desk at its vault"
    return Recipients(tuple(audio), details[0] if details else None, problem)


def load_signing_key(folder: Path) -> tuple[SigningKey | None, str]:
    """The desk's key, or None and why not."""
    try:
        return SigningKey.load(folder / DESK_KEY), ""
    except KeyFileError as error:
        return None, str(error)
