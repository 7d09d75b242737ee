"""What fails verification is kept aside as evidence: never used, never acknowledged, never dropped.

quarantine/<desk>/<kind>-<seq>-<sha256, 16 digits>. The same bytes are kept once, however often they come.
"""

import asyncio
import hashlib
import logging
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from firmware.evidence.keyfile import sync_folder
from firmware.log import event
from sync.vault.catalogue.database import Catalogue
from sync.vault.clock import now
from sync.vault.events import Event, Events
from sync.vault.pki.certificates import write_public
from sync.vault.uploads.part import Part
from sync.vault.uploads.store import UploadStore, forget_promise

log = logging.getLogger("vault")
Kind = Literal["recording", "entry"]
PER_CALL = 3  # different bad uploads of one call; further ones are refused at their creation
PER_DESK = 512  # bad ledger entries of one desk: beyond them the fork is proven

_INSERT = (
    "INSERT OR IGNORE INTO quarantine (desk, kind, seq, reason, file, size, sha256, at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One thing in quarantine. `seq`: of the call, or of the entry; `file` is relative to quarantine/."""

    id: int
    desk: str
    kind: str
    seq: int
    reason: str
    file: str
    size: int
    sha256: str
    at: str


class Quarantine:
    def __init__(self, root: Path, catalogue: Catalogue, uploads: UploadStore, events: Events) -> None:
        self._root = root
        self._catalogue = catalogue
        self._uploads = uploads
        self._events = events

    async def take_part(self, part: Part, reason: str) -> None:
        """A part that cannot be, or is not, what the ledger says: the call may then be uploaded afresh."""
        digest = await asyncio.to_thread(part.digest)
        call, name = part.call, f"{part.call.desk}/recording-{part.call.seq}-{digest[:16]}"
        await asyncio.to_thread(self._copy, part.path, self._root / name)

        def enter(db: sqlite3.Connection) -> None:
            db.execute(_INSERT, (call.desk, "recording", call.seq, reason, name, part.size, digest, now()))
            forget_promise(db, call)

        await self._catalogue.write(enter)
        await self._uploads.remove(part)
        self._tell(call.desk, "recording", call.seq, reason)
        self._events.publish(Event("quarantine", call.desk, str(call)))

    async def take_entry(self, desk: str, seq: int, data: bytes, reason: str) -> None:
        """A ledger entry that does not verify, or contradicts one that the vault has."""
        if count(self._catalogue.reader, desk, "entry") >= PER_DESK:
            event(log, "quarantine_full", level=logging.WARNING, desk=desk, seq=seq)
            return
        digest = hashlib.sha256(data).hexdigest()
        name = f"{desk}/entry-{seq}-{digest[:16]}"
        await asyncio.to_thread(self._store, self._root / name, data)
        values = (desk, "entry", seq, reason, name, len(data), digest, now())
        added = await self._catalogue.write(lambda db: db.execute(_INSERT, values).rowcount)
        if added:
            self._tell(desk, "entry", seq, reason)
            self._events.publish(Event("quarantine", desk))

    def refuses(self, desk: str, seq: int) -> bool:
        """So many different uploads of this call were bad that another is not taken."""
        return count(self._catalogue.reader, desk, "recording", seq) >= PER_CALL

    def _copy(self, part: Path, final: Path) -> None:
        """A second name for the same bytes: a crash leaves both, and the next look does it again."""
        self._folder(final.parent)
        try:
            os.link(part, final)
        except FileExistsError:
            return
        except OSError:  # another file system
            shutil.copyfile(part, final)
        sync_folder(final.parent)

    def _store(self, final: Path, data: bytes) -> None:
        self._folder(final.parent)
        write_public(final, data)

    def _folder(self, folder: Path) -> None:
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            sync_folder(self._root)

    def _tell(self, desk: str, kind: Kind, seq: int, reason: str) -> None:
        event(log, "quarantined", level=logging.WARNING, desk=desk, kind=kind, seq=seq, reason=reason)


def count(db: sqlite3.Connection, desk: str, kind: Kind, seq: int | None = None) -> int:
    return int(
        db.execute(
            "SELECT count(*) FROM quarantine WHERE desk = ? AND kind = ? AND (? IS NULL OR seq = ?)",
            (desk, kind, seq, seq),
        ).fetchone()[0]
    )


def kept(db: sqlite3.Connection, desk: str = "", limit: int = 200) -> list[Kept]:
    """Newest first, of one desk or of all."""
    rows = db.execute(
        "SELECT * FROM quarantine WHERE (? = '' OR desk = ?) ORDER BY id DESC LIMIT ?", (desk, desk, limit)
    )
    return [Kept(**row) for row in rows]


def count_all(db: sqlite3.Connection, desk: str) -> int:
    return int(db.execute("SELECT count(*) FROM quarantine WHERE desk = ?", (desk,)).fetchone()[0])
