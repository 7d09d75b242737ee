"""objects/<desk>/<seq12>.ohr in a directory.

link(2), not rename(2): it fails when the name exists, so no race can overwrite a recording. The bytes were
made durable as they came; what is added here is the name, and the folder that holds it.
"""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from firmware.evidence.ids import CallId, recording_name
from firmware.evidence.keyfile import sync_folder
from sync.vault.errors import ObjectError


class FilesystemStore:
    """Parts must lie in the same file system (a hard link cannot leave it)."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def adopt(self, part: Path, call: CallId) -> None:
        final = self.path(call)
        try:
            self._folder(final.parent)
            try:
                os.link(part, final)
            except FileExistsError:
                if not _same(part, final):
                    raise ObjectError(f"{call}: the store holds other bytes under this name") from None
            sync_folder(final.parent)
        except OSError as error:
            raise ObjectError(f"{final}: cannot be stored: {error.strerror}") from error

    def open(self, call: CallId) -> BinaryIO:
        try:
            return open(self.path(call), "rb")
        except OSError as error:
            raise ObjectError(f"{call}: the object cannot be read: {error.strerror}") from error

    def size(self, call: CallId) -> int | None:
        try:
            return self.path(call).stat().st_size
        except FileNotFoundError:
            return None

    def sha256(self, call: CallId) -> str:
        """Hex, of the bytes as they lie here now."""
        try:
            return _digest(self.path(call))
        except OSError as error:
            raise ObjectError(f"{call}: the object cannot be read: {error.strerror}") from error

    def path(self, call: CallId) -> Path:
        """CallId is checked at its making: neither part can leave the folder."""
        return self._root / call.desk / recording_name(call.seq)

    def _folder(self, folder: Path) -> None:
        try:
            folder.mkdir()
        except FileExistsError:
            return
        sync_folder(self._root)


def _same(one: Path, other: Path) -> bool:
    if os.path.samefile(one, other):
        return True
    return _digest(one) == _digest(other)


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
