"""Identify: somebody asked which desk this is. The request is a file, run/identify.json.

Written by the agent when a command says so; it holds until when (CLOCK_MONOTONIC) of which boot, so that an
old one means nothing and nobody has to delete it.
"""

import os
from pathlib import Path

import msgspec

from drivers.clock import Clock

FILE_NAME = "identify.json"
IDENTIFY_S = 15.0


class IdentifyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    boot: str
    until_mono_ns: int


def request_identify(run_dir: Path, clock: Clock, seconds: float = IDENTIFY_S) -> None:
    """Ask the panel to show situation 1 from now on; 0 seconds ends it. Raises OSError."""
    request = IdentifyRequest(clock.boot_id, clock.monotonic_ns() + round(seconds * 1e9))
    temporary = run_dir / f"{FILE_NAME}.{os.getpid()}"
    temporary.write_bytes(msgspec.json.encode(request) + b"\n")
    os.rename(temporary, run_dir / FILE_NAME)


def identify_until_ns(run_dir: Path, boot: str) -> int:
    """Until when; 0 without a request of this boot. A file that is no request is no request."""
    try:
        request = msgspec.json.decode((run_dir / FILE_NAME).read_bytes(), type=IdentifyRequest)
    except (OSError, msgspec.DecodeError):
        return 0
    return request.until_mono_ns if request.boot == boot else 0
