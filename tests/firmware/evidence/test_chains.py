"""Ledger entries, details, and the chain they make."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.evidence.chain import ChainError, ChainWalker, verify_chain
from firmware.evidence.entry import FIRST_PREV, Entry, open_details, seal_details
from firmware.evidence.errors import CanonicalError, FormatError, OpenError
from firmware.evidence.keys import ArchivePrivateKey


@pytest.fixture
def entries(desk):
    desk.checkpoint()
    desk.call()
    desk.checkpoint()
    return [entry.raw for entry in desk.entries]


def test_a_whole_chain(entries, desk):
    report = verify_chain(iter(entries), desk.key.public)
    assert report.whole
    assert (report.entries, report.first_seq, report.last_seq) == (8, 1, 8)
    assert (report.checkpoints, report.signed_seq, report.signed_by) == (2, 8, desk.key.public.key_id)
    assert report.head == desk.entries[-1].hash
    assert (report.first_at, report.last_at) == (desk.entries[0].at, desk.entries[-1].at)
    assert report.unaccounted == ()


def test_an_empty_chain(desk_key):
    report = verify_chain([], desk_key.public)
    assert report.whole
    assert (report.entries, report.desk, report.signed_by) == (0, "", desk_key.public.key_id)
    assert verify_chain([]).signed_by == ""


def test_without_a_key_the_ledger_s_own_is_taken(entries, desk):
    assert verify_chain(entries).signed_by == desk.key.public.key_id
    assert verify_chain(entries).checkpoints == 2


def test_checkpoints_that_nobody_can_check_do_not_count(desk):
    desk.entries.clear()
    desk.append("off_hook", {})
    desk.checkpoint()
    report = verify_chain([entry.raw for entry in desk.entries])
    assert report.whole
    assert (report.checkpoints, report.signed_seq, report.signed_by) == (0, 0, "")
    assert (report.unaccounted, report.running) == ((), 1)


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_no_entry_can_be_changed_swapped_or_left_out(chain_of_a_day, data):
    entries, key = chain_of_a_day
    at = data.draw(st.integers(0, len(entries) - 2))
    kind = data.draw(st.sampled_from(["out", "swap", "twice", "byte"]))
    changed = list(entries)
    if kind == "out":
        del changed[at]
    elif kind == "swap":
        changed[at], changed[at + 1] = changed[at + 1], changed[at]
    elif kind == "twice":
        changed.insert(at, changed[at])
    else:
        where = data.draw(st.integers(0, len(changed[at]) - 1))
        byte = data.draw(st.integers(0, 255))
        changed[at] = changed[at][:where] + bytes([byte]) + changed[at][where + 1 :]
    assert verify_chain(changed, key).whole == (changed == entries)


@pytest.fixture(scope="module")
def chain_of_a_day(tmp_path_factory, make_desk):
    desk = make_desk(tmp_path_factory.mktemp("day") / "desk")
    desk.checkpoint()
    desk.call()
    desk.checkpoint()
    return [entry.raw for entry in desk.entries], desk.key.public


def test_a_break_leaves_the_walker_as_it_was(entries, desk):
    walker = ChainWalker(key=desk.key.public)
    for raw in entries[:3]:
        walker.take(raw)
    state = (walker.seq, walker.head, walker.checkpoints, walker.desk)
    for raw in (entries[4], b"junk", entries[2]):
        with pytest.raises(ChainError):
            walker.take(raw)
        assert (walker.seq, walker.head, walker.checkpoints, walker.desk) == state
    assert walker.take(entries[3]).kind == "off_hook" or walker.seq == 4


def test_a_walker_goes_on_from_what_was_stored(entries, desk):
    third = Entry.parse(entries[2])
    walker = ChainWalker(desk=third.desk, seq=third.seq, head=third.hash, key=desk.key.public)
    for raw in entries[3:]:
        walker.take(raw)
    assert (walker.seq, walker.checkpoints) == (8, 1)


def test_every_break_is_found(entries):
    broken = [entries[0], entries[2], entries[3], b"junk", entries[7]]
    report = verify_chain(broken)
    assert [problem.rule for problem in report.problems] == ["seq", "entry", "seq"]
    assert report.entries == 5
    assert report.last_seq == 8


def account(desk):
    report = verify_chain([entry.raw for entry in desk.entries])
    return report.unaccounted, report.running


@pytest.mark.parametrize("stop", ["boot", "shutdown", "checkpoint", "off_hook"])
def test_a_call_that_is_over_must_be_accounted_for(desk, stop):
    desk.append("off_hook", {})
    assert account(desk) == ((), 2)
    desk.checkpoint()
    assert account(desk) == ((), 2)
    desk.append("on_hook", {"call": "sh01-d017/2"})
    assert account(desk) == ((), 2)
    boot = {"clock_source": "", "config_sha256": "0" * 64, "firmware": "", "last_seq": 0, "previous": "lost"}
    body = {"boot": boot, "shutdown": {"reason": ""}, "off_hook": {}}
    desk.checkpoint() if stop == "checkpoint" else desk.append(stop, body[stop])
    assert account(desk) == ((2,), 5 if stop == "off_hook" else 0)
    desk.append("not_recorded", {"call": "sh01-d017/2", "reason": "power", "seconds": 3})
    assert account(desk)[0] == ()


def test_details_open_for_their_entry_only(archive_key):
    sealed = seal_details(archive_key.public, "sh01-d017", 9, {"number": "110"})
    assert open_details(archive_key, "sh01-d017", 9, sealed) == {"number": "110"}
    for key, desk, seq in (
        (archive_key, "sh01-d017", 10),
        (archive_key, "sh01-d018", 9),
        (ArchivePrivateKey.generate(), "sh01-d017", 9),
    ):
        with pytest.raises(OpenError):
            open_details(key, desk, seq, sealed)
    with pytest.raises(CanonicalError):
        seal_details(archive_key.public, "sh01-d017", 9, {"number": None})


def test_entries_are_checked_when_made(desk):
    with pytest.raises(FormatError, match="16384"):
        desk.append("command", {"what": "", "result": "", **{str(n): "x" * 1000 for n in range(17)}})
    with pytest.raises(FormatError, match="'call' is missing"):
        desk.append("on_hook", {})
    with pytest.raises(FormatError, match="not a kind"):
        desk.append("coffee", {})
    assert desk.append("off_hook", {"more": 1}).hash != FIRST_PREV
