"""A head that does not verify is never repaired: it is set aside, and a new chain names it."""

import hashlib
import sqlite3

import pytest

from firmware.evidence.entry import FIRST_PREV, Entry
from firmware.evidence.keys import SigningKey
from firmware.ledger import Ledger, open_ledger
from firmware.ledger.walk import ChainWalk

DESK = "t-1"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def make(path, clock, desk_key):
    def build(entries: int, *, checkpoint_at: int = 0) -> list[bytes]:
        with Ledger(path, desk=DESK, clock=clock, key=desk_key) as ledger:
            for number in range(1, entries + 1):
                if number == checkpoint_at:
                    ledger.checkpoint(off_hook_ms=0, recorded_ms=0)
                else:
                    ledger.append("flash", {"number": number})
            return ledger.read(1, 1000)

    return build


@pytest.fixture
def reopen(path, clock, desk_key):
    def again(seq_known: int = 0):
        return open_ledger(path, desk=DESK, clock=clock, key=desk_key, seq_known=seq_known)

    return again


def tamper(path, seq: int, old: bytes, new: bytes) -> None:
    """Change a stored entry, as rot or a visitor would: the triggers are no fence against either."""
    db = sqlite3.connect(path)
    db.execute("DROP TRIGGER IF EXISTS ledger_no_update")
    (raw,) = db.execute("SELECT entry FROM ledger WHERE seq = ?", (seq,)).fetchone()
    assert old in raw
    db.execute("UPDATE ledger SET entry = ? WHERE seq = ?", (raw.replace(old, new), seq))
    db.commit()
    db.close()


def test_a_new_ledger_is_made(reopen):
    ledger, broken = reopen()
    assert broken is None
    assert ledger.append("off_hook", {}).seq == 1
    ledger.close()


def test_a_good_one_goes_on(make, reopen):
    make(5)
    ledger, broken = reopen()
    assert broken is None
    assert ledger.append("off_hook", {}).seq == 6
    ledger.close()


def test_a_changed_head_is_set_aside_and_named(make, reopen, path):
    make(5)
    tamper(path, 5, b'"number":5', b'"number":6')
    tampered_hash = hashlib.sha256(
        sqlite3.connect(path).execute("SELECT entry FROM ledger WHERE seq=5").fetchone()[0]
    )
    # The head is canonical and of the right number: only its link to a checkpoint or successor would tell.
    tamper_link(path)
    ledger, broken = reopen()
    (first,) = [Entry.parse(raw) for raw in ledger.read(1, 10)]
    assert (first.seq, first.prev, first.kind) == (6, FIRST_PREV, "finding")
    assert first.body["code"] == "ledger_broken"
    assert first.body["broken_head"] == tampered_hash.hexdigest()
    assert broken.file.name == "ledger.broken-1.sqlite3"
    assert len(sqlite3.connect(broken.file).execute("SELECT * FROM ledger").fetchall()) == 5
    assert ledger.append("off_hook", {}).seq == 7
    ledger.close()
    again, broken = reopen()
    assert broken is None
    again.close()


def tamper_link(path) -> None:
    tamper(path, 4, b'"number":4', b'"number":9')


@pytest.mark.parametrize(
    "junk", [b"", b"\x00" * 100, b"not a database at all, but long enough to be read " * 20]
)
def test_a_file_that_is_no_database(path, reopen, junk):
    path.write_bytes(junk)
    ledger, broken = reopen(seq_known=1234)
    assert broken is not None
    assert not junk or broken.file.read_bytes() == junk  # SQLite makes a database of an empty file
    assert ledger.head().seq == 1_000_000
    ledger.close()


def test_an_empty_file_on_a_new_desk_is_a_new_ledger(path, reopen):
    path.write_bytes(b"")
    ledger, broken = reopen()
    assert broken is None
    assert ledger.append("off_hook", {}).seq == 1
    ledger.close()


