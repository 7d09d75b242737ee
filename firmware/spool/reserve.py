"""Room kept back, so that on a full disk the running recording still ends properly and the ledger says so."""

import errno
import os
import threading
from pathlib import Path

from firmware.spool.durable import remove_if_there, sync_folder

RESERVE_BYTES = 1_048_576  # the last frames, a Z frame and some hundred ledger entries


class Reserve:
    """A file of `size` bytes whose blocks are given back when the disk is full, and taken again later."""

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size = size
        self._lock = threading.Lock()

    @property
    def held(self) -> bool:
        try:
            return os.stat(self._path).st_size >= self._size
        except FileNotFoundError:
            return False

    def take(self) -> bool:
        """Hold the room (again) if there is twice as much free; True when it is held."""
        with self._lock:
            if self.held:
                return True
            room = os.statvfs(self._path.parent)
            if room.f_bavail * room.f_frsize < 2 * self._size:
                return False
            return self._allocate()

    def release(self) -> bool:
        """Give the room back; True when there was some to give."""
        with self._lock:
            if not self.held:
                return False
            remove_if_there(self._path)
            return True

    def _allocate(self) -> bool:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._size)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            remove_if_there(self._path)
            return False
        finally:
            os.close(descriptor)
        sync_folder(self._path.parent)
        return True
