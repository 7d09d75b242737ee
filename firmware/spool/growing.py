"""A recording while it grows: appended to, never rewritten, and cut back to whole when an append fails."""

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path

from firmware.spool.durable import rename_durably, sync_folder
from firmware.spool.errors import SpoolStateError

FULL = (errno.ENOSPC, errno.EDQUOT)


class GrowingFile:
    """`recording/<seq12>.ohr`. One thread appends; `finish` is called when that thread is done with it.

    `on_full` is called when the disk has no room: True means that room was made, and the append is tried
    again.
    """

    def __init__(self, path: Path, finished: Path, on_full: Callable[[], bool]) -> None:
        """Makes the file, which must not exist yet, and its name durable."""
        self.path = path
        self.size = 0
        self.durable_size = 0
        self._finished = finished
        self._on_full = on_full
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o640)
        except FileExistsError:
            raise SpoolStateError(f"{path} exists already: a recording is made once") from None
        sync_folder(path.parent)

    def append(self, data: bytes) -> None:
        """All of `data`, or OSError and the file as it was before."""
        try:
            self._write(data)
        except OSError as error:
            self._cut_back()
            if error.errno not in FULL or not self._on_full():
                raise
            self._write_again(data)
        self.size += len(data)

    def sync(self) -> None:
        """Returns when all that was appended is durable. OSError: it is not, and never will be told to be."""
        os.fdatasync(self._descriptor)
        self.durable_size = self.size

    def finish(self) -> Path:
        """Sync, close and move the file to `waiting/`; its new path. May be called again after a failure."""
        self.close()
        if not self.path.exists() and self._finished.exists():
            sync_folder(self._finished.parent)
            sync_folder(self.path.parent)
        else:
            rename_durably(self.path, self._finished)
        return self._finished

    def close(self) -> None:
        """Sync and close, and leave the file in `recording/` for the recovery at the next start."""
        if self._descriptor >= 0:
            try:
                self.sync()
            finally:
                descriptor, self._descriptor = self._descriptor, -1
                os.close(descriptor)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def _write_again(self, data: bytes) -> None:
        try:
            self._write(data)
        except OSError:
            self._cut_back()
            raise

    def _cut_back(self) -> None:
        """Drop what a failed append wrote. Should even that fail, the recovery at the next start cuts it."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self.size)