@pytest.mark.parametrize("lost", ["end", "all"])
def test_a_ledger_that_lost_entries_names_no_new_call_like_an_old_one(make, reopen, path, lost):
    """An older copy put back, a WAL that went, a file deleted: what is left verifies."""
    make(9, checkpoint_at=4)
    if lost == "end":
        db = sqlite3.connect(path)
        db.execute("DROP TRIGGER ledger_no_delete")
        db.execute("DELETE FROM ledger WHERE seq > 5")
        db.commit()
        db.close()
    else:
        path.unlink()
    ledger, broken = reopen(seq_known=7)
    assert broken.last_seq == (5 if lost == "end" else 0)
    first = ledger.head()
    assert (first.seq, first.body["code"]) == (1_000_000, "ledger_broken")
    assert "number 7 was given already" in first.body["detail"]
    ledger.close()
    again, broken = reopen(seq_known=7)
    assert broken is None
    again.close()


def test_a_truncated_database(make, reopen, path):
    make(300)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    ledger, broken = reopen(seq_known=42)
    assert broken is not None
    assert ledger.head().kind == "finding"
    ledger.close()


def test_a_row_with_another_number(make, reopen, path):
    make(3)
    db = sqlite3.connect(path)
    db.execute("INSERT INTO ledger SELECT 7, kind, at, entry FROM ledger WHERE seq = 3")
    db.commit()
    db.close()
    ledger, broken = reopen()
    assert broken.last_seq == 7
    assert ledger.head().seq == 8
    ledger.close()


def test_only_the_end_behind_the_last_checkpoint_is_read(make, reopen, path):
    make(20, checkpoint_at=10)
    tamper(path, 3, b'"number":3', b'"number":4')
    ledger, broken = reopen()
    assert broken is None
    walk = ChainWalk(ledger.reader(), desk=DESK, key=ledger.key.public)
    while not walk.done:
        walk.step(4)
    assert "entry 4 does not name the hash of the one before" in walk.problem
    assert walk.seq == 3
    ledger.close()


def test_a_checkpoint_by_another_key_is_no_end_of_ours(make, path, clock):
    make(5, checkpoint_at=5)
    ledger, broken = open_ledger(path, desk=DESK, clock=clock, key=SigningKey.generate())
    assert "signature" in broken.reason
    ledger.close()


def test_the_whole_chain_is_walked_a_little_at_a_time(make, reopen):
    make(50, checkpoint_at=25)
    ledger, _ = reopen()
    walk = ChainWalk(ledger.reader(), desk=DESK, key=ledger.key.public)
    steps = 0
    while not walk.done:
        walk.step(8)
        steps += 1
    assert (walk.problem, walk.seq) == ("", 50)
    assert steps == 8
    ledger.close()


def test_a_new_chain_is_walked_from_its_own_beginning(make, reopen, path):
    make(5)
    tamper_link(path)
    ledger, _ = reopen()
    ledger.append("off_hook", {})
    walk = ChainWalk(ledger.reader(), desk=DESK, key=None)
    while not walk.done:
        walk.step()
    assert (walk.problem, walk.seq) == ("", 7)
    ledger.close()


def test_who_has_the_old_file_open_goes_on_in_the_new_one(make, reopen, path, clock):
    make(5)
    other = Ledger(path, desk=DESK, clock=clock)
    reader = other.reader()
    assert reader.last_seq() == 5
    tamper_link(path)
    ledger, broken = reopen()
    entry = other.append("flash", {})
    assert entry.seq == 7
    assert ledger.head() == entry
    assert reader.last_seq() == 7
    other.close()
    assert ledger.append("flash", {}).seq == 8
    ledger.close()
    rows = sqlite3.connect(broken.file).execute("SELECT count(*) FROM ledger").fetchone()
    assert rows == (5,)


def test_two_broken_ledgers_keep_two_names(make, reopen, path):
    for number in (1, 2):
        path.write_bytes(b"junk" * 100)
        ledger, broken = reopen()
        ledger.close()
        assert broken.file.name == f"ledger.broken-{number}.sqlite3"
