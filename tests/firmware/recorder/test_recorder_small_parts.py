import errno
import logging
import sqlite3
import threading
from types import SimpleNamespace

import pytest

from config.desk import Recipient
from drivers.clock.system import SystemClock
from firmware.alone import AnotherRunsError, hold_alone
from firmware.call.result import CallResult, Number
from firmware.capture.progress import Finished
from firmware.evidence.entry import open_details
from firmware.evidence.ids import to_base64
from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from firmware.ledger import Ledger, Link
from firmware.recorder.bodies import with_details
from firmware.recorder.closing import close_in_order
from firmware.recorder.journal import Journal
from firmware.recorder.open_call import OpenCall
from firmware.recorder.recipients import load_recipients, load_signing_key
from firmware.recorder.storing import Storing
from firmware.recorder.troubles import Troubles
from firmware.spool import GrowingFile, Spool
from firmware.spool.reserve import Reserve


def test_a_trouble_keeps_its_beginning_and_is_logged_once(caplog):
    caplog.set_level(logging.INFO)
    troubles = Troubles()
    troubles.put("audio_missing", "no card", 5)
    troubles.put("audio_missing", "still no card", 9)
    assert [(one.code, one.detail, one.since_mono_ns) for one in troubles.errors] == [
        ("audio_missing", "still no card", 5)
    ]
    assert "audio_missing" in troubles
    troubles.put("audio_missing", "", 12)
    troubles.put("audio_missing", "", 13)
    assert troubles.errors == []
    assert len(caplog.records) == 2


def test_closing_goes_on_after_a_failure_and_after_a_hang(caplog):
    done, never = [], threading.Event()

    def fail():
        raise OSError("broken")

    well = close_in_order(
        ("one", lambda: done.append(1), 5),
        ("fails", fail, 5),
        ("hangs", never.wait, 0.05),
        ("last", lambda: done.append(2), 5),
    )
    never.set()
    assert (well, done) == (False, [1, 2])
    assert "step=fails" in caplog.text
    assert "step=hangs" in caplog.text
    assert close_in_order(("one", lambda: None, 5))


def test_one_recorder_a_desk(tmp_path):
    hold_alone(tmp_path, "recorder")
    hold_alone(tmp_path, "panel")
    with pytest.raises(AnotherRunsError, match="another recorder runs"):
        hold_alone(tmp_path, "recorder")


@pytest.fixture
def journal(tmp_path):
    spool = Spool(tmp_path)
    spool.prepare()
    with Ledger(tmp_path / "ledger.sqlite3", desk="t-1", clock=SystemClock()) as ledger:
        ledger._db.execute("PRAGMA busy_timeout = 10")
        yield Journal(ledger, spool, Troubles())


def test_what_a_blocked_ledger_refuses_is_kept_in_order(journal):
    assert journal.append("off_hook", {}, 0).seq == 1
    holder = sqlite3.connect(journal._ledger.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert journal.append("flash", {"n": 1}, 0) is None
    assert journal.append("flash", {"n": 2}, 0) is None
    assert journal.append_now("off_hook", {}, 0) is None
    assert "ledger_blocked" in journal._troubles
    assert journal.blocked
    holder.execute("ROLLBACK")
    holder.close()
    assert journal.append("flash", {"n": 3}, 0).seq == 4
    assert not journal.blocked
    assert "ledger_blocked" not in journal._troubles
    with journal._ledger.reader() as reader:
        assert [b'"n":%d' % n in raw for n, raw in zip((1, 2, 3), reader.since(2), strict=True)] == [True] * 3


def recipient(name, key, purpose="both"):
    return Recipient(name=name, public_key=key, purpose=purpose)


def test_recipients_by_purpose():
    audio, both = (ArchivePrivateKey.generate().public for _ in range(2))
    loaded = load_recipients([recipient("a", audio.base64, "audio"), recipient("b", both.base64)])
    assert loaded.audio == (audio, both)
    assert loaded.details == both
    assert loaded.problem == ""


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ([], "enrol this desk"),
        ([recipient("x", to_base64(b"\xff" * 1216))], "recipient x in the settings is no archive key"),
    ],
)
def test_keys_that_are_none_are_a_problem_told(settings, says):
    loaded = load_recipients(settings)
    assert loaded.audio == ()
    assert says in loaded.problem


