"""Words for what a setting may be, from its type: used in errors and in `offhook config explain`."""

import json
from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Meta, Struct

# Endings of key names, longest first, and the unit that they say.
UNITS = (
    ("_percent", "percent"),
    ("_hours", "hours"),
    ("_dbfs", "dBFS"),
    ("_days", "days"),
    ("_bps", "bit/s"),
    ("_bytes", "bytes"),
    ("_hz", "Hz"),
    ("_ms", "milliseconds"),
    ("_s", "seconds"),
)
SECRET_ENDINGS = ("password", "secret", "token")
SHOWN_LENGTH = 80


def unit_of(key: str) -> str:
    """Unit said by the last part of a key path; empty where it says none."""
    return next((unit for ending, unit in UNITS if key.endswith(ending)), "")


def split(hint: Any) -> tuple[Any, Meta]:
    """Bare type and its Meta (an empty one where there is none)."""
    if get_origin(hint) is Annotated:
        bare, *extras = get_args(hint)
        return bare, next((extra for extra in extras if isinstance(extra, Meta)), Meta())
    return hint, Meta()


def shown(key: str, value: object) -> str:
    """A value as a settings file would spell it; secrets and very long values are not shown whole."""
    if key.endswith(SECRET_ENDINGS) or (isinstance(value, str) and "PRIVATE KEY" in value):
        return "(hidden)"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}…"


def type_name(hint: Any) -> str:
    """Short name of the type, in TOML's words."""
    bare, _ = split(hint)
    if get_origin(bare) is Literal:
        return type_name(type(get_args(bare)[0]))
    if get_origin(bare) is tuple:
        return f"array of {type_name(get_args(bare)[0])}"
    names: dict[Any, str] = {str: "string", int: "integer", float: "float", bool: "boolean"}
    return names.get(bare, "table")


def allowed(key: str, hint: Any) -> str:
    """What may stand there, to follow "must be"."""
    bare, meta = split(hint)
    if get_origin(bare) is Literal:
        return "one of " + ", ".join(json.dumps(choice) for choice in get_args(bare))
    if get_origin(bare) is tuple:
        return _array(key, get_args(bare)[0])
    if meta.description:
        return meta.description
    if bare in (int, float):
        return _number(key, bare, meta)
    return "true or false" if bare is bool else "a string"


def _array(key: str, item: Any) -> str:
    if isinstance(item, type) and issubclass(item, Struct):
        return f"tables [[{key}]] with {', '.join(item.__struct_fields__)}"
    return f"an array, each {allowed(key, item)}"


def _number(key: str, bare: Any, meta: Meta) -> str:
    unit = unit_of(key)
    kind = "a whole number" if bare is int else "a number"
    span = f" from {meta.ge} to {meta.le}" if meta.ge is not None and meta.le is not None else ""
    return kind + span + (f" ({unit})" if unit else "")
