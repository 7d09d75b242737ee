"""Opened recordings of this vault, kept in memory for a while: their picture, and their sound as a file."""

import asyncio
import io
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import BinaryIO, Generic, TypeVar

from firmware.archive.errors import ArchiveError
from firmware.archive.export import Format, export_to
from firmware.evidence.errors import EvidenceError, NoSealError
from firmware.evidence.ids import CallId
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.opening import OpenedRecording, open_recording
from sync.vault.console.sound.picture import Picture, look
from sync.vault.errors import Refused
from sync.vault.objects import ObjectStore

T = TypeVar("T")
MAX_SEALED = {"opus": 256 << 20, "flac": 64 << 20, "wav": 64 << 20}  # bytes sealed; more: `offhook open`
KEPT_BYTES = 128 << 20  # sound kept for the player's next range: 11 h of Opus
KEPT_PICTURES = 256  # about 20 kB each


class Library:
    """One recording is opened at a time: opening is CPU, and calls that arrive come first."""

    def __init__(self, objects: ObjectStore, keys: tuple[ArchivePrivateKey, ...]) -> None:
        self._objects = objects
        self._keys = keys
        self._turn = asyncio.Lock()
        self._pictures: _Kept[Picture] = _Kept(KEPT_PICTURES, lambda _: 1)
        self._files: _Kept[bytes] = _Kept(KEPT_BYTES, len)

    @property
    def keys(self) -> tuple[ArchivePrivateKey, ...]:
        """Empty: this vault stores and proves, and cannot listen."""
        return self._keys

    async def picture(self, call: CallId) -> Picture:
        """Refused (409) when no key of this vault opens it, or it does not open at all."""
        return await self._made(self._pictures, call, lambda: self._look(call))

    async def file(self, call: CallId, form: Format) -> bytes:
        """The whole file. Refused (409, 413) with the reason."""
        return await self._made(self._files, (call, form), lambda: self._export(call, form))

    async def _made(self, kept: "_Kept[T]", key: Hashable, make: Callable[[], T]) -> T:
        found = kept.get(key)
        if found is not None:
            return found
        async with self._turn:
            if (found := kept.get(key)) is None:
                found = await asyncio.to_thread(make)
                kept.put(key, found)
        return found

    def _look(self, call: CallId) -> Picture:
        with self._objects.open(call) as file:
            return look(self._opened(call, file))

    def _export(self, call: CallId, form: Format) -> bytes:
        if (self._objects.size(call) or 0) > MAX_SEALED[form]:
            raise Refused(413, f"{call} is too long for the console; use: offhook open FILE --key KEY")
        target = io.BytesIO()
        with self._objects.open(call) as file:
            key = self._key(call, file)
            try:
                export_to(file, key, target, form)
            except (ArchiveError, EvidenceError) as error:
                raise Refused(409, f"{call}: {error}") from error
        return target.getvalue()

    def _opened(self, call: CallId, file: BinaryIO) -> OpenedRecording:
        return open_recording(file, self._key(call, file))

    def _key(self, call: CallId, file: BinaryIO) -> ArchivePrivateKey:
        """The key that opens it; the file stands at its start afterwards."""
        reason = "this vault has no audio key"
        for key in self._keys:
            try:
                open_recording(file, key)
            except NoSealError as error:
                reason = str(error)
            except EvidenceError as error:
                raise Refused(409, f"{call}: {error}") from error
            else:
                return key
            finally:
                file.seek(0)
        raise Refused(409, f"{call}: {reason}")


class _Kept(Generic[T]):
    """Least recently used go first. `weigh` says how much of `limit` a value takes."""

    def __init__(self, limit: int, weigh: Callable[[T], int]) -> None:
        self._limit = limit
        self._weigh = weigh
        self._weight = 0
        self._values: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: Hashable, value: T) -> None:
        self._values[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._limit and len(self._values) > 1:
            _, gone = self._values.popitem(last=False)
            self._weight -= self._weigh(gone)
