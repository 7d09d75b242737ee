"""One process of a kind a desk: a second recorder would cut the files that the first one writes, a second
panel would enter lamps that nobody saw, a second agent would throw the first off the broker.
"""

import fcntl
import os
from pathlib import Path


class AnotherRunsError(Exception):
    """Another process of this kind holds the state folder."""


def hold_alone(run_dir: Path, process: str) -> int:
    """A descriptor that holds run/<process>.lock as long as this process lives. AnotherRunsError."""
    path = run_dir / f"{process}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise AnotherRunsError(f"{path} is held: another {process} runs on this state folder") from None
    return descriptor
