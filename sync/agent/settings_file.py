"""Adding an enrolment to a settings file: its text stays, lines are added, the result is checked first.

Pure but for `save`. TOML has no writer that keeps comments, and a person wrote this file.
"""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from firmware.spool.durable import make_folder, sync_folder
from sync.agent.errors import EnrolError

Value = str | int
Table = Mapping[str, Value]


def with_enrolment(text: str, *, desk: Table, recipients: Sequence[Table], replica: Table | None) -> str:
    """`text` with [desk] keys set and tables appended. EnrolError when that cannot be done without harm."""
    before = _parse(text, "the settings file is not TOML")
    new = _with_desk(text, before.get("desk", {}), desk)
    for name, tables in (("recipients", recipients), ("replica", [replica] if replica else [])):
        if tables and before.get(name) == []:
            new = re.sub(rf"(?m)^{name}[ \t]*=[ \t]*\[[ \t]*\][^\n]*\n?", "", new)
        new += "".join(_appended(name, table) for table in tables)
    _check(before, new, desk=desk, recipients=recipients, replica=replica)
    return new


def save(path: Path, text: str) -> None:
    """Durable; owner and mode of an existing file stay. EnrolError in a sentence."""
    temporary = path.with_name(f".{path.name}.enrol")
    try:
        make_folder(path.parent)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o640
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text.encode())
            file.flush()
            if path.exists():
                os.fchown(file.fileno(), path.stat().st_uid, path.stat().st_gid)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.rename(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise EnrolError(
            f"{path}: the settings cannot be written: {error.strerror}; run this as root"
        ) from error


def quoted(value: Value) -> str:
    """A TOML value. Nothing that a vault sends needs escapes: what would is refused."""
    if isinstance(value, int):
        return str(value)
    if re.search(r'[\x00-\x1f\x7f"\\]', value):
        raise EnrolError(f"{value[:40]!r} cannot be written into a settings file")
    return f'"{value}"'


def _with_desk(text: str, known: Mapping[str, Any], desk: Table) -> str:
    wanted = {key: value for key, value in desk.items() if known.get(key) != value}
    if not wanted:
        return text
    lines = "".join(f"{key} = {quoted(value)}\n" for key, value in wanted.items())
    header = re.search(r"(?m)^[ \t]*\[[ \t]*desk[ \t]*\][^\n]*(?:\n|\Z)", text)
    if header is None:
        return f"{_ended(text)}\n[desk]\n{lines}"
    start = header.end()
    following = re.search(r"(?m)^[ \t]*\[", text[start:])
    end = start + following.start() if following else len(text)
    body = text[start:end]
    for key in wanted:
        body = re.sub(rf"(?m)^[ \t]*{key}[ \t]*=[^\n]*\n?", "", body)
    return _ended(text[:start]) + lines + body + text[end:]


def _appended(name: str, table: Table) -> str:
    return f"\n[[{name}]]\n" + "".join(f"{key} = {quoted(value)}\n" for key, value in table.items())


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _check(
    before: Mapping[str, Any], text: str, *, desk: Table, recipients: Sequence[Table], replica: Table | None
) -> None:
    """What the new text says is what the old said and the additions, nothing else."""
    after = _parse(text, "the settings file cannot be extended without harm")
    expected = {**before, "desk": {**before.get("desk", {}), **desk}}
    if recipients:
        expected["recipients"] = [*before.get("recipients", []), *recipients]
    if replica:
        expected["replica"] = [*before.get("replica", []), replica]
    if after != expected:
        raise EnrolError(
            "the settings file is written in a way that cannot be extended automatically: "
            "use plain [desk], [[recipients]] and [[replica]] tables, then enrol again with the same code"
        )


def _parse(text: str, complaint: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EnrolError(f"{complaint}: {error}") from error
