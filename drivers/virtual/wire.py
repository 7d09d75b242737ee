"""The control socket's messages: one JSON object a line, DIR/control.sock.

A request is answered by one reply, in order on each connection; a verb that waits is answered when its time
has come, so who needs two waits at once opens two connections.
"""

import os
import socket
from pathlib import Path
from typing import Any

import msgspec

LINE_LIMIT = 1 << 16
"""Bytes of one request at most: verbs carry names and numbers, never sound."""


class Request(msgspec.Struct, frozen=True):
    """`at_sample`: take effect exactly there instead of at the write head; it must not be written yet."""

    verb: str
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)
    at_sample: int | None = None


class Reply(msgspec.Struct, frozen=True):
    """`error` empty: it was done, `value` tells what the verb gives back."""

    error: str = ""
    refused: bool = False
    value: msgspec.Raw = msgspec.Raw(b"null")


def short_address(directory: Path) -> tuple[str, int]:
    """Address of the control socket that fits sun_path (107 bytes) however deep the directory lies.

    Gives the address and the descriptor that it goes through; the caller closes that afterwards.
    """
    descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    return f"/proc/self/fd/{descriptor}/control.sock", descriptor


def connect(directory: Path) -> socket.socket:
    """Raises OSError when nobody listens there."""
    address, descriptor = short_address(directory)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    finally:
        os.close(descriptor)
    return connection
