"""One recording on its way in: uploads/<desk>/<seq12>.part, whose size is the offset.

A piece is held in memory, checked, written at the end and synced before anyone hears of it. So after any
crash the file is the truth and nothing stands beside it. SHA-256 and the frame walk go along in memory and
are made again from the file after a restart.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from firmware.evidence.errors import FormatError
from firmware.evidence.ids import CallId
from firmware.evidence.walking import FrameWalker
from sync.vault.errors import ObjectError

_READ = 1_048_576


class Part:
    """`size`: durable bytes. `length`: what the sender promised, None while it grows. `busy`: being written.

    `ended`: it became an object or went to quarantine; nothing follows. `settled`: cleared while it is on its
    way to either, so that requests wait for the outcome.
    """

    def __init__(self, call: CallId, path: Path, size: int, length: int | None = None) -> None:
        self.call = call
        self.path = path
        self.size = size
        self.length = length
        self.busy = False
        self.ended = False
        self.settled = asyncio.Event()
        self.settled.set()
        self.broken = ""  # why this cannot be a recording, once that is certain
        self._hash = hashlib.sha256()
        self._walker = FrameWalker()
        self._walked = 0
        self._grown = asyncio.Event()

    @property
    def complete(self) -> bool:
        return self.length is not None and self.size == self.length

    @property
    def walker(self) -> FrameWalker:
        """Valid after `digest` or `append`."""
        return self._walker

    def append(self, data: bytes) -> None:
        """Write at the end and sync; blocks (call it in a thread). ObjectError leaves the part as it was."""
        self._catch_up()
        try:
            descriptor = os.open(self.path, os.O_WRONLY)
            try:
                self._write(descriptor, data)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ObjectError(f"{self.path}: cannot be written: {error.strerror}") from error
        self._walk(data)
        self.size += len(data)

    def digest(self) -> str:
        """Hex SHA-256 of all bytes so far; reads the file only after a restart. Blocks."""
        self._catch_up()
        return self._hash.hexdigest()

    def announce(self) -> None:
        """Wake who follows; on the event loop, after `append` or at the end."""
        self._grown.set()
        self._grown = asyncio.Event()

    def end(self) -> None:
        self.ended = True
        self.announce()

    async def follow(self, offset: int = 0) -> AsyncIterator[bytes]:
        """Durable bytes from `offset` on, as they come, until the recording ends. Survives the rename."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            while True:
                grown = self._grown
                while offset < self.size:
                    data = os.pread(descriptor, min(65_536, self.size - offset), offset)
                    offset += len(data)
                    yield data
                if self.ended:
                    return
                await grown.wait()
        finally:
            os.close(descriptor)

    def _write(self, descriptor: int, data: bytes) -> None:
        try:
            done = 0
            while done < len(data):
                done += os.pwrite(descriptor, memoryview(data)[done:], self.size + done)
            os.fdatasync(descriptor)
        except OSError:
            os.ftruncate(descriptor, self.size)  # a full disk: half a piece must not move the offset
            raise

    def _catch_up(self) -> None:
        """After a restart: read what is there."""
        if self._walked == self.size:
            return
        try:
            with open(self.path, "rb") as file:
                file.seek(self._walked)
                while data := file.read(min(_READ, self.size - self._walked)):
                    self._walk(data)
        except OSError as error:
            raise ObjectError(f"{self.path}: cannot be read: {error.strerror}") from error

    def _walk(self, data: bytes) -> None:
        self._hash.update(data)
        self._walked += len(data)
        if self.broken:
            return
        try:
            self._walker.feed(data)
        except FormatError as error:
            self.broken = str(error)
            return
        header = self._walker.header
        if header is not None and header.call != str(self.call):
            self.broken = f"its header says call {header.call}, it was uploaded as {self.call}"
