"""The ledger: a chain that grows, from any thread and process, and never changes."""

import sqlite3
import subprocess
import sys
import threading

import pytest

from firmware.evidence.chain import verify_chain
from firmware.evidence.entry import FIRST_PREV, Entry
from firmware.evidence.errors import FormatError
from firmware.ledger import Ledger, LedgerBlockedError, LedgerBrokenError, LedgerError, LedgerReader, store

DESK = "t-1"


@pytest.fixture
def ledger(tmp_path, clock, desk_key):
    with Ledger(tmp_path / "ledger.sqlite3", desk=DESK, clock=clock, key=desk_key) as one:
        yield one


def test_the_first_entry_begins_the_chain_and_the_next_hangs_on_it(ledger):
    first = ledger.append("off_hook", {})
    second = ledger.append("flash", {"call": f"{DESK}/1"})
    assert (first.seq, first.prev) == (1, FIRST_PREV)
    assert (second.seq, second.prev) == (2, first.hash)
    assert ledger.head() == second
    assert ledger.read(1, 10) == [first.raw, second.raw]


def test_a_body_may_know_its_own_link(ledger):
    entry = ledger.append("off_hook", lambda link: {"seq": link.seq, "prev": link.prev, "at": link.at})
    assert entry.body == {"seq": entry.seq, "prev": entry.prev, "at": entry.at}


def test_a_body_that_is_none_appends_nothing(ledger):
    with pytest.raises(FormatError, match="'call' is missing"):
        ledger.append("on_hook", {})
    assert ledger.head() is None
    assert ledger.append("off_hook", {}).seq == 1


def test_checkpoints_verify_and_say_whether_anything_happened(ledger, desk_key):
    ledger.append("off_hook", {})
    first = ledger.checkpoint(off_hook_ms=100, recorded_ms=90)
    second = ledger.checkpoint(off_hook_ms=0, recorded_ms=0)
    busy = ledger.checkpoint(off_hook_ms=5, recorded_ms=5)
    assert [one.body["quiet"] for one in (first, second, busy)] == [False, True, False]
    report = verify_chain(ledger.read(1, 10), desk_key.public)
    assert not [one for one in report.problems if one.rule != "key"]
    assert report.checkpoints == 3


def test_without_a_key_there_is_no_checkpoint(tmp_path, clock):
    with (
        Ledger(tmp_path / "l.sqlite3", desk=DESK, clock=clock) as ledger,
        pytest.raises(LedgerError, match="key"),
    ):
        ledger.checkpoint(off_hook_ms=0, recorded_ms=0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET kind = 'ring' WHERE seq = 1",
        "DELETE FROM ledger WHERE seq = 2",
        "INSERT OR REPLACE INTO ledger VALUES (1, 'ring', '', x'00')",
        "INSERT INTO ledger VALUES (0, 'ring', '', x'00')",
        "REPLACE INTO ledger VALUES (2, 'ring', '', x'00')",
    ],
)
def test_nothing_is_ever_changed(ledger, statement):
    ledger.append("off_hook", {})
    ledger.append("flash", {})
    before = ledger.read(1, 10)
    db = sqlite3.connect(ledger.path)
    with pytest.raises(sqlite3.IntegrityError, match=r"never|only appended"):
        db.execute(statement)
    db.close()
    assert ledger.read(1, 10) == before


def test_a_commit_is_synced(ledger):
    assert ledger._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert ledger._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_another_desks_ledger_is_refused(ledger, clock):
    ledger.append("off_hook", {})
    with (
        Ledger(ledger.path, desk="t-2", clock=clock) as other,
        pytest.raises(LedgerBrokenError, match="desk t-1, not t-2"),
    ):
        other.append("off_hook", {})


def test_threads_append_one_chain(ledger):
    def append() -> None:
        for _ in range(25):
            ledger.append("flash", {})

    threads = [threading.Thread(target=append) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verify_chain(ledger.read(1, 1000))
    assert (report.entries, report.whole) == (100, True)


APPENDER = """
import sys
from pathlib import Path
from drivers.clock.system import SystemClock
from firmware.ledger import Ledger
with Ledger(Path(sys.argv[1]), desk="t-1", clock=SystemClock()) as ledger:
    for number in range(40):
        ledger.append("flash", {"by": sys.argv[2], "number": number})
"""


def test_processes_append_one_chain_and_lose_nothing(tmp_path):
    path = tmp_path / "ledger.sqlite3"
    processes = [
        subprocess.Popen([sys.executable, "-P", "-c", APPENDER, str(path), name]) for name in ("a", "b", "c")
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with LedgerReader(path) as reader:
        entries = reader.read(1, 1000)
    assert verify_chain(entries).problems == ()
    bodies = [Entry.parse(raw).body for raw in entries]
    for name in ("a", "b", "c"):
        assert [body["number"] for body in bodies if body["by"] == name] == list(range(40))


def test_a_ledger_locked_for_too_long_is_blocked_not_broken(ledger, monkeypatch):
    ledger.append("off_hook", {})
    ledger._db.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerBlockedError, match="locked"):
        ledger.append("flash", {})
    other.execute("ROLLBACK")
    other.close()
    assert ledger.append("flash", {}).seq == 2


def test_a_folder_that_is_not_there_is_blocked(tmp_path, clock):
    with pytest.raises(LedgerBlockedError):
        Ledger(tmp_path / "nowhere" / "ledger.sqlite3", desk=DESK, clock=clock)


def test_the_reader_walks_both_ways_and_by_kind(ledger, monkeypatch):
    monkeypatch.setattr("firmware.ledger.reader.BATCH", 3)
    kinds = ["off_hook", "flash", "flash", "ring", "flash", "off_hook", "flash"]
    body = {"bursts": 1, "first_at": "2026-11-22T00:00:00.000000Z", "last_at": "2026-11-22T00:00:00.000000Z"}
    for kind in kinds:
        ledger.append(kind, body)
    with ledger.reader() as reader:
        assert [Entry.parse(raw).kind for raw in reader.since(1)] == kinds
        assert [Entry.parse(raw).kind for raw in reader.backwards()] == kinds[::-1]
        assert [Entry.parse(raw).seq for raw in reader.since(3, "flash")] == [3, 5, 7]
        assert [Entry.parse(raw).seq for raw in reader.backwards("off_hook", "ring")] == [6, 4, 1]
        assert reader.last_seq() == 7
        assert reader.read(6) == ledger.read(6, 2)


def test_a_reader_cannot_write(ledger):
    ledger.append("off_hook", {})
    db = store.connect_read_only(ledger.path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("INSERT INTO ledger VALUES (9, 'x', 'x', x'00')")
    db.close()