def test_a_signing_key_or_why_not(tmp_path):
    key, problem = load_signing_key(tmp_path)
    assert key is None
    assert "cannot be read" in problem
    SigningKey.generate().save(tmp_path / "desk.pem")
    key, problem = load_signing_key(tmp_path)
    assert key is not None
    assert problem == ""


def result(numbers) -> CallResult:
    return CallResult(
        off_hook_ns=0, on_hook_ns=1, direction="incoming", numbers=tuple(numbers), rings_before_answer=1,
        legs=(), flashes=0, short_breaks=0, answers=(), releases=(), tones=(), outcome="answered",
        answered_ns=0, hung_up_first="unknown", left_off_hook=False,
    )  # fmt: skip


def test_details_are_sealed_to_their_own_entry():
    key, number = ArchivePrivateKey.generate(), Number("123", "caller", "fsk", 900, "LI", damaged=True)
    body = with_details({"call": "t-1/1"}, result([number]), key.public, "t-1")
    sealed = body(Link(7, "", "", ""))
    assert open_details(key, "t-1", 7, sealed["details"]) == {
        "numbers": [
            {
                "digits": "123",
                "role": "caller",
                "source": "fsk",
                "confidence": 900,
                "name": "LI",
                "damaged": True,
            }
        ]
    }


@pytest.mark.parametrize("known", [None, result([])])
def test_without_a_number_there_are_no_details(known):
    key = ArchivePrivateKey.generate().public
    assert with_details({"a": 1}, known, key, "t-1") == {"a": 1}
    assert with_details({"a": 1}, result([Number("1", "caller", "fsk", 1)]), None, "t-1") == {"a": 1}


class Refusing(GrowingFile):
    """A file whose disk refuses the first `times` attempts to finish it."""

    def __init__(self, *args, times: int) -> None:
        super().__init__(*args)
        self.times = times

    def finish(self):
        if self.times:
            self.times -= 1
            raise OSError(5, "Input/output error")
        return super().finish()


def ended(file, *, error: str = "") -> OpenCall:
    call = OpenCall(0, seq=3, call="t-1/3", file="000000000003.ohr")
    call.finished = Finished("t-1/3", "on_hook", 0, 1, 8000, 0, 0, 1, 7, "0" * 64, file, error)
    return call


@pytest.fixture
def storing(tmp_path):
    spool = Spool(tmp_path)
    spool.prepare()
    return spool, Storing(spool=spool, troubles=Troubles())


def test_a_disk_that_refuses_to_store_is_asked_again(storing):
    spool, store = storing
    file = Refusing(spool.layout.recording / "000000000003.ohr", spool.layout.waiting / "000000000003.ohr",
                    lambda: False, times=1)  # fmt: skip
    call = ended(file)
    assert store.store(call, 0) is None
    assert "disk_error" in store._troubles
    assert spool.growing() == [3]
    assert store.store(call, 0) == call.finished
    assert "disk_error" not in store._troubles
    assert spool.waiting() == [3]


def test_what_the_disk_ended_without_a_header_is_set_aside(storing):
    spool, store = storing
    file = spool.create(3)
    file.append(b"offhook-recording/1\n")
    stored = store.store(ended(file, error="No space left on device"), 0)
    assert stored.size == 0
    assert spool.find(3).parent == spool.layout.broken


def test_a_recording_that_never_was_has_no_size(storing):
    _, store = storing
    assert store.store(ended(None), 0).size == 0
    assert store.reason == "disk_error"


def test_the_reserve_waits_until_there_is_room_for_two(tmp_path, monkeypatch):
    reserve = Reserve(tmp_path / "reserve", 65_536)
    monkeypatch.setattr("os.statvfs", lambda _: SimpleNamespace(f_bavail=31, f_frsize=4096))
    assert not reserve.take()
    monkeypatch.undo()
    assert reserve.take()
    assert reserve.take()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 65_536
    assert reserve.release()
    assert not reserve.release()


def test_a_reserve_that_cannot_be_allocated_is_not_held(tmp_path, monkeypatch):
    def refuse(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", refuse)
    assert not Reserve(tmp_path / "reserve", 65_536).take()
    assert list(tmp_path.iterdir()) == []
