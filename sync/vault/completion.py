"""From bytes and ledger entry to an object and its receipt, whichever of the two came last.

Order: bytes durable (they are, since their PATCH) → compared with the `recording` entry → final name
durable → catalogue row and receipt in one commit → receipt told to the desk → the name in uploads/ removed.
A crash between any two leaves what the next look (at start, at a PATCH, at a ledger batch) carries on from.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from firmware.evidence.ids import CallId
from firmware.evidence.keys import SigningKey
from firmware.evidence.receipt import Receipt
from firmware.log import event
from sync.vault.catalogue import calls, recordings
from sync.vault.catalogue.calls import Expected
from sync.vault.catalogue.database import Catalogue
from sync.vault.clock import now
from sync.vault.errors import CatalogueError, ObjectError
from sync.vault.events import Event, Events
from sync.vault.objects import ObjectStore
from sync.vault.quarantine import Quarantine
from sync.vault.uploads.part import Part
from sync.vault.uploads.store import UploadStore, forget_promise

log = logging.getLogger("vault")


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """`told` gets desk and receipt of each recording that became an object."""

    vault: str
    key: SigningKey
    catalogue: Catalogue
    uploads: UploadStore
    objects: ObjectStore
    quarantine: Quarantine
    events: Events
    told: Callable[[CallId, str], None]

    async def look(self, call: CallId) -> None:
        """Finish the call if all is there. A part that is being written is looked at by who writes it."""
        part = self.uploads.part(call)
        if part is None or part.busy or part.ended:
            return
        part.busy = True
        part.settled.clear()
        try:
            await self._look(part)
        except (
            ObjectError,
            CatalogueError,
        ) as error:  # a full disk: the part stays, the next look tries again
            event(log, "store_failed", level=logging.ERROR, call=call, reason=error)
        finally:
            part.busy = False
            part.settled.set()

    async def look_at_all(self) -> None:
        """After a start: what was complete when the vault went down."""
        for part in self.uploads.running():
            await self.look(part.call)

    async def _look(self, part: Part) -> None:
        if part.broken:
            await self.quarantine.take_part(part, part.broken)
            return
        held = recordings.recording(self.catalogue.reader, part.call)
        if held is not None:  # a crash between the commit and the unlink
            await self.uploads.remove(part)
            return
        expected = calls.expected(self.catalogue.reader, part.call)
        if expected is None or not (part.complete or part.size >= expected.size):
            return
        reason = await asyncio.to_thread(_differs, part, expected)
        if reason:
            await self.quarantine.take_part(part, reason)
        else:
            await self._store(part, expected)

    async def _store(self, part: Part, expected: Expected) -> None:
        call, stored_at = part.call, now()
        receipt = Receipt(
            call=str(call),
            frames=expected.frames,
            sha256=expected.sha256,
            size=expected.size,
            stored_at=stored_at,
            vault=self.vault,
        ).sign(self.key)
        await asyncio.to_thread(self.objects.adopt, part.path, call)

        def enter(db: sqlite3.Connection) -> None:
            recordings.add(db, call, expected, stored_at, receipt)
            forget_promise(db, call)

        await self.catalogue.write(enter)
        self.told(call, receipt)
        await self.uploads.remove(part)
        event(log, "recording_stored", call=call, bytes=expected.size, frames=expected.frames)
        self.events.publish(Event("recording", call.desk, str(call)))


def _differs(part: Part, expected: Expected) -> str:
    """Why these bytes are not what the ledger entry says; "" when they are. Blocks."""
    digest, walker = part.digest(), part.walker
    if part.broken:
        return part.broken
    if part.size != expected.size:
        return f"{part.size} bytes; the desk's ledger says {expected.size}"
    if walker.header is None or walker.torn_bytes:
        return f"ends within a frame, {walker.torn_bytes} bytes after the last whole one"
    if walker.frames != expected.frames:
        return f"{walker.frames} frames; the desk's ledger says {expected.frames}"
    if digest != expected.sha256:
        return f"sha256 {digest}; the desk's ledger says {expected.sha256}"
    return ""
