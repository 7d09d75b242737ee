"""Where things lie. State is the folder that a file lies in.

spool/recording/<seq12>.ohr        growing, or left behind by a process that was lost
spool/waiting/<seq12>.ohr          finished or interrupted, not enough receipts yet
spool/delivered/<seq12>.ohr        has its receipts; may be pruned
spool/broken/<seq12>.ohr           lost before even its header was whole; nothing in it opens
spool/receipts/<seq12>.<vault>.jws
spool/reserve                      room kept for the end of a recording on a full disk
ledger.sqlite3   run/{recorder,agent,panel}.json   keys/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from firmware.evidence.errors import FormatError
from firmware.evidence.ids import parse_recording_name, recording_name


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below a desk's `state_dir`."""

    state_dir: Path

    @property
    def spool(self) -> Path:
        return self.state_dir / "spool"

    @property
    def recording(self) -> Path:
        return self.spool / "recording"

    @property
    def waiting(self) -> Path:
        return self.spool / "waiting"

    @property
    def delivered(self) -> Path:
        return self.spool / "delivered"

    @property
    def broken(self) -> Path:
        return self.spool / "broken"

    @property
    def receipts(self) -> Path:
        return self.spool / "receipts"

    @property
    def reserve(self) -> Path:
        return self.spool / "reserve"

    @property
    def ledger(self) -> Path:
        return self.state_dir / "ledger.sqlite3"

    @property
    def run(self) -> Path:
        return self.state_dir / "run"

    def folders(self) -> tuple[Path, ...]:
        return (self.recording, self.waiting, self.delivered, self.broken, self.receipts, self.run)

    def receipt(self, seq: int, vault: str) -> Path:
        return self.receipts / f"{seq:012d}.{vault}.jws"


def recordings_in(folder: Path) -> list[int]:
    """Sequence numbers of the recordings in `folder`, oldest first. What is not named so is left alone."""
    return sorted(_numbers(folder))


def recording_path(folder: Path, seq: int) -> Path:
    return folder / recording_name(seq)


def _numbers(folder: Path) -> Iterator[int]:
    for path in folder.glob("*.ohr"):
        try:
            yield parse_recording_name(path.name)
        except FormatError:
            continue  # an editor's or operator's file; not ours to judge
