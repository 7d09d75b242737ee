"""What desk and vaults hold after a test: ledger entries, recordings opened, the shipped verifier's word."""

import io
import json
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile

from firmware.archive.export import ExportReport, export_to
from firmware.evidence.entry import Entry
from firmware.evidence.keys import ArchivePrivateKey
from firmware.ledger.reader import LedgerReader
from sync.demo.command import offhook
from sync.demo.site import Site


def entries(site: Site) -> list[Entry]:
    with LedgerReader(site.desk.folder / "ledger.sqlite3") as ledger:
        return [Entry.parse(raw) for raw in ledger.since(1)]


def of_kind(site: Site, kind: str) -> list[Entry]:
    return [entry for entry in entries(site) if entry.kind == kind]


def last_recording(site: Site) -> Entry:
    return of_kind(site, "recording")[-1]


def object_path(vault: Path, call: str) -> Path:
    desk, seq = call.split("/")
    return vault / "objects" / desk / f"{int(seq):012d}.ohr"


def opened(site: Site, call: str, vault: int = 0) -> tuple[np.ndarray, ExportReport]:
    """Samples (int16, mono or columns) and the report of what a vault holds, opened with the key."""
    out = io.BytesIO()
    with object_path(site.vaults[vault].folder, call).open("rb") as file:
        report = export_to(file, ArchivePrivateKey.load(site.archive_key), out, "wav")
    out.seek(0)
    return soundfile.read(out, dtype="int16")[0], report


def truth(site: Site) -> np.ndarray:
    """What the card delivered, from the start of the line on (int16)."""
    return soundfile.read(site.line.truth().wav_path, dtype="int16")[0]


def assert_evidence_whole(site: Site) -> None:
    """Desk and vaults verify with the archive's key; every recording stands once in each vault."""
    folders = [str(site.desk.folder), *(str(vault.folder) for vault in site.vaults)]
    command = offhook("verify", *folders, "--key", str(site.archive_key), "--json")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    results = json.loads(done.stdout)["results"]
    assert [r for r in results if r["verdict"] == "wrong"] == []
    recorded = Counter(entry.body["call"] for entry in of_kind(site, "recording"))
    assert max(recorded.values()) == 1
    for vault in site.vaults:
        held = {path.name for path in (vault.folder / "objects").rglob("*.ohr")}
        assert held == {object_path(vault.folder, str(call)).name for call in recorded}
        assert [*(vault.folder / "quarantine").rglob("*.*")] == []
