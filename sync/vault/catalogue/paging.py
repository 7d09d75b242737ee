"""Keyset pages: a cursor names the last row seen, so that a page costs the same at any depth."""

import base64
import binascii
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from sync.vault.errors import Refused

T = TypeVar("T")
MAX_PAGE = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`after`: give it back for the rows that follow; empty at the end."""

    items: tuple[T, ...]
    after: str


def cursor(*values: str | int) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode("ascii").rstrip("=")


def read_cursor(text: str, kind: type[T]) -> T:
    """The values of a cursor, as the tuple type `kind`; Refused (400) for what we did not make."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise Refused(400, "after: is no cursor of this list") from error
