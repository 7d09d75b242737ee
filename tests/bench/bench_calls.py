"""Many short calls and one long one through a whole site: lamps, first durable byte, receipts of two vaults.

    .venv/bin/python -P tests/bench/bench_calls.py [--json] [--calls 100] [--minutes 5]

Recorder, agent, panel, both vaults and both brokers are the shipped processes, on loopback. All times are of
CLOCK_MONOTONIC, which they share: of the handset and the lamps from the virtual line's own record, of the
on-hook and of the receipts from the desk's ledger. How far a vault is behind is measured by opening, with the
archive's key, what it holds of the running call: from the last sample in there to now.
"""

# ruff: noqa: E402 (what stands beside this file is found by its path)
import contextlib
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from measuring import figure, load, main, percentile, speech_folder

from firmware.evidence.entry import Entry
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.opening import RecordingOpener
from firmware.evidence.recording import AudioFrame
from firmware.ledger.reader import LedgerReader
from sync.demo.site import Site
from sync.demo.speech import Speech
from sync.demo.until import until

OFF_HOOK_S = 1.5
PACKET_S = 0.02
RECEIPTS = 2


class Ledger:
    """The desk's ledger, read on from where it was read last."""

    def __init__(self, site: Site) -> None:
        self._path = site.desk.folder / "ledger.sqlite3"
        self._next = 1
        self.receipts: dict[str, list[Entry]] = {}
        self.on_hooks: dict[str, Entry] = {}

    def delivered(self, calls: int) -> bool:
        """All receipts of so many calls are entered."""
        with LedgerReader(self._path) as reader:
            for entry in map(Entry.parse, reader.since(self._next)):
                self._next = entry.seq + 1
                if entry.kind == "receipt":
                    self.receipts.setdefault(str(entry.body["call"]), []).append(entry)
                elif entry.kind == "on_hook":
                    self.on_hooks[str(entry.body["call"])] = entry
        return sum(len(found) == RECEIPTS for found in self.receipts.values()) == calls


def short_call(site: Site) -> tuple[int, int, int]:
    """Monotonic ns of the lift, of the first durable audio, and of the handset's return."""
    lifted_ns, durable_ns = site.line.lift().at_ns, 0
    while not durable_ns:
        recording = site.desk.status("recorder").get("recording") or {}
        durable_ns = recording.get("grown_mono_ns", 0) if recording.get("durable_samples") else 0
        time.sleep(0.01)
    site.line.wait(max(0.1, OFF_HOOK_S - (time.monotonic_ns() - lifted_ns) / 1e9))
    return lifted_ns, durable_ns, site.line.replace().at_ns


def red_after(site: Site) -> list[float]:
    """Milliseconds from each lift to the red lamp, by the line's own record."""
    times, lifted_ns = [], 0
    for event in site.line.events():
        if event["event"] == "hook":
            lifted_ns = event["at_ns"] if event["lifted"] else 0
        elif event["event"] == "lamp" and event["lamp"] == "red" and event["brightness"] and lifted_ns:
            times.append((event["at_ns"] - lifted_ns) / 1e6)
            lifted_ns = 0
    return times


