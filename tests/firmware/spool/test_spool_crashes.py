"""Stop after the 1st, 2nd, … nth system call, reopen, and look: nothing lost, nothing twice.

A crash is an exception from the call that would come next, with everything before it done; a torn append
leaves half of its bytes. (What a disk does to bytes that were never synced is left to the disk: an append
that was not synced may be cut anywhere, which is what the torn cases stand for.)
"""

import builtins
import os
from itertools import count

import pytest

from firmware.evidence.opening import open_recording
from firmware.spool import Spool

CALLS = ("open", "write", "fdatasync", "fsync", "rename", "unlink", "ftruncate", "utime", "close")


class CrashError(BaseException):
    """Not an Exception: nothing may catch it and go on, as nothing goes on after SIGKILL."""


class Crashing:
    """Counts the calls that touch the disk and stops before number `at`; `torn` lets half a write through."""

    def __init__(self, monkeypatch, at: int, *, torn: bool) -> None:
        self.calls = 0
        self._at = at
        self._torn = torn
        for name in CALLS:
            monkeypatch.setattr(os, name, self._wrap(name, getattr(os, name)))

    def _wrap(self, name, real):
        def call(*args, **keys):
            self.calls += 1
            if self.calls == self._at:
                if self._torn and name == "write":
                    real(args[0], bytes(args[1])[: len(args[1]) // 2])
                raise CrashError(name)
            if self.calls > self._at:
                raise CrashError(name)
            return real(*args, **keys)

        return call


def recorder_life(spool: Spool, pieces, entered: set[int]) -> None:
    """What a recorder does with one recording; `entered` is the ledger."""
    file = spool.create(42)
    for piece in pieces:
        file.append(piece)
        file.sync()
    file.finish()
    entered.add(42)


def recovery(spool: Spool, entered: set[int]) -> None:
    for found in spool.interrupted().recordings:
        assert found.seq not in entered or spool.find(found.seq) is not None
        entered.add(found.seq)
        spool.release_interrupted(found.seq)
    for seq in spool.waiting():
        entered.add(seq)


def agent_life(spool: Spool) -> None:
    spool.add_receipt(42, "a", b"a")
    spool.add_receipt(42, "b", b"b")
    spool.mark_delivered(42)
    spool.prune(42)


def check(spool: Spool, pieces, durable: int, archive_key, entered: set[int]) -> None:
    """After recovery: one file at most, whole frames only, all that was durable, and in the ledger."""
    assert spool.growing() == []
    places = [seq for folder in (spool.waiting(), spool.delivered()) for seq in folder]
    assert len(places) <= 1
    if not places:
        assert durable == 0
        return
    assert entered == {42}
    data = spool.find(42).read_bytes()
    whole = [b"".join(pieces[:n]) for n in range(1, len(pieces) + 1)]
    assert data in whole
    assert len(data) >= durable
    opened = open_recording(data, archive_key)
    assert len(list(opened.frames())) == whole.index(data)


def lives(monkeypatch, tmp_path, life, *, torn=False):
    """Run `life` on a fresh spool for every point at which it can be stopped."""
    for at in count(1):
        spool = Spool(tmp_path / str(at), reserve_bytes=65_536)
        spool.prepare()
        state: dict = {}
        with monkeypatch.context() as patched:
            crashing = Crashing(patched, at, torn=torn)
            try:
                life(spool, state)
            except CrashError:
                pass
            else:
                assert crashing.calls < at, "the end was reached without a crash"
                yield spool, state
                return
        yield Spool(tmp_path / str(at), reserve_bytes=65_536), state


@pytest.mark.parametrize("torn", [False, True])
def test_recording_stopped_anywhere(monkeypatch, tmp_path, pieces, archive_key, torn):
    def life(spool, state):
        state.update(entered=set(), durable=0)
        file = spool.create(42)
        for piece in pieces:
            file.append(piece)
            file.sync()
            state["durable"] = file.durable_size
        file.finish()
        state["entered"].add(42)

    points = 0
    for spool, state in lives(monkeypatch, tmp_path, life, torn=torn):
        recovery(spool, state["entered"])
        check(spool, pieces, state["durable"], archive_key, state["entered"])
        points += 1
    assert points > 20


def test_recovery_stopped_anywhere(monkeypatch, tmp_path, pieces, archive_key):
    """A recovery that is stopped is recovered from; the entry is made once."""

    for at in count(1):
        folder = tmp_path / str(at)
        spool = Spool(folder)
        spool.prepare()
        torn = pieces[0] + pieces[1] + pieces[2][:100]
        (spool.layout.recording / "000000000042.ohr").write_bytes(torn)
        entered: set[int] = set()
        with monkeypatch.context() as patched:
            crashing = Crashing(patched, at, torn=False)
            try:
                recovery(spool, entered)
                finished = crashing.calls < at
            except CrashError:
                finished = False
        recovery(Spool(folder), entered)
        check(Spool(folder), pieces, len(pieces[0] + pieces[1]), archive_key, entered)
        if finished:
            assert at > 5
            return


def test_delivery_stopped_anywhere(monkeypatch, tmp_path, pieces, archive_key):
    """The agent goes on where it was stopped; the recording is there until its receipts are."""
    for at in count(1):
        folder = tmp_path / str(at)
        spool = Spool(folder)
        spool.prepare()
        recorder_life(spool, pieces, set())
        with monkeypatch.context() as patched:
            crashing = Crashing(patched, at, torn=True)
            try:
                agent_life(spool)
                finished = crashing.calls < at
            except CrashError:
                finished = False
        again = Spool(folder)
        if again.find(42) is None:
            assert {one.read_bytes() for one in again.receipts(42)} == {b"a", b"b"}
        else:
            for receipt in again.receipts(42):
                assert receipt.read_bytes() in (b"a", b"b")
            agent_life(again)
        assert again.find(42) is None
        if finished:
            assert at > 10
            return


@pytest.mark.parametrize("cut", [0, 1, 20, 100])
def test_without_a_whole_header_nothing_opens_and_it_is_set_aside(spool, pieces, cut):
    (spool.layout.recording / "000000000042.ohr").write_bytes(pieces[0][:cut])
    found = spool.interrupted()
    assert (found.recordings, found.broken) == ((), (42,))
    assert spool.growing() == []
    assert spool.find(42).parent == spool.layout.broken


@pytest.mark.parametrize("junk", [b"\x00" * 4096, b"\xff" * 10, b"\x00\x00\x00\x20half"])
def test_junk_behind_the_last_frame_is_cut(spool, pieces, junk):
    whole = b"".join(pieces[:4])
    (spool.layout.recording / "000000000042.ohr").write_bytes(whole + junk)
    (found,) = spool.interrupted().recordings
    assert found.path.read_bytes() == whole
    assert (found.frames, found.size) == (3, len(whole))


def test_the_time_of_the_last_write_outlives_the_cut(spool, pieces):
    path = spool.layout.recording / "000000000042.ohr"
    path.write_bytes(b"".join(pieces[:3]) + b"torn")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    (found,) = spool.interrupted().recordings
    assert found.written_at.timestamp() == 1_700_000_000
    (again,) = spool.interrupted().recordings
    assert again == found


def test_the_crashes_are_real(monkeypatch, tmp_path):
    """What writes goes through the calls named above; reading goes through builtins and loses nothing."""
    assert builtins.open is open
    with monkeypatch.context() as patched:
        Crashing(patched, 1, torn=False)
        with pytest.raises(CrashError):
            Spool(tmp_path).create(1)
