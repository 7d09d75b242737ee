"""What became of the calls: from the desk's ledger, the vaults' folders and the shipped verifier."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from firmware.evidence.entry import Entry
from firmware.evidence.keys import SigningKey
from firmware.ledger.reader import LedgerReader
from sync.demo.calls import Placed
from sync.demo.command import offhook
from sync.demo.process import ProcessError
from sync.demo.site import Site

TOLERANCE_S = 0.2  # the handset and the ledger may differ by contact bounce and debounce


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One call. `vault_a`, `vault_b`: bytes of the object that lies there under its receipt (0: none)."""

    call: str
    scenario: str
    direction: str
    direction_placed: str
    off_hook_s: float
    handset_up_s: float
    recorded_s: float
    bytes: int
    vault_a: int
    vault_b: int
    verified: bool

    @property
    def good(self) -> bool:
        """Everything that a row claims is true."""
        return (
            self.verified
            and self.direction == self.direction_placed
            and abs(self.off_hook_s - self.handset_up_s) < TOLERANCE_S
            and self.recorded_s >= self.off_hook_s
            and 0 < self.bytes == self.vault_a == self.vault_b
        )


def rows(site: Site, placed: list[Placed]) -> list[Row]:
    """One row a call, as they were placed; ProcessError when the ledger has another number of them."""
    entries = list(_entries(site.desk.folder / "ledger.sqlite3"))
    found = [entry for entry in entries if entry.kind == "off_hook"]
    if len(found) != len(placed):
        raise ProcessError(f"{len(placed)} calls were placed, and the desk's ledger has {len(found)}")
    verdicts = verify(site)
    return [
        _row(site, entries, off_hook, call, verdicts) for off_hook, call in zip(found, placed, strict=True)
    ]


def verify(site: Site) -> dict[str, list[str]]:
    """What `offhook verify` with the archive key says of desk and vaults, by call ("" = ledgers)."""
    folders = [site.desk.folder, *(vault.folder for vault in site.vaults)]
    desk_key = SigningKey.load(site.desk.folder / "keys" / "desk.pem").public.base64
    keys = ("--key", str(site.archive_key), "--desk-key", desk_key)
    command = offhook("verify", *map(str, folders), *keys, "--json")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise ProcessError(f"`offhook verify` failed: {done.stderr.strip()}")
    verdicts: dict[str, list[str]] = defaultdict(list)
    for result in json.loads(done.stdout)["results"]:
        subject = result["subject"] if result["what"] in {"recording", "receipt"} else ""
        verdicts[subject].append(result["verdict"])
    return verdicts


def table(found: list[Row]) -> Table:
    """For people."""
    shown = Table(title="Calls")
    for name in ("call", "what", "direction"):
        shown.add_column(name)
    for name in ("off-hook s", "recorded s", "bytes", "vault a", "vault b", "verified"):
        shown.add_column(name, justify="right")
    for row in found:
        held = ("✓" if size == row.bytes else "✗" for size in (row.vault_a, row.vault_b))
        shown.add_row(
            row.call, row.scenario, row.direction, f"{row.off_hook_s:.1f}", f"{row.recorded_s:.1f}",
            f"{row.bytes:,}", *held, "✓" if row.good else "✗",
        )  # fmt: skip
    return shown


def as_object(found: list[Row]) -> dict[str, Any]:
    """For programs: result.json."""
    calls = [{**asdict(row), "good": row.good} for row in found]
    return {"calls": calls, "good": bool(found) and all(row.good for row in found)}


def _row(
    site: Site,
    entries: list[Entry],
    off_hook: Entry,
    placed: Placed,
    verdicts: dict[str, list[str]],
) -> Row:
    call = f"{off_hook.desk}/{off_hook.seq}"
    on_hook = _of_call(entries, "on_hook", call)
    recording = _of_call(entries, "recording", call)
    held = [_held(vault.folder, off_hook) for vault in site.vaults]
    return Row(
        call=call,
        scenario=placed.name,
        direction=str(on_hook.body["direction"]),
        direction_placed=placed.direction,
        off_hook_s=int(str(on_hook.body["off_hook_ms"])) / 1000,
        handset_up_s=placed.off_hook_s,
        recorded_s=(int(str(recording.body["samples"])) - int(str(recording.body["lost_samples"]))) / 8000,
        bytes=int(str(recording.body["size"])),
        vault_a=held[0],
        vault_b=held[1],
        verified=set(verdicts[call]) == {"good"} and "wrong" not in verdicts[""],
    )


def _entries(path: Path) -> Iterator[Entry]:
    with LedgerReader(path) as ledger:
        yield from map(Entry.parse, ledger.since(1))


def _of_call(entries: list[Entry], kind: str, call: str) -> Entry:
    for entry in entries:
        if entry.kind == kind and entry.body.get("call") == call:
            return entry
    raise ProcessError(f"the desk's ledger has no {kind} entry for {call}")


def _held(vault: Path, off_hook: Entry) -> int:
    path = vault / "objects" / off_hook.desk / f"{off_hook.seq:012d}.ohr"
    return path.stat().st_size if path.exists() else 0