class Follower:
    """Opens the growing upload in one vault."""

    def __init__(self, site: Site, vault: int, seq: int) -> None:
        self._opener = RecordingOpener(ArchivePrivateKey.load(site.archive_key))
        self._folder = site.vaults[vault].folder / "uploads"
        self._name, self._read = f"{seq:012d}.part", 0
        self._started_s = self._ends_s = 0.0

    def behind_s(self) -> float | None:
        """Seconds from the last sample that the vault holds to now; None before there is any."""
        for path in self._folder.rglob(self._name):
            with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                file.seek(self._read)
                data = file.read()
                self._read += len(data)
                for frame in self._opener.feed(data):
                    if isinstance(frame, AudioFrame):
                        self._ends_s = frame.first_sample / 8000 + len(frame.packets) * PACKET_S
        if self._opener.header is None or not self._ends_s:
            return None
        started = datetime.strptime(self._opener.header.started, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        return time.time() - started.timestamp() - self._ends_s


def long_call(site: Site, speech: Speech, seconds: float) -> tuple[int, list[float]]:
    """Monotonic ns of the handset's return; how far the slower vault was behind, four times a second."""
    site.line.ring(number="13800138000")
    site.line.wait(1.0)
    ends = time.monotonic() + seconds
    site.line.lift()
    until(lambda: bool(site.desk.status("recorder").get("recording")), "the recording begins")
    seq = site.desk.status("recorder")["recording"]["seq"]
    followers = [Follower(site, vault, seq) for vault in range(len(site.vaults))]
    behind, spoken_ns = [], 0
    while time.monotonic() < ends:
        if spoken_ns < time.monotonic_ns() + 1e9:
            spoken_ns = site.line.say("agent", speech.agent()).end_ns
        found = [follower.behind_s() for follower in followers]
        if None not in found:
            behind.append(max(found))
        time.sleep(0.25)
    return site.line.replace().at_ns, behind


def receipts_after(ledger: Ledger, replaced_ns: list[int]) -> tuple[list[float], list[float]]:
    """Seconds to the last receipt of each call: from its on_hook entry, and from the handset's return."""
    from_entry, from_edge = [], []
    for (call, on_hook), edge_ns in zip(ledger.on_hooks.items(), replaced_ns, strict=True):
        last_ns = max(entry.mono_ns for entry in ledger.receipts[call])
        from_entry.append((last_ns - on_hook.mono_ns) / 1e9)
        from_edge.append((last_ns - edge_ns) / 1e9)
    return from_entry, from_edge


def measure(calls: int, minutes: float) -> list[dict]:
    with tempfile.TemporaryDirectory() as folder, Site(Path(folder)) as site:
        until(lambda: site.desk.status("recorder").get("preroll_ms") == 2000, "the pre-roll is full")
        ledger, placed = Ledger(site), []
        for number in range(1, calls + 1):
            placed.append(short_call(site))
            until(lambda count=number: ledger.delivered(count), f"both receipts of call {number}")
        loaded = load()
        replaced_ns, behind = long_call(site, Speech(speech_folder()), minutes * 60)
        until(lambda: ledger.delivered(calls + 1), "both receipts of the long call")
        edges = [*(call[2] for call in placed), replaced_ns]
        from_entry, from_edge = receipts_after(ledger, edges)
        red = red_after(site)
    durable = [(call[1] - call[0]) / 1e6 for call in placed]
    return [
        *spread("hang-up entered to both receipts", from_entry[:calls], "s", 3, "≤ 1", "p95", loaded),
        figure(f"hang-up entered to both receipts, a call of {minutes:g} min", from_entry[calls], "s", 3,
               target="≤ 1", note="whatever the call's length"),
        *spread("handset down to both receipts", from_edge[:calls], "s", 3, "", "p95",
                "with the 0.8 s in which it may still be a flash, and the kept tail"),
        *spread("lift to red lamp", red, "ms", 1, "≤ 100", "p99", "from the contact's edge at the pin"),
        *spread("lift to first durable audio", durable, "ms", 1, "", "p99",
                "the pre-roll of 2 s, sealed, synced"),
        *spread("slower vault behind the line, growing upload", behind, "s", 2, "≤ 2", "max",
                f"last sample it holds, {len(behind)} looks in a call of {minutes:g} min"),
    ]  # fmt: skip


def spread(
    name: str, values: list[float], unit: str, digits: int, target: str, at: str, note: str
) -> list[dict]:
    """p50, p95 or p99, max; the target stands at the one that it is meant for, the note at the first."""
    tail = "p95" if at == "p95" else "p99"
    found = {"p50": percentile(values, 0.5), tail: percentile(values, float(tail[1:]) / 100)}
    found["max"] = max(values)
    rows = [
        figure(f"{name}, {key}", value, unit, digits, **({"target": target} if key == at and target else {}))
        for key, value in found.items()
    ]
    rows[0]["note"] = f"{len(values)} of them; {note}"
    return rows


if __name__ == "__main__":
    main(__doc__, measure, calls=100, minutes=5.0)
