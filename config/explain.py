"""What a setting is, where its value came from and what it may be: for `offhook config show` and `explain`.

Meaning, unit and reason are the comment above the key in the shipped defaults file: written once, shown
from there.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from config.allowed import allowed, shown, split, type_name
from config.errors import ConfigError
from config.load import Loaded, S, defaults_text

_TABLE = re.compile(r"\[(?P<name>[a-z_.]+)\]\s*\Z")
_KEY = re.compile(r"(?P<key>[a-z0-9_]+)\s*=")


@dataclass(frozen=True, slots=True)
class Effective:
    """A setting as it is in force; secrets are not shown."""

    key: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`shipped` is empty where there is no shipped value (members of array tables)."""

    key: str
    value: str
    origin: str
    shipped: str
    meaning: str
    type: str
    allowed: str


def defaults_name(loaded: Loaded[S]) -> str:
    return f"{type(loaded.settings).__name__.removesuffix('Settings').lower()}.toml"


def effective(loaded: Loaded[S]) -> list[Effective]:
    """Every setting in force, in the order of its definition."""
    return [Effective(key, shown(key, value), loaded.origins[key]) for key, value in _leaves(loaded)]


def explain(loaded: Loaded[S], key: str) -> Explanation:
    """Raises ConfigError, with the nearest key, when there is none of that name."""
    hints = dict(_hints(type(loaded.settings), ""))
    pattern = re.sub(r"\[\d+\]", "", key)
    if pattern not in hints:
        near = difflib.get_close_matches(pattern, hints, n=3, cutoff=0.4)
        advice = f"did you mean {' or '.join(near)}?" if near else "`offhook config show` lists them all"
        raise ConfigError(f"{key} is not a setting; {advice}")
    text = defaults_text(defaults_name(loaded))
    values = dict(_leaves(loaded))
    shipped = _shipped(tomllib.loads(text), pattern)
    return Explanation(
        key=key,
        value=shown(key, values[key]) if key in values else "",
        origin=loaded.origins.get(key, "not set"),
        shipped="" if shipped is None else shown(key, shipped),
        meaning=comments(text).get(pattern, ""),
        type=type_name(hints[pattern]),
        allowed=allowed(pattern, hints[pattern]),
    )


def comments(text: str) -> dict[str, str]:
    """Key path to the comment lines right above it, joined by spaces."""
    found: dict[str, str] = {}
    table, above = "", list[str]()
    for line in text.splitlines():
        if line.startswith("#"):
            above.append(line.lstrip("# "))
            continue
        if match := _TABLE.match(line):
            table = match["name"] + "."
        elif match := _KEY.match(line):
            found[table + match["key"]] = " ".join(above)
        above = []
    return found


def _hints(kind: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Key path (without indices) and type of every leaf, and of every array of tables."""
    for key, hint in get_type_hints(kind, include_extras=True).items():
        bare, _ = split(hint)
        item = split(get_args(bare)[0])[0] if get_origin(bare) is tuple else bare
        if item is bare and _is_struct(bare):
            yield from _hints(bare, f"{path}{key}.")
            continue
        yield path + key, hint
        if _is_struct(item):
            yield from _hints(item, f"{path}{key}.")


def _leaves(loaded: Loaded[S]) -> Iterator[tuple[str, Any]]:
    """Key path (with indices) and value of everything that has an origin."""
    plain = msgspec.to_builtins(loaded.settings)
    for key in loaded.origins:
        value = _at(plain, key)
        if not (isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping)):
            yield key, value


def _at(plain: Any, key: str) -> Any:
    parts = re.findall(r"[a-z0-9_]+", key)
    return reduce(lambda at, part: at[int(part)] if part.isdigit() else at[part], parts, plain)


def _shipped(defaults: Mapping[str, Any], key: str) -> Any:
    try:
        return _at(defaults, key)
    except (KeyError, TypeError):
        return None


def _is_struct(bare: Any) -> bool:
    return isinstance(bare, type) and issubclass(bare, msgspec.Struct)
