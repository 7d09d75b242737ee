"""Checks of a string that a pattern cannot make: takes the value, returns whether it is of the kind."""

import base64
import binascii
import ipaddress
from collections.abc import Mapping


def is_base64(value: str, size: int) -> bool:
    """Standard alphabet, padded, exactly `size` bytes."""
    try:
        return len(base64.b64decode(value, validate=True)) == size
    except (binascii.Error, ValueError):
        return False


def is_loopback(value: str) -> bool:
    if value == "localhost":
        return True
    try:
        return ipaddress.ip_address(value).is_loopback
    except ValueError:
        return False


def passes(value: str, extra: Mapping[str, object]) -> bool:
    """Whether `value` is what `extra["kind"]` of its Meta asks for; kinds without a check pass."""
    match extra.get("kind"):
        case "base64":
            size = extra["bytes"]
            return isinstance(size, int) and is_base64(value, size)
        case "loopback":
            return is_loopback(value)
        case _:
            return "\0" not in value
