"""One recorder a desk: a second one would cut the files that the first one writes."""

import fcntl
import os
from pathlib import Path


class AnotherRunsError(Exception):
    """Another recorder holds the state folder."""


def hold_alone(run_dir: Path) -> int:
    """A descriptor that holds run/recorder.lock as long as this process lives. AnotherRunsError."""
    path = run_dir / "recorder.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise AnotherRunsError(f"{path} is held: another recorder runs on this state folder") from None
    return descriptor
