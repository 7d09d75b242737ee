"""Recorder and panel together on the virtual line: from the handset to the lamp."""

import pytest

S = 1_000_000_000
FAULT_WITHIN_NS = 3 * S


@pytest.fixture
def ready(rig):
    rig.recorder = rig.start_real_recorder()
    rig.start_panel()
    rig.wait_situation(8)
    yield rig
    if rig.desk.status().off_hook:
        rig.desk.replace()
    rig.desk.heal_card()
    rig.desk.restore()


def green_off_ns(rig, since_ns):
    rig.desk.wait_lamp("green", lit=False)
    return next(change.at_ns for change in rig.changes(since_ns, "green") if change.brightness == 0)


def test_red_follows_the_handset(ready):
    lifted = ready.desk.lift()
    ready.desk.wait_lamp("red")
    red_ns = next(change.at_ns for change in ready.changes(lifted.at_ns, "red") if change.brightness == 1)
    assert red_ns - lifted.at_ns < S  # the figure itself is measured by the benchmark
    ready.desk.replace()
    ready.desk.wait_lamp("red", lit=False)
    assert ready.status().findings == []


def test_a_recorder_killed_in_a_call_shows_within_3_s_and_comes_back(ready):
    ready.desk.lift()
    ready.wait_situation(4)
    killed_ns = ready.clock.monotonic_ns()
    ready.recorder.kill()
    assert green_off_ns(ready, killed_ns) - killed_ns <= FAULT_WITHIN_NS
    ready.wait_situation(3)
    ready.start_real_recorder()
    ready.wait_situation(4)


def test_a_sound_card_that_hangs_is_a_fault_and_heals(ready):
    hung = ready.desk.hang_card()
    assert green_off_ns(ready, hung.at_ns) - hung.at_ns <= FAULT_WITHIN_NS
    ready.wait_situation(3)
    assert "audio_missing" in [finding.code for finding in ready.status().findings]
    ready.desk.heal_card()
    ready.wait_situation(8)
