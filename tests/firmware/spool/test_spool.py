"""The spool: state is the folder that a file lies in."""

import errno
import hashlib
import os

import pytest

from firmware.spool import Spool, SpoolError, SpoolStateError
from firmware.spool.room import Room, recording_bytes_per_hour


def record(spool: Spool, seq: int, pieces) -> None:
    file = spool.create(seq)
    for piece in pieces:
        file.append(piece)
    file.finish()


def test_a_recording_goes_from_folder_to_folder(spool, pieces):
    file = spool.create(42)
    file.append(pieces[0])
    assert (spool.growing(), spool.waiting(), spool.delivered()) == ([42], [], [])
    assert file.durable_size == 0
    file.sync()
    assert file.durable_size == file.size == len(pieces[0])
    file.append(pieces[1])
    path = file.finish()
    assert path.name == "000000000042.ohr"
    assert path.read_bytes() == pieces[0] + pieces[1]
    assert (spool.growing(), spool.waiting(), spool.delivered()) == ([], [42], [])
    spool.add_receipt(42, "a", b"receipt")
    spool.mark_delivered(42)
    assert (spool.waiting(), spool.delivered()) == ([], [42])
    spool.prune(42)
    assert spool.find(42) is None
    assert [one.name for one in spool.receipts(42)] == ["000000000042.a.jws"]
    assert spool.receipted() == [42]


def test_every_step_may_be_repeated(spool, pieces):
    file = spool.create(42)
    file.append(pieces[0])
    assert file.finish() == file.finish()
    first = spool.add_receipt(42, "a", b"first")
    assert spool.add_receipt(42, "a", b"second").read_bytes() == b"first"
    assert first.read_bytes() == b"first"
    assert spool.mark_delivered(42) == spool.mark_delivered(42)
    spool.prune(42)
    spool.prune(42)


def test_a_recording_is_made_once(spool, pieces):
    record(spool, 42, pieces)
    with pytest.raises(SpoolStateError, match="made once"):
        spool.create(42)


def test_what_is_not_delivered_is_never_pruned(spool, pieces):
    record(spool, 42, pieces)
    with pytest.raises(SpoolStateError, match="must not be removed"):
        spool.prune(42)
    with pytest.raises(SpoolStateError, match="only a waiting recording"):
        spool.mark_delivered(43)


def test_measure_tells_what_the_ledger_needs(spool, pieces):
    record(spool, 42, pieces)
    data = b"".join(pieces)
    found = spool.measure(42)
    assert (found.size, found.frames, found.sha256) == (len(data), 6, hashlib.sha256(data).hexdigest())
    assert found.header.call == "t-1/42"
    assert spool.measure(43) is None


def test_files_of_others_are_left_alone(spool, pieces):
    record(spool, 42, pieces)
    (spool.layout.waiting / "notes.ohr").write_bytes(b"")
    (spool.layout.waiting / ".000000000042.ohr.tmp").write_bytes(b"")
    assert spool.waiting() == [42]


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "spool").write_bytes(b"a file")
    with pytest.raises(SpoolError, match="cannot be made"):
        Spool(tmp_path).prepare()


def fail_writes(monkeypatch, times: int, *, after_bytes: int = 10):
    """The next `times` writes put down a part and then find no room."""
    write = os.write
    left = [times]

    def failing(descriptor, data):
        if left[0] and os.readlink(f"/proc/self/fd/{descriptor}").endswith(".ohr"):
            left[0] -= 1
            write(descriptor, bytes(data)[:after_bytes])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", failing)


def test_a_full_disk_takes_the_reserve_and_goes_on(spool, pieces, monkeypatch):
    assert spool.hold_reserve()
    file = spool.create(42)
    file.append(pieces[0])
    fail_writes(monkeypatch, 1)
    file.append(pieces[1])
    assert file.path.read_bytes() == pieces[0] + pieces[1]
    assert spool.full
    assert not spool.layout.reserve.exists()
    assert spool.hold_reserve()
    assert not spool.full


def test_a_full_disk_without_reserve_refuses_and_leaves_whole_frames(spool, pieces, monkeypatch):
    file = spool.create(42)
    file.append(pieces[0])
    fail_writes(monkeypatch, 1)
    with pytest.raises(OSError, match="No space"):
        file.append(pieces[1])
    assert file.path.read_bytes() == pieces[0]
    file.append(pieces[1])
    assert file.path.read_bytes() == pieces[0] + pieces[1]


def test_the_reserve_that_is_not_enough_leaves_whole_frames(spool, pieces, monkeypatch):
    spool.hold_reserve()
    file = spool.create(42)
    file.append(pieces[0])
    fail_writes(monkeypatch, 2)
    with pytest.raises(OSError, match="No space"):
        file.append(pieces[1])
    assert file.path.read_bytes() == pieces[0]


def test_room_in_bytes_percent_and_hours(spool):
    room = spool.room()
    assert 0 < room.free_bytes <= room.total_bytes
    assert Room(25, 100, 10).percent == 25
    assert Room(25, 100, 10).hours == 2.5


def test_an_hour_of_recording():
    assert recording_bytes_per_hour("opus", 1, 24_000) == pytest.approx(11.27e6, rel=0.01)
    assert recording_bytes_per_hour("pcm_s16le", 2, 0) == pytest.approx(115.4e6, rel=0.01)
    assert recording_bytes_per_hour("flac", 1, 0) == pytest.approx(33e6, rel=0.05)


def test_the_room_of_a_desk_is_planned_by_its_receipts(spool, pieces):
    for seq in (1, 2, 3, 4):
        record(spool, seq, pieces)
    for seq in (1, 2):
        spool.mark_delivered(seq)
    spool.add_receipt(1, "a", b"x")
    spool.add_receipt(1, "b", b"x")
    spool.add_receipt(2, "a", b"x")
    found = spool.plan_pruning(keep_days=7, low_percent=100, receipts_required=2)
    assert [one.seq for one in found.remove] == [1]
    assert not spool.plan_pruning(keep_days=7, low_percent=0, receipts_required=2).remove
