"""All recordings on their way in. The folder is the list; only a promised length is kept in the catalogue."""

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from firmware.evidence.errors import FormatError
from firmware.evidence.ids import CallId, check_desk_id, parse_recording_name
from firmware.evidence.keyfile import sync_folder
from sync.vault.catalogue.database import Catalogue
from sync.vault.clock import now
from sync.vault.errors import ObjectError, Refused
from sync.vault.uploads.part import Part

# Recordings whose ledger entries have not come yet: a week of calls of a desk whose ledger is held up.
# Without a bound, a desk that was taken over could fill the disk that all desks need.
MOST_OPEN = 2000


class UploadStore:
    """Parts by call, `most_open` of a desk at most. Only the event loop's thread calls its methods."""

    def __init__(self, root: Path, catalogue: Catalogue, *, most_open: int = MOST_OPEN) -> None:
        self._root = root
        self._catalogue = catalogue
        self._most_open = most_open
        lengths = _lengths(catalogue.reader)
        self._parts = {call: Part(call, path, size, lengths.get(call)) for call, path, size in _scan(root)}
        self._creating: dict[CallId, asyncio.Lock] = {}

    def part(self, call: CallId) -> Part | None:
        return self._parts.get(call)

    def running(self) -> list[Part]:
        """Parts without their end, in no order: calls that run, and uploads that were cut."""
        return list(self._parts.values())

    async def create(self, call: CallId, length: int | None) -> Part:
        """The part of this call: as it is, or a new empty one whose name is durable.

        Refused (429) when its desk has too many.
        """
        try:
            async with self._creating.setdefault(call, asyncio.Lock()):
                return await self._create(call, length)
        finally:
            self._creating.pop(call, None)

    async def _create(self, call: CallId, length: int | None) -> Part:
        part = self._parts.get(call)
        if part is None:
            self._check_open(call.desk)
            path = self._path(call)
            await asyncio.to_thread(_touch, path)
            part = self._parts[call] = Part(call, path, 0)
        if length is not None and part.length is None:
            await self.promise(part, length)
        return part

    async def promise(self, part: Part, length: int) -> None:
        """The sender said how long it will be."""
        call = part.call
        await self._catalogue.write(
            lambda db: db.execute(
                "INSERT INTO uploads (desk, seq, length, created_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (desk, seq) DO UPDATE SET length = excluded.length",
                (call.desk, call.seq, length, now()),
            )
        )
        part.length = length

    async def remove(self, part: Part) -> None:
        """It is an object now, or in quarantine: its name here goes."""
        self._parts.pop(part.call, None)
        part.end()
        await asyncio.to_thread(_unlink, part.path)

    def _check_open(self, desk: str) -> None:
        if sum(call.desk == desk for call in self._parts) >= self._most_open:
            sentence = (
                f"{self._most_open} uploads of desk {desk} wait for their ledger entries; those come first"
            )
            raise Refused(429, sentence, {"Retry-After": "60"})

    def _path(self, call: CallId) -> Path:
        return self._root / call.desk / f"{call.seq:012d}.part"


def forget_promise(db: sqlite3.Connection, call: CallId) -> None:
    db.execute("DELETE FROM uploads WHERE desk = ? AND seq = ?", (call.desk, call.seq))


def _lengths(db: sqlite3.Connection) -> dict[CallId, int]:
    rows = db.execute("SELECT desk, seq, length FROM uploads WHERE length IS NOT NULL")
    return {CallId(row["desk"], row["seq"]): row["length"] for row in rows}


def _scan(root: Path) -> Iterator[tuple[CallId, Path, int]]:
    for folder in os.scandir(root):
        if not folder.is_dir():
            continue
        for file in os.scandir(folder.path):
            if not file.name.endswith(".part"):
                continue
            try:
                seq = parse_recording_name(file.name.removesuffix(".part") + ".ohr")
                call = CallId(check_desk_id(folder.name), seq)
            except FormatError as error:
                raise ObjectError(f"{file.path}: no upload of ours; move it out of the way") from error
            yield call, Path(file.path), file.stat().st_size


def _touch(path: Path) -> None:
    """An empty file under a durable name."""
    try:
        if not path.parent.exists():
            path.parent.mkdir(exist_ok=True)
            sync_folder(path.parent.parent)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        sync_folder(path.parent)
    except OSError as error:
        raise ObjectError(f"{path}: cannot be created: {error.strerror}") from error


def _unlink(path: Path) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ObjectError(f"{path}: cannot be removed: {error.strerror}") from error
