"""The panel as it runs: a process of its own, on pins that somebody else looks at."""

import itertools
import os
import signal
from pathlib import Path

import pytest

from firmware.panel.identify import request_identify

S = 1_000_000_000
FAULT_WITHIN_NS = 3 * S  # the design's promise for a critical finding


@pytest.fixture
def ready(rig):
    """A desk that says READY."""
    rig.panel = rig.start_panel()
    rig.recorder = rig.start_recorder()
    rig.wait_situation(8)
    return rig


def green_off_ns(rig, since_ns):
    return next(change.at_ns for change in rig.changes(since_ns, "green") if change.brightness == 0)


def blinks_fast(rig, lamp, since_ns):
    """Five edges, 200 ms apart; a busy machine may be late, never early."""
    rig.wait(f"{lamp} blinks", lambda: len(rig.changes(since_ns, lamp)) >= 6)
    edges = [change.at_ns for change in rig.changes(since_ns, lamp)][1:6]
    return sum(150e6 < later - edge < 250e6 for edge, later in itertools.pairwise(edges)) >= 2


def test_it_tests_its_lamps_then_waits_for_the_recorder_then_says_ready(rig):
    begin_ns = rig.clock.monotonic_ns()
    rig.start_panel()
    rig.wait_situation(2)
    rig.wait(
        "lamp test ends",
        lambda: [change.brightness for change in rig.changes(begin_ns, "red")][-2:] == [1, 0],
    )
    lit = next(change for change in rig.changes(begin_ns, "red") if change.brightness == 1)
    dark = next(change for change in rig.changes(lit.at_ns, "red") if change.brightness == 0)
    assert dark.at_ns - lit.at_ns > 0.95 * S
    assert rig.desk.lamps().amber == 0
    assert rig.status().findings == []
    rig.start_recorder()
    rig.wait_situation(8)
    lamps = rig.desk.lamps()
    assert (lamps.green, lamps.red, lamps.amber) == (1, 0, 0)


def test_red_follows_the_recording_and_every_change_is_in_the_ledger_before(ready):
    lifted_ns = ready.recorder.tell("lift")
    ready.desk.wait_lamp("red")
    replaced_ns = ready.recorder.tell("replace")
    ready.desk.wait_lamp("red", lit=False)
    lit, dark = ready.changes(lifted_ns, "red")
    assert lifted_ns < lit.at_ns < replaced_ns < dark.at_ns
    entries = ready.entries("lamps")
    assert [entry["body"]["situation"] for entry in entries] == [2, 8, 4, 8]
    assert [entry["body"]["recording"] for entry in entries] == ["lamp_test", "off", "on", "off"]
    assert entries[2]["mono_ns"] < lit.at_ns
    assert entries[3]["mono_ns"] < dark.at_ns


def test_a_loop_that_hangs_ends_its_process_and_green_with_it(ready):
    """A pipe that nobody writes to, where a file is read: like a disk that does not answer."""
    hung_ns = ready.clock.monotonic_ns()
    os.mkfifo(ready.layout.run / "identify.json")
    assert ready.panel.wait(20) == 1
    ready.wait("green is out", lambda: ready.desk.lamps().green == 0)
    assert ready.desk.lamps().amber == 1
    assert green_off_ns(ready, hung_ns) - hung_ns < 10 * S


def test_a_killed_recorder_puts_green_out_and_blinks_amber(ready):
    killed_ns = ready.recorder.kill()
    ready.wait_situation(3)
    assert green_off_ns(ready, killed_ns) - killed_ns <= FAULT_WITHIN_NS
    assert blinks_fast(ready, "amber", killed_ns)
    (finding,) = ready.status().findings
    assert (finding.code, finding.severity) == ("not_recording", "critical")
    ready.start_recorder()
    ready.wait_situation(8)
    states = [(entry["body"]["code"], entry["body"]["state"]) for entry in ready.entries("finding")]
    assert states == [
        ("not_recording", "raised"),
        ("process_restarted", "raised"),
        ("not_recording", "cleared"),
    ]


