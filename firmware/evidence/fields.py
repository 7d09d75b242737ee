"""Checks of JSON objects: which keys must be there, what each value must be."""

from collections.abc import Callable, Mapping

from firmware.evidence import ids
from firmware.evidence.canonical import Json, JsonObject
from firmware.evidence.errors import FormatError
from firmware.evidence.times import parse_utc

Check = Callable[[Json], object]

MAX_TEXT = 1024  # characters of a free text in evidence


def text(value: Json) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise FormatError(f"a text of at most {MAX_TEXT} characters is expected")
    return value


def count(value: Json) -> int:
    """An integer from 0."""
    if integer(value) < 0:
        raise FormatError("an integer from 0 is expected")
    return integer(value)


def integer(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise FormatError("an integer is expected")
    return value


def flag(value: Json) -> bool:
    if not isinstance(value, bool):
        raise FormatError("true or false is expected")
    return value


def time(value: Json) -> str:
    if not isinstance(value, str):
        raise FormatError("a time is expected")
    parse_utc(value)
    return value


def base64(value: Json) -> bytes:
    if not isinstance(value, str):
        raise FormatError("base64 text is expected")
    return ids.from_base64(value)


def call(value: Json) -> str:
    if not isinstance(value, str):
        raise FormatError("a call is expected")
    ids.parse_call(value)
    return value


def sha256(value: Json) -> str:
    if not isinstance(value, str):
        raise FormatError("a SHA-256 in hex is expected")
    return ids.check_sha256(value)


def array(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise FormatError("an array is expected")
    return value


def parts(value: Json) -> JsonObject:
    if not isinstance(value, dict):
        raise FormatError("an object is expected")
    return value


def anything(value: Json) -> Json:
    return value


def version(what: str, value: Json, known: int) -> None:
    if isinstance(value, bool) or value != known:
        raise FormatError(f"{what}: this reader knows version {known}, not {value!r:.20}")


def one_of(*allowed: str) -> Check:
    def check(value: Json) -> object:
        if value not in allowed:
            raise FormatError(f"one of {', '.join(allowed)} is expected")
        return value

    return check


def check_fields(
    what: str,
    value: Json,
    required: Mapping[str, Check],
    optional: Mapping[str, Check] | None = None,
    *,
    more: bool = False,
) -> JsonObject:
    """`value` as an object whose fields pass their checks; `more` allows fields named in neither."""
    if not isinstance(value, dict):
        raise FormatError(f"{what}: an object is expected")
    optional = optional or {}
    for name in required:
        if name not in value:
            raise FormatError(f"{what}: '{name}' is missing")
    for name, inner in value.items():
        check = required.get(name) or optional.get(name)
        if check is None:
            if more:
                continue
            raise FormatError(f"{what}: '{name:.40}' is not known")
        try:
            check(inner)
        except FormatError as error:
            raise FormatError(f"{what}.{name}: {error}") from error
    return value
