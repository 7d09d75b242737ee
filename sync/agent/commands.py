"""Commands of a vault: checked, entered in the ledger, carried out once, answered. Owner thread only."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from firmware.evidence.errors import EvidenceError
from firmware.evidence.jws import parse_jws
from firmware.evidence.keys import VerifyKey
from firmware.evidence.times import parse_utc
from sync.agent.errors import RefusedError
from sync.wire.messages import Command

MOST_AHEAD = timedelta(
    days=1
)  # a command that would hold longer is refused: its id must be remembered so long
IDENTIFY_S, IDENTIFY_MOST_S = 15, 60
REMEMBERED = 1000  # ids; a vault that sends more in a day is refused


class Remembered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ids of commands seen, with the time after which they are refused anyway."""

    ids: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    ok: bool
    result: dict[str, str]
    error: str = ""


class CommandCheck:
    """Signature by the vault of that connection, meant for us, in time, never seen before."""

    def __init__(
        self, *, desk: str, keys: Mapping[str, VerifyKey], memory: Path, wall: Callable[[], datetime]
    ) -> None:
        self._desk, self._keys, self._memory, self._wall = desk, keys, memory, wall

    def take(self, replica: str, payload: bytes) -> Command:
        """The command, remembered durably first; RefusedError otherwise, also for a repetition."""
        command = self._read(replica, payload)
        now = self._wall()
        try:
            expires = parse_utc(command.expires)
        except EvidenceError as error:
            raise RefusedError(f"a command of {replica} is refused: {error}") from error
        if (command.vault, command.desk) != (replica, self._desk):
            raise RefusedError(f"a command of {replica} is refused: it is from or for someone else")
        if not now < expires <= now + MOST_AHEAD:
            raise RefusedError(
                f"a command of {replica} is refused: it has expired, or holds for more than a day"
            )
        self._remember(replica, command, now)
        return command

    def _read(self, replica: str, payload: bytes) -> Command:
        try:
            claims = parse_jws(payload.decode("ascii")).verify(self._keys[replica])
            return msgspec.convert(claims, Command)
        except (EvidenceError, UnicodeDecodeError, msgspec.ValidationError) as error:
            raise RefusedError(f"a command of {replica} is refused: {error}") from error

    def _remember(self, replica: str, command: Command, now: datetime) -> None:
        known = {key: until for key, until in self._load().items() if parse_utc(until) > now}
        key = f"{replica}/{command.id}"
        if key in known or len(known) >= REMEMBERED:
            raise RefusedError(f"a command of {replica} is refused: seen before, or too many in a day")
        known[key] = command.expires
        temporary = self._memory.with_suffix(".tmp")
        with open(temporary, "wb") as file:
            file.write(msgspec.json.encode(Remembered(known)))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._memory)

    def _load(self) -> dict[str, str]:
        try:
            return msgspec.json.decode(self._memory.read_bytes(), type=Remembered).ids
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as error:
            raise RefusedError(
                f"{self._memory}: cannot be read, so no command can be told from a repeated one"
            ) from error


class Identify(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """run/identify.json: the panel lets its lamps chase until then."""

    boot: str
    until_mono_ns: int


def carry_out(command: Command, *, run_dir: Path, boot: str, mono_ns: int) -> Outcome:
    """Do it. What a desk does not know it says."""
    if command.name != "identify":
        return Outcome(ok=False, result={}, error="unknown command")
    text = command.arguments.get("seconds", str(IDENTIFY_S))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= IDENTIFY_MOST_S):
        return Outcome(ok=False, result={}, error=f"seconds must be 1 to {IDENTIFY_MOST_S}")
    path = run_dir / "identify.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(msgspec.json.encode(Identify(boot, mono_ns + int(text) * 1_000_000_000)))
    os.replace(temporary, path)
    return Outcome(ok=True, result={"seconds": text})
