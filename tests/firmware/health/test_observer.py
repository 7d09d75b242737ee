"""The observer on real files and processes."""

import subprocess
import sys

import msgspec
import pytest
from desk_moments import AGENT, RECORDER

from config.load import load_desk
from drivers.clock.system import SystemClock
from firmware.health.observer import Observer, look_at_disk, process_exists
from firmware.spool.layout import Layout, recording_path
from firmware.status import RecordingStatus, write_status

CLOCK = SystemClock()


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "desk.toml").write_text('state_dir = "state"\n[desk]\nid = "t-1"\n')
    for folder in Layout(tmp_path / "state").folders():
        folder.mkdir(parents=True)
    return load_desk(tmp_path / "desk.toml")


def tell(settings, status, **fields):
    now_ns = CLOCK.monotonic_ns()
    given = {"boot": CLOCK.boot_id, "mono_ns": now_ns, **fields}
    write_status(Layout(settings.state_path).run, msgspec.structs.replace(status, **given))


def test_nothing_there_yet(settings):
    snapshot = Observer(settings=settings, clock=CLOCK).take()
    assert (snapshot.recorder, snapshot.agent) == (None, None)
    assert not snapshot.recorder_running
    assert snapshot.disk is not None
    assert (snapshot.keys.enrolled, snapshot.keys.audio_recipients, snapshot.keys.desk_key) == (
        True,
        0,
        False,
    )


def test_another_boots_status_and_a_damaged_one_say_nothing(settings):
    observer = Observer(settings=settings, clock=CLOCK)
    tell(settings, RECORDER, boot="another")
    assert observer.take().recorder is None
    tell(settings, AGENT)
    assert observer.take().agent is not None
    (Layout(settings.state_path).run / "agent.json").write_text("{}")
    assert observer.take().agent is None


def test_growth_is_seen_with_its_own_eyes(settings):
    observer = Observer(settings=settings, clock=CLOCK)
    path = recording_path(Layout(settings.state_path).recording, 9)
    recording = RecordingStatus("t-1/9", 9, path.name, 0, 0, CLOCK.monotonic_ns())
    path.write_bytes(b"12345")
    tell(settings, RECORDER, off_hook=True, recording=recording)
    first = observer.take().history.growth
    assert (first.call, first.size_bytes) == ("t-1/9", 5)
    tell(settings, RECORDER, off_hook=True, recording=recording)
    assert observer.take().history.growth == first  # the recorder's word changes nothing
    path.write_bytes(b"123456")
    assert observer.take().history.growth.grown_ns > first.grown_ns
    tell(settings, RECORDER)
    assert observer.take().history.growth.call == ""


def test_a_process_that_is_dead_but_not_buried_does_not_exist():
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    assert process_exists(process.pid)
    process.kill()
    while process_exists(process.pid):  # a zombie until wait()
        pass
    process.wait()
    assert process.stdin is not None
    process.stdin.close()
    assert not process_exists(process.pid)
    assert not process_exists(2**22 + 1)


def test_a_disk_that_does_not_answer(settings):
    assert look_at_disk(settings) is not None
    assert look_at_disk(msgspec.structs.replace(settings, state_dir="/nowhere/at/all")) is None
