"""A disk that fills up while a call runs: a small tmpfs, where this machine lets us mount one."""

import subprocess

import pytest
from recorder_rig import DESK, Rig

from firmware.evidence.recording import EndFrame

MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A folder with room for 6 MiB and nothing else on it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m", "offhook-test", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def full_rig(tmp_path, line, small_disk):
    made = Rig(tmp_path, line, state_dir=small_disk / "state")
    yield made
    made.close()


def fill(folder) -> None:
    """Leave no byte free."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (65_536, 4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def test_a_disk_that_fills_up_ends_the_recording_in_order(full_rig, small_disk):
    rig = full_rig
    rig.start()
    rig.line.lift()
    rig.wait_recording(1.0)
    fill(small_disk)
    status = rig.wait(lambda status: any(error.code == "disk_full" for error in status.errors))
    assert status.off_hook
    rig.wait(lambda status: rig.entries("recording"))
    (recording,) = rig.entries("recording")
    assert (recording.body["call"], recording.body["ended_by"]) == (f"{DESK}/3", "disk_full")
    _, frames, complete = rig.open(3)
    assert complete
    assert isinstance(frames[-1], EndFrame)
    rig.line.wait(1.0)
    rig.line.replace()
    rig.wait(lambda status: not status.off_hook and rig.entries("not_recorded"))
    (rest,) = rig.entries("not_recorded")
    assert (rest.body["call"], rest.body["reason"]) == (f"{DESK}/3", "disk_full")
    assert rest.body["seconds"] >= 1

    rig.line.lift()
    rig.wait(lambda status: status.off_hook)
    rig.line.replace()
    rig.wait(lambda status: not status.off_hook and len(rig.entries("not_recorded")) == 2)
    assert rig.entries("not_recorded")[1].body["reason"] == "disk_full"

    (small_disk / "filler").unlink()
    rig.wait(lambda status: not status.errors)
    rig.line.lift()
    rig.wait_recording(0.5)
    rig.line.replace()
    rig.wait_idle()
    assert rig.entries("recording")[-1].body["ended_by"] == "on_hook"
    assert rig.chain().whole
    assert rig.stop() == 0


def test_a_full_disk_is_waited_for_at_the_start(full_rig, small_disk):
    rig = full_rig
    for folder in rig.layout.folders():
        folder.mkdir(parents=True)
    fill(small_disk)
    rig.start(ready=False)
    rig.wait_log("code=ledger_blocked")
    (small_disk / "filler").unlink()
    rig.wait(lambda status: status.state == "on_hook" and not status.errors)
    assert rig.kinds()[0] == "boot"
    assert rig.stop() == 0


def test_at_the_start_the_reserve_lets_the_desk_say_that_it_cannot_record(full_rig, small_disk):
    rig = full_rig
    rig.start()
    assert rig.stop() == 0
    assert rig.layout.reserve.exists()
    fill(small_disk)
    rig.start()
    rig.wait(lambda status: any(error.code == "disk_full" for error in status.errors))
    rig.line.lift()
    rig.wait(lambda status: status.off_hook)
    rig.line.replace()
    rig.wait(lambda status: not status.off_hook and rig.entries("not_recorded"))
    assert rig.entries("not_recorded")[0].body["reason"] == "disk_full"
