"""The spool: the directory of recordings. State is the folder that a file lies in."""

import os
import time
from pathlib import Path

from firmware.evidence.ids import recording_name
from firmware.spool import pruning
from firmware.spool.durable import make_folder, remove_durably, rename_durably, sync_folder, write_durably
from firmware.spool.errors import SpoolError, SpoolStateError
from firmware.spool.growing import GrowingFile
from firmware.spool.layout import Layout, recording_path, recordings_in
from firmware.spool.pruning import Kept, Plan
from firmware.spool.recovery import Found, Interrupted, find_interrupted, measure, release_interrupted
from firmware.spool.reserve import RESERVE_BYTES, Reserve
from firmware.spool.room import Room, room_at

FULL_BYTES = 131_072  # less is full: SQLite wants some pages, a filesystem keeps some back


class Spool:
    """One desk's recordings. The recorder makes and finishes them, the agent delivers and prunes.

    Everything that moves or removes a file is durable on return and may be repeated. Every method may be
    called in any process of the desk; only `interrupted` must not run beside a recorder.
    """

    def __init__(
        self, state_dir: Path, *, bytes_per_hour: int = 11_400_000, reserve_bytes: int = RESERVE_BYTES
    ) -> None:
        """`bytes_per_hour`: of a recording, see `room.recording_bytes_per_hour`. Touches no disk yet."""
        self.layout = Layout(state_dir)
        self._bytes_per_hour = bytes_per_hour
        self._reserve = Reserve(self.layout.reserve, reserve_bytes)
        self.full = False  # an append found no room since `hold_reserve` last succeeded

    def prepare(self) -> None:
        """Make the folders. SpoolError when the disk refuses."""
        try:
            for folder in self.layout.folders():
                make_folder(folder)
        except OSError as error:
            raise SpoolError(f"{self.layout.spool} cannot be made: {error.strerror}") from error

    def create(self, seq: int) -> GrowingFile:
        """A new recording in `recording/`. SpoolStateError when there is one of that number anywhere."""
        if self.find(seq) is not None:
            raise SpoolStateError(f"{recording_name(seq)} exists already: a recording is made once")
        path = recording_path(self.layout.recording, seq)
        return GrowingFile(path, recording_path(self.layout.waiting, seq), self._make_room)

    def interrupted(self) -> Interrupted:
        """What a lost recorder left, cut and measured; at its next start, before anything else."""
        return find_interrupted(self.layout)

    def release_interrupted(self, seq: int) -> None:
        """Its ledger entry is made: on to `waiting/`."""
        release_interrupted(self.layout, seq)

    def waiting(self) -> list[int]:
        """Finished or interrupted, without enough receipts; oldest first."""
        return recordings_in(self.layout.waiting)

    def delivered(self) -> list[int]:
        return recordings_in(self.layout.delivered)

    def growing(self) -> list[int]:
        return recordings_in(self.layout.recording)

    def find(self, seq: int) -> Path | None:
        """Where the recording lies now; None when it is not on this disk (any more)."""
        for folder in (self.layout.recording, self.layout.waiting, self.layout.delivered, self.layout.broken):
            path = recording_path(folder, seq)
            if path.exists():
                return path
        return None

    def measure(self, seq: int) -> Found | None:
        """Size, frames and hash of a finished recording, read from the disk; None when it is not there."""
        path = self.find(seq)
        return measure(path, seq) if path is not None else None

    def add_receipt(self, seq: int, vault: str, jws: bytes) -> Path:
        """Store a receipt that has been verified; storing it again changes nothing."""
        path = self.layout.receipt(seq, vault)
        if not path.exists():
            write_durably(path, jws)
        return path

    def receipts(self, seq: int) -> list[Path]:
        return sorted(self.layout.receipts.glob(f"{seq:012d}.*.jws"))

    def receipted(self) -> list[int]:
        """Numbers of recordings that there are receipts of, also of those that are pruned."""
        numbers = {path.name.partition(".")[0] for path in self.layout.receipts.glob("*.jws")}
        return sorted(int(number) for number in numbers if number.isascii() and number.isdecimal())

    def mark_delivered(self, seq: int) -> Path:
        """Move a recording that has its receipts to `delivered/`; its new path."""
        source = recording_path(self.layout.waiting, seq)
        target = recording_path(self.layout.delivered, seq)
        if not source.exists() and target.exists():
            sync_folder(target.parent)
            return target
        try:
            rename_durably(source, target)
        except FileNotFoundError:
            raise SpoolStateError(f"{source} is not there: only a waiting recording is delivered") from None
        return target

    def room(self) -> Room:
        """Free bytes, percent and hours; the reserve counts as used. OSError when the disk cannot be
        asked.
        """
        return room_at(self.layout.spool, self._bytes_per_hour)

    def hold_reserve(self) -> bool:
        """Keep room for the end of a recording; False while the disk is too full for it."""
        if self._reserve.take():
            self.full = False
            return True
        return False

    def release_reserve(self) -> bool:
        """Give the room back if the disk is full; True when there was some to give.

        Who asks only knows that something was refused, and a disk may refuse for other reasons.
        """
        return self.room().free_bytes < FULL_BYTES and self._make_room()

    def set_broken_aside(self, seq: int) -> None:
        """A recording without a whole header: out of the way of those that open."""
        path = recording_path(self.layout.waiting, seq)
        if path.exists():
            rename_durably(path, recording_path(self.layout.broken, seq))

    def plan_pruning(self, *, keep_days: int, low_percent: float, receipts_required: int) -> Plan:
        """What may go now; nothing is removed yet: each removal wants its ledger entry first."""
        room, kept = self.room(), self._kept()
        missing = int(room.total_bytes * low_percent / 100) - room.free_bytes
        return pruning.plan(
            kept,
            recordings=len(kept) + len(self.waiting()) + len(self.growing()),
            receipts_required=receipts_required,
            now_s=time.time(),
            keep_days=keep_days,
            missing_bytes=max(0, missing),
        )

    def prune(self, seq: int) -> None:
        """Remove a delivered recording. Its receipts stay. SpoolStateError when it is not delivered."""
        if (
            recording_path(self.layout.waiting, seq).exists()
            or recording_path(self.layout.recording, seq).exists()
        ):
            raise SpoolStateError(f"{recording_name(seq)} is not delivered: it must not be removed")
        remove_durably(recording_path(self.layout.delivered, seq))

    def _kept(self) -> list[Kept]:
        """The receipts' folder holds those of years: it is listed once, not once for each recording."""
        receipts: dict[str, list[Path]] = {}
        for path in self.layout.receipts.glob("*.jws"):
            receipts.setdefault(path.name.partition(".")[0], []).append(path)
        return [self._one_kept(seq, receipts.get(f"{seq:012d}", [])) for seq in self.delivered()]

    def _one_kept(self, seq: int, receipts: list[Path]) -> Kept:
        own = os.stat(recording_path(self.layout.delivered, seq))
        newest = max((os.stat(path).st_mtime for path in receipts), default=own.st_mtime)
        return Kept(seq, own.st_size, newest, len(receipts))

    def _make_room(self) -> bool:
        self.full = True
        return self._reserve.release()
