"""`offhook status`: what it says of a desk at work, of a dead one and of one that never ran."""

import json
import os

import pytest
from click.testing import CliRunner

from drivers.clock.system import SystemClock
from firmware.cli.main import main
from firmware.evidence.times import format_utc
from firmware.ledger import Ledger
from firmware.spool.layout import Layout, recording_path
from firmware.status import (
    AgentStatus,
    AudioStatus,
    FindingStatus,
    HookStatus,
    LampPatterns,
    PanelStatus,
    RecorderStatus,
    RecordingStatus,
    ReplicaStatus,
    write_status,
)

CLOCK = SystemClock()
FINDING = FindingStatus(
    "disk_low", "major", "2026-11-22T08:00:00.123456Z", "Get a disk.", "换存储卡。", detail="12 % [free]"
)


@pytest.fixture
def layout(tmp_path):
    (tmp_path / "desk.toml").write_text('state_dir = "state"\n[desk]\nid = "t-1"\n')
    made = Layout(tmp_path / "state")
    for folder in made.folders():
        folder.mkdir(parents=True)
    return made


def told(layout, *arguments):
    file = str(layout.state_dir.parent / "desk.toml")
    return CliRunner().invoke(main, ["status", "--config", file, *arguments], env={"COLUMNS": "160"})


def write(layout, *, pid=None, age_s=0.0, findings=(FINDING,)):
    """All three processes, in a call, `age_s` ago."""
    mono_ns = CLOCK.monotonic_ns() - round(age_s * 1e9)
    who = {
        "pid": os.getpid() if pid is None else pid,
        "boot": CLOCK.boot_id,
        "mono_ns": mono_ns,
        "started_mono_ns": mono_ns - 1000,
    }
    recorder = RecorderStatus(
        **who,
        state="talking",
        off_hook=True,
        call="t-1/7",
        recording=RecordingStatus("t-1/7", 7, "000000000007.ohr", 9000, 24_000, mono_ns),
        audio=AudioStatus(True, mono_ns, -2345, -1000, "card"),
        hook=HookStatus(True, True),
        off_hook_ms_today=100_000,
        recorded_ms_today=99_500,
    )
    replicas = {"a": ReplicaStatus(mqtt=True, https=True, backlog=2)}
    agent = AgentStatus(**who, replicas=replicas, waiting=3, oldest_unreceipted_s=61)
    panel = PanelStatus(
        **who, situation=5, lamps=LampPatterns("on", "on", "blinks_3"), findings=list(findings)
    )
    for status in (recorder, agent, panel):
        write_status(layout.run, status)


def enter_calls(layout, count):
    with Ledger(layout.ledger, desk="t-1", clock=CLOCK) as ledger:
        for number in range(count):
            off_hook = ledger.append("off_hook", {})
            at = format_utc(CLOCK.wall())
            ledger.append("recording", {
                "call": f"t-1/{off_hook.seq}", "sha256": "0" * 64, "size": 10, "frames": 3,
                "samples": 8000 * (number + 1), "lost_samples": 4000, "gaps": 1,
                "started": at, "ended": at, "ended_by": "on_hook",
            })  # fmt: skip
        off_hook = ledger.append("off_hook", {})
        ledger.append("not_recorded", {"call": f"t-1/{off_hook.seq}", "reason": "disk_full", "seconds": 9})


def test_a_desk_in_a_call(layout):
    write(layout)
    result = told(layout)
    assert result.exit_code == 1  # there is a finding
    for words in (
        "READY on", "RECORDING on", "FAULT blinks 3", "recording, something needs attention",
        "call t-1/7, 3 s safe on disk", "level -23 dBFS", "disk_low", "Get a disk. (12 % [free])",
        "Coverage today 99.5 %", "Backlog 3 recordings, the oldest for 61 s", "none in the ledger yet",
    ):  # fmt: skip
        assert words in result.output.replace("there is no ledger yet", "none in the ledger yet"), words


def test_a_well_desk_ends_with_0_and_json_says_all(layout):
    write(layout, findings=())
    result = told(layout, "--json")
    found = json.loads(result.output)
    assert result.exit_code == 0
    assert found["well"] is True
    assert found["coverage"] == {"off_hook_s": 100.0, "recorded_s": 99.5, "percent": 99.5}
    assert found["running"] == "t-1/7"
    assert [line["state"] for line in found["processes"]] == ["runs", "runs", "runs"]
    assert found["free_hours"] > 0


def test_texts_follow_the_language_of_the_settings(layout):
    file = layout.state_dir.parent / "desk.toml"
    file.write_text(file.read_text() + 'language = "zh"\n')
    write(layout)
    assert "换存储卡" in told(layout).output


def test_a_dead_desk_is_never_shown_as_well(layout):
    write(layout, pid=2**22 - 1, findings=())
    result = told(layout, "--json")
    found = json.loads(result.output)
    assert result.exit_code == 1
    assert (found["situation"], found["lamps"]["amber"], found["lamps"]["green"]) == (0, "on", "off")
    assert {line["state"] for line in found["processes"]} == {"gone"}
    assert (found["state"], found["running"], found["level_dbfs"]) == ("unknown", "", None)
    assert "not_recording" in found["cannot_tell"]


def test_a_silent_desk_and_one_that_never_ran(layout):
    write(layout, age_s=60)
    assert {line["state"] for line in json.loads(told(layout, "--json").output)["processes"]} == {"silent"}
    for path in layout.run.iterdir():
        path.unlink()
    result = told(layout)
    assert result.exit_code == 1
    assert "the panel does not run" in result.output
    assert "Coverage today unknown" in result.output


def test_past_calls_newest_first_with_where_they_lie(layout):
    enter_calls(layout, 12)
    recording_path(layout.waiting, 23).touch()
    layout.receipt(23, "a").touch()
    calls = json.loads(told(layout, "--json").output)["calls"]
    assert len(calls) == 10
    assert (calls[0]["call"], calls[0]["where"], calls[0]["outcome"]) == (
        "t-1/25", "", "not recorded: disk_full",
    )  # fmt: skip
    assert (calls[1]["call"], calls[1]["where"], calls[1]["receipts"]) == ("t-1/23", "waiting", 1)
    assert (calls[1]["seconds"], calls[1]["lost_s"]) == (12.0, 0.5)
    assert (calls[2]["call"], calls[2]["where"]) == ("t-1/21", "gone")
    assert "t-1/23" in told(layout).output


def test_a_damaged_ledger_is_told(layout):
    layout.ledger.write_bytes(b"no database" * 1000)
    found = json.loads(told(layout, "--json").output)
    assert found["calls"] == []
    assert str(layout.ledger) in found["calls_problem"]


def test_watching_shows_a_page_and_with_json_each_change(layout, monkeypatch):
    from firmware.cli import status

    looks = []

    def sleep(_):
        looks.append(1)
        if len(looks) == 2:
            write(layout, age_s=60)
        if len(looks) > 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(status, "REFRESH_S", 0)
    monkeypatch.setattr("time.sleep", sleep)
    result = told(layout, "--watch")
    assert result.exit_code == 0
    assert "the panel does not run" in result.output
    for path in layout.run.iterdir():
        path.unlink()
    looks.clear()
    lines = told(layout, "--watch", "--json").output.splitlines()
    assert {process["state"] for line in lines for process in json.loads(line)["processes"]} == {
        "never",
        "silent",
    }
