"""The kernel's hardware watchdog (Documentation/watchdog/watchdog-api.rst).

Opening the device arms it, any write feeds it, and writing "V" right before closing disarms it ("magic
close"): a process that dies without that leaves it armed, and the machine reboots.
"""

import os

from drivers.errors import DeviceRefusedError


class Watchdog:
    """`path` empty: none. Armed by the first `pet`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: int | None = None

    def pet(self) -> bool:
        """Feed it. False: there is none. Raises DeviceRefusedError."""
        if not self._path:
            return False
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
            os.write(self._file, b"\0")
        except FileNotFoundError:
            return False
        except OSError as error:
            raise DeviceRefusedError(
                f"{self._path}: {error.strerror}; does systemd feed it already (RuntimeWatchdogSec)?"
            ) from error
        return True

    def close(self) -> None:
        """Disarm and let go. Twice is allowed."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            os.write(file, b"V")
        finally:
            os.close(file)
