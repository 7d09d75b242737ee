r"""Canonical JSON: one byte sequence for each value, so that a hash or signature means one thing.

UTF-8, keys sorted by code point, no white space, integers (64 bit), strings, true and false; arrays
and objects of these; no floats, no null, no duplicate keys. Strings escape only what JSON demands:
quotation mark, reverse solidus, and U+0000 to U+001F (the short form \b \t \n \f \r where there is
one, else \u00xx in lower case). `emit(parse(x)) == x` holds for every x that `parse` accepts.
"""

import json
import re

from firmware.evidence.errors import CanonicalError

__all__ = ["MAX_BYTES", "MAX_DEPTH", "CanonicalError", "Json", "JsonObject", "emit", "parse", "parse_object"]

Json = int | str | bool | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]

MAX_BYTES = 1_048_576  # the largest thing that holds JSON is a frame of 1 MiB
MAX_DEPTH = 16  # our deepest object nests 4 levels; far below the interpreter's recursion limit
INT_MIN, INT_MAX = -(2**63), 2**63 - 1

# Possessive, and an open string counts to the end: linear on any input.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def emit(value: Json) -> bytes:
    """Canonical bytes of `value`; CanonicalError when it cannot be said canonically."""
    _check(value, MAX_DEPTH)
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        raise CanonicalError("a string holds half of a surrogate pair, which UTF-8 cannot say") from None


def parse(data: bytes, *, max_bytes: int = MAX_BYTES) -> Json:
    """The value of canonical JSON; CanonicalError for everything else, however close."""
    if len(data) > max_bytes:
        raise CanonicalError(f"{len(data)} bytes of JSON, at most {max_bytes} are allowed")
    _check_depth(data)
    try:
        value: Json = _DECODER.decode(data.decode())
    except (ValueError, UnicodeDecodeError) as error:
        raise CanonicalError(f"not JSON as it is written here: {error}") from error
    if emit(value) != data:
        raise CanonicalError("JSON is not canonical (order, white space, escapes or a duplicate key)")
    return value


def parse_object(data: bytes, *, max_bytes: int = MAX_BYTES) -> JsonObject:
    """Like `parse`, for what must be an object."""
    value = parse(data, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise CanonicalError(f"a JSON object is expected, not {type(value).__name__}")
    return value


def _refuse(text: str) -> Json:
    raise CanonicalError(f"{text[:40]} is not allowed: integers and strings only")


def _integer(text: str) -> int:
    if len(text) > 20:  # also keeps clear of the interpreter's limit on digits
        raise CanonicalError("an integer exceeds 64 bits")
    return int(text)


_DECODER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, parse_int=_integer)


def _check(value: object, depth: int) -> None:
    """Refuse types, sizes and nesting that canonical JSON does not have."""
    if isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if not INT_MIN <= value <= INT_MAX:
            raise CanonicalError("an integer exceeds 64 bits")
    elif depth == 0:
        raise CanonicalError(f"nested more than {MAX_DEPTH} deep")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise CanonicalError("object keys must be strings")
            _check(inner, depth - 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner, depth - 1)
    else:
        raise CanonicalError(f"{type(value).__name__} is not allowed: integers and strings only")


def _check_depth(data: bytes) -> None:
    """Bound the nesting before the recursive parser sees it (it would die of RecursionError)."""
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for byte in re.findall(rb"[\[\]{}]", _STRINGS.sub(b"", data)):
        depth += 1 if byte in b"[{" else -1
        if depth > MAX_DEPTH:
            raise CanonicalError(f"nested more than {MAX_DEPTH} deep")