def test_a_hanging_recorder_is_noticed_as_well(ready):
    stopped_ns = ready.clock.monotonic_ns()
    ready.recorder.process.send_signal(signal.SIGSTOP)
    ready.wait_situation(3)
    assert green_off_ns(ready, stopped_ns) - stopped_ns <= FAULT_WITHIN_NS
    ready.recorder.process.send_signal(signal.SIGCONT)
    ready.wait_situation(8)


def test_a_file_that_stops_growing_blinks_red_and_amber(ready):
    ready.recorder.tell("lift")
    ready.wait_situation(4)
    stalled_ns = ready.recorder.tell("stall")
    ready.wait_situation(3)
    assert green_off_ns(ready, stalled_ns) - stalled_ns <= FAULT_WITHIN_NS + S  # grown up to 1 s before
    assert blinks_fast(ready, "red", stalled_ns)
    assert "has not grown" in ready.status().findings[0].detail


def test_a_killed_panel_leaves_green_off_and_amber_to_its_wiring(ready):
    ready.panel.kill()
    ready.desk.wait_lamp("green", lit=False)
    ready.desk.wait_lamp("amber")
    assert ready.desk.lamps().red == 0


def test_a_restarted_panel_remembers_what_it_knew_and_says_that_it_was_restarted(ready):
    ready.recorder.kill()
    ready.wait_situation(3)
    ready.panel.kill()
    ready.panel.wait()
    since = ready.status().findings[0].since
    ready.start_panel()
    ready.wait("restart told", lambda: len(ready.status().findings) == 2)
    first, second = ready.status().findings
    assert (first.code, first.since) == ("not_recording", since)
    assert (second.code, second.detail) == ("process_restarted", "restarted without a clean stop: panel")
    raised = [entry for entry in ready.entries("finding") if entry["body"]["code"] == "not_recording"]
    assert len(raised) == 1


def test_a_clean_stop_is_dark_entered_and_no_restart(ready):
    ready.panel.terminate()
    assert ready.panel.wait(20) == 0
    assert ready.desk.lamps().green == 0
    assert ready.entries("lamps")[-1]["body"] == {
        "ready": "off", "recording": "off", "fault": "on", "situation": 0,
    }  # fmt: skip
    assert ready.status() is None
    ready.recorder.tell("stop")
    ready.recorder.process.wait(20)
    ready.start_panel()
    ready.start_recorder()
    ready.wait_situation(8)
    assert ready.entries("finding") == []


def test_identify_lets_the_lamps_chase_and_then_goes_back(ready):
    begin_ns = ready.clock.monotonic_ns()
    request_identify(ready.layout.run, ready.clock, seconds=1.5)
    ready.wait_situation(1)
    ready.wait_situation(8)
    lit = sorted(
        (change.at_ns, change.lamp)
        for lamp in ("green", "red", "amber")
        for change in ready.changes(begin_ns, lamp)
        if change.brightness == 1
    )
    order = [lamp for _, lamp in lit]
    assert "red amber green red" in " ".join(order)
    assert [entry["body"]["situation"] for entry in ready.entries("lamps")][-2:] == [1, 8]


def test_the_command_becomes_the_panel_without_the_command_lines_libraries(rig):
    process = rig.start_command("panel")
    rig.wait("panel's status", lambda: rig.status() and rig.status().pid == process.pid)
    maps = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert b"firmware.panel" in maps
    process.terminate()
    assert process.wait(20) == 0


def test_a_second_panel_ends_at_once_and_enters_nothing(ready, capfd):
    before = ready.entries("lamps")
    assert ready.start_panel().wait(20) == 1
    assert "another panel runs on this state folder" in capfd.readouterr().err
    assert ready.entries("lamps") == before
    assert ready.panel.poll() is None
    assert ready.status().pid == ready.panel.pid


def test_bad_settings_end_it_with_code_2_and_a_sentence(rig, capfd):
    rig.config.write_text("[lamps]\ngreen_pin = 99\n")
    assert rig.start_panel().wait(20) == 2
    assert "green_pin" in capfd.readouterr().err
