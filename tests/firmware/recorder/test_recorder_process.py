"""The recorder process at the virtual desk: whole calls, and whatever is missing or taken away."""

import hashlib
import sqlite3
import subprocess
import sys
from datetime import timedelta

import pytest
from recorder_rig import DESK, Rig

from firmware.evidence.entry import open_details
from firmware.evidence.recording import AudioFrame, EndFrame, EventFrame
from firmware.evidence.times import parse_utc

NUMBER = "13800138000"


def call(rig: Rig, seconds: float = 2.0) -> None:
    rig.line.lift()
    rig.wait_recording()
    rig.line.wait(seconds)
    rig.line.replace()
    rig.wait_idle()


def test_a_whole_call(rig):
    rig.start()
    rig.wait(lambda status: status.preroll_ms == 2000)
    assert rig.status().ledger_seq > 0
    call(rig)
    assert rig.stop() == 0
    kinds = rig.kinds()
    assert kinds == [
        "boot", "checkpoint", "off_hook", "on_hook", "recording", "checkpoint", "shutdown", "checkpoint",
    ]  # fmt: skip
    report = rig.chain()
    assert report.whole
    assert (report.checkpoints, report.unaccounted) == (3, ())

    (recording,) = rig.entries("recording")
    data = (rig.layout.waiting / "000000000003.ohr").read_bytes()
    body = recording.body
    assert (body["size"], body["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert (body["call"], body["ended_by"], body["lost_samples"]) == (f"{DESK}/3", "on_hook", 0)
    header, frames, complete = rig.open(3)
    assert complete
    assert header.call == f"{DESK}/3"
    assert body["frames"] == len(frames)
    end = frames[-1]
    assert isinstance(end, EndFrame)
    assert end.number("samples") == body["samples"]
    # Pre-roll, the call, and the tail after it; just started, the card's clock is known to 100 ms.
    off_hook_ms = rig.entries("on_hook")[0].body["off_hook_ms"]
    assert body["samples"] == pytest.approx(8 * (2000 + off_hook_ms + 800), abs=800)
    packets = sum(len(frame.packets) for frame in frames if isinstance(frame, AudioFrame))
    assert packets * 160 == pytest.approx(body["samples"], abs=400)
    events = [(frame.kind, frame.at_ms) for frame in frames if isinstance(frame, EventFrame)]
    assert [kind for kind, _ in events] == ["off_hook", "on_hook"]
    assert events[0][1] == pytest.approx(2000, abs=100)
    # The clean stop leaves no status; the checkpoint covers the call.
    assert rig.status() is None
    checkpoint = rig.entries("checkpoint")[1].body
    assert checkpoint["off_hook_ms"] == off_hook_ms
    assert checkpoint["recorded_ms"] == pytest.approx(off_hook_ms, abs=100)


def test_numbers_are_sealed_and_stand_nowhere_in_clear(rig):
    rig.start()
    rig.line.ring(number=NUMBER, name="LI LEI")
    rig.wait(lambda status: status.state == "ringing")
    rig.line.wait(4.0)
    call(rig, 1.0)
    (recording,) = rig.entries("recording")
    details = open_details(rig.archive, DESK, recording.seq, recording.body["details"])
    assert [one["digits"] for one in details["numbers"]] == [NUMBER]
    assert details["numbers"][0]["role"] == "caller"
    (on_hook,) = rig.entries("on_hook")
    assert (on_hook.body["direction"], on_hook.body["outcome"]) == ("incoming", "answered")
    (ring,) = rig.entries("ring")
    assert ring.body["answered"] is True
    assert ring.body["bursts"] == on_hook.body["rings_before_answer"] >= 1
    assert NUMBER not in rig.written()
    assert "LI LEI" not in rig.written()


def test_a_flash_is_inside_the_call(rig):
    rig.start()
    rig.line.lift()
    rig.wait_recording()
    rig.line.flash()
    rig.wait(lambda status: status.state in ("held", "dialling") and rig.entries("flash"))
    rig.line.replace()
    rig.wait_idle()
    assert len(rig.entries("off_hook")) == len(rig.entries("recording")) == 1
    _, frames, _ = rig.open(rig.entries("off_hook")[0].seq)
    assert "flash" in [frame.kind for frame in frames if isinstance(frame, EventFrame)]


def test_killed_in_a_call_it_comes_back_and_goes_on_recording(rig):
    rig.start()
    rig.line.lift()
    before = rig.wait_recording(4.0)
    rig.kill()
    size = (rig.layout.recording / "000000000003.ohr").stat().st_size
    rig.start(ready=False)
    rig.wait_recording()
    (interrupted,) = rig.entries("recording")
    assert (interrupted.body["call"], interrupted.body["ended_by"]) == (f"{DESK}/3", "process_lost")
    assert before.recording.durable_bytes <= interrupted.body["size"] <= size
    assert interrupted.body["samples"] >= before.recording.durable_samples
    assert [entry.body["previous"] for entry in rig.entries("boot")] == ["clean", "lost"]
    again = rig.entries("off_hook")[1]
    assert again.body["resumes"] == f"{DESK}/3"
    rig.line.replace()
    rig.wait_idle()
    assert rig.stop() == 0
    assert rig.chain().whole
    assert not rig.chain().unaccounted
    _, frames, complete = rig.open(3)
    assert not complete
    assert len(frames) == interrupted.body["frames"]
    assert rig.open(again.seq)[2]
    assert len(rig.entries("recording")) == 2


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_every_second_off_hook_between_two_runs_is_entered(rig, end):
    """With the handset up all the while: recorded, or an entry says for how long not."""
    rig.start()
    lifted_ns = rig.line.lift().at_ns
    rig.wait_recording(2.0)
    getattr(rig, end)()
    rig.line.wait(3.0)
    rig.start(ready=False)
    rig.wait_recording(1.0)
    replaced_ns = rig.line.replace().at_ns
    rig.wait_idle()
    first, again = rig.entries("off_hook")
    (lapse,) = rig.entries("not_recorded")
    reason = {"kill": "process_lost", "stop": "shutdown"}[end]
    assert (lapse.body["call"], lapse.body["reason"]) == (again.body["resumes"], reason)
    assert lapse.seq > again.seq > first.seq
    assert lapse.body["seconds"] >= 3
    told_ms = [(entry.body["off_hook_ms"], entry.body["recorded_ms"]) for entry in rig.entries("checkpoint")]
    off_hook_ms, recorded_ms = (sum(column) for column in zip(*told_ms, strict=True))
    assert abs(off_hook_ms - (replaced_ns - lifted_ns) / 1e6) < 300
    assert off_hook_ms - recorded_ms >= 3000
    assert rig.chain().whole
    assert not rig.chain().unaccounted


def test_a_handset_found_down_resumes_no_call(rig):
    rig.start()
    rig.line.lift()
    rig.wait_recording(1.0)
    rig.kill()
    rig.line.replace()
    rig.line.wait(0.2)
    rig.start()
    call(rig, 0.5)
    assert "resumes" not in rig.entries("off_hook")[1].body
    assert not rig.entries("not_recorded")


def test_stopped_in_a_call_the_recording_ends_properly(rig):
    rig.start()
    rig.line.lift()
    rig.wait_recording(3.0)
    assert rig.stop() == 0
    (recording,) = rig.entries("recording")
    assert recording.body["ended_by"] == "shutdown"
    assert rig.open(3)[2]
    assert rig.kinds()[-2:] == ["shutdown", "checkpoint"]
    assert not rig.chain().unaccounted


def test_without_a_recipient_key_the_call_is_entered_as_not_recorded(rig):
    rig.write_settings(recipients=False)
    rig.start()
    status = rig.wait(lambda status: status.errors)
    assert [error.code for error in status.errors] == ["keys_missing"]
    assert "enrol" in status.errors[0].detail
    rig.line.lift()
    rig.wait(lambda status: status.off_hook)
    rig.line.wait(1.2)
    rig.line.replace()
    rig.wait_idle()
    (entry,) = rig.entries("not_recorded")
    assert (entry.body["call"], entry.body["reason"]) == (f"{DESK}/3", "keys_missing")
    assert entry.body["seconds"] >= 1
    assert not rig.entries("recording")
    assert rig.entries("checkpoint")[-1].body["recorded_ms"] == 0
    assert rig.entries("checkpoint")[-1].body["off_hook_ms"] > 1000


def test_a_missing_card_is_said_at_once_and_taken_when_it_comes(rig):
    rig.line.unplug_card()
    rig.start(ready=False)
    status = rig.wait(lambda status: any(error.code == "audio_missing" for error in status.errors))
    assert not status.audio.present
    rig.line.lift()
    rig.wait(lambda status: status.off_hook)
    rig.line.plug_card()
    rig.wait_recording(1.0)
    status = rig.wait(lambda status: not status.errors)
    assert status.audio.present
    rig.line.replace()
    rig.wait_idle()
    (recording,) = rig.entries("recording")
    assert recording.body["gaps"] == 1
    assert recording.body["lost_samples"] > 0
    assert rig.open(3)[2]


def test_a_wrong_device_name_is_named_and_waited_for(rig):
    rig.write_settings(audio={"device": "no such card"})
    rig.start(ready=False)
    status = rig.wait(lambda status: any(error.code == "audio_missing" for error in status.errors))
    assert "no such card" in status.errors[0].detail
    assert rig.stop() == 0


def test_a_key_that_others_can_read_is_said_and_recording_goes_on(rig):
    key = rig.layout.state_dir / "keys" / "desk.pem"
    key.chmod(0o644)
    rig.start()
    status = rig.wait(lambda status: status.errors)
    assert [error.code for error in status.errors] == ["desk_key_missing"]
    assert "chmod 600" in status.errors[0].detail
    rig.line.lift()
    rig.wait_recording(1.0)
    rig.line.replace()
    rig.wait(lambda status: not status.off_hook and rig.entries("recording"))
    assert not rig.entries("checkpoint")
    assert rig.stop() == 0


def test_a_broken_ledger_is_set_aside_and_calls_go_on(rig):
    rig.start()
    call(rig, 0.5)
    assert rig.stop() == 0
    rig.layout.ledger.write_bytes(b"rotten" * 1000)
    for name in ("-wal", "-shm"):
        rig.layout.ledger.with_name(rig.layout.ledger.name + name).unlink(missing_ok=True)
    rig.start()
    assert [error.code for error in rig.status().errors] == ["ledger_broken"]
    call(rig, 0.5)
    first = rig.entries()[0]
    assert (first.kind, first.body["code"], first.seq) == ("finding", "ledger_broken", 1_000_000)
    assert rig.entries("recording")[-1].body["call"] == f"{DESK}/{rig.entries('off_hook')[-1].seq}"
    assert (rig.layout.state_dir / "ledger.broken-1.sqlite3").read_bytes() == b"rotten" * 1000


def test_a_ledger_that_is_gone_gives_no_number_twice(rig):
    """Else the new call 3 would be given the recording of the old one."""
    rig.start()
    call(rig, 0.5)
    assert rig.stop() == 0
    old = (rig.layout.waiting / "000000000003.ohr").read_bytes()
    for path in rig.layout.state_dir.glob("ledger.sqlite3*"):
        path.unlink()
    rig.start()
    assert [error.code for error in rig.status().errors] == ["ledger_broken"]
    call(rig, 0.5)
    (off_hook,), (recording,) = rig.entries("off_hook"), rig.entries("recording")
    assert off_hook.seq > 1_000_000
    assert recording.body["call"] == f"{DESK}/{off_hook.seq}"
    assert (rig.layout.waiting / "000000000003.ohr").read_bytes() == old


def test_a_stop_that_loses_entries_is_no_clean_one(rig):
    rig.start()
    holder = sqlite3.connect(rig.layout.ledger, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    rig.line.lift()
    rig.wait(lambda status: any(error.code == "ledger_blocked" for error in status.errors))
    assert rig.stop() == 1
    holder.execute("ROLLBACK")
    holder.close()
    assert "entries could not be written" in rig.log.read_text()
    assert rig.status() is not None  # left behind, as by a recorder that was lost


def test_a_blocked_ledger_delays_the_entry_and_the_call_is_named_when_it_can_be(rig):
    """Another process sits on the write lock: no number, no name, and so no recording until it lets go."""
    rig.start()
    holder = sqlite3.connect(rig.layout.ledger, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    rig.line.lift()
    status = rig.wait(lambda status: any(error.code == "ledger_blocked" for error in status.errors))
    assert status.off_hook
    assert status.call == ""
    holder.execute("ROLLBACK")
    holder.close()
    rig.wait_recording(1.0)
    rig.wait(lambda status: not status.errors)
    rig.line.replace()
    rig.wait_idle()
    (off_hook,) = rig.entries("off_hook")
    (recording,) = rig.entries("recording")
    assert parse_utc(off_hook.body["lifted_at"]) < parse_utc(off_hook.at) - timedelta(seconds=2)
    # What capture still had of the time before the entry is in the recording.
    assert parse_utc(recording.body["started"]) < parse_utc(off_hook.body["lifted_at"])
    assert not rig.entries("not_recorded")


def test_a_disk_that_refuses_the_recording_is_said_and_entered(rig):
    rig.start()
    rig.layout.recording.rmdir()
    rig.line.lift()
    rig.wait(lambda status: any(error.code == "disk_error" for error in status.errors))
    rig.line.replace()
    rig.wait_idle()
    (entry,) = rig.entries("not_recorded")
    assert entry.body["reason"] == "disk_error"
    rig.layout.recording.mkdir()
    call(rig, 0.3)
    assert rig.entries("recording")[0].body["ended_by"] == "on_hook"
    assert not rig.status().errors


def test_a_thread_that_fails_ends_the_process(rig):
    """A file of that name cannot be, and capture has no rule for it; the next process accounts for it."""
    rig.start()
    strange = rig.layout.waiting / "000000000003.ohr"
    strange.write_bytes(b"")
    rig.line.lift()
    assert rig.process.wait(20) == 1
    assert "event=worker_failed" in rig.log.read_text()
    assert rig.kinds()[-2:] == ["shutdown", "checkpoint"]
    assert rig.entries("shutdown")[0].body["reason"] == "worker_failed"
    rig.start(ready=False)
    rig.wait_recording()
    rig.line.replace()
    rig.wait_idle()
    assert not rig.chain().unaccounted


def start_and_fail(rig: Rig) -> tuple[int, str]:
    command = [sys.executable, "-P", "-m", "firmware.recorder", "--config", str(rig.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


def test_a_desk_that_is_not_enrolled_says_how(rig):
    rig.write_settings(desk={"id": ""})
    code, said = start_and_fail(rig)
    assert code == 2
    assert "offhook enrol" in said


def test_an_unknown_setting_is_named(rig):
    rig.write_settings(audio={"devise": "x"})
    code, said = start_and_fail(rig)
    assert code == 2
    assert "audio.devise is not a setting; did you mean device?" in said


def test_a_second_recorder_is_refused(rig):
    rig.start()
    code, said = start_and_fail(rig)
    assert code == 1
    assert "another recorder runs" in said
    rig.wait(lambda status: True)
