"""`offhook doctor`: each area on a desk that is well and on one that is not."""

import json
import math
import os
from array import array
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from config.load import load_desk
from drivers.clock import ClockQuality
from drivers.clock.system import SystemClock
from firmware.cli.examination import chain, devices, disk, keys, processes
from firmware.cli.examination import time as clock_area
from firmware.cli.examination.item import Item, ok
from firmware.cli.main import main
from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from firmware.ledger import Ledger
from firmware.spool.layout import Layout
from firmware.status import AudioStatus, HookStatus, PanelStatus, ProcessError, RecorderStatus

CLOCK = SystemClock()
WHO = {"pid": os.getpid(), "boot": CLOCK.boot_id, "mono_ns": 1, "started_mono_ns": 1}


@pytest.fixture
def file(tmp_path):
    """Settings of an enrolled desk with its keys, a wav file for a card, and pins in memory."""
    state = tmp_path / "state"
    for folder in (*Layout(state).folders(), state / "keys"):
        folder.mkdir(parents=True)
    (state / "keys").chmod(0o700)
    SigningKey.generate().save(state / "keys" / "desk.pem")
    public = ArchivePrivateKey.generate().public.base64
    made = tmp_path / "desk.toml"
    made.write_text(f"""
state_dir = "state"
receipts_required = 1
[desk]
id = "t-1"
[audio]
driver = "wav_file"
wav_path = "line.wav"
rate_hz = 8000
[gpio]
factory = "mock"
[board]
driver = "generic"
watchdog = ""
[[recipients]]
name = "archive"
public_key = "{public}"
purpose = "both"
""")
    write_tone(tmp_path / "line.wav")
    return made


def write_tone(path, *, amplitude=3000):
    import wave

    samples = array("h", (round(amplitude * math.sin(n / 2)) for n in range(3 * 8000)))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(samples.tobytes())


def states(items):
    return {item.name: item.state for item in items}


def test_the_whole_of_it_says_what_fails_and_what_to_do(file):
    result = CliRunner().invoke(main, ["doctor", "--config", str(file), "--json"])
    items = [Item(**item) for item in json.loads(result.output)]
    assert result.exit_code == 1
    assert {item.area for item in items if item.state == "fail"} == {"keys", "processes", "network"}
    assert all(item.do for item in items if item.state != "ok")
    assert states(items)["sound card"] == "ok"
    text = CliRunner().invoke(main, ["doctor", "--config", str(file)]).output
    assert "FAIL  processes · recorder: it has not run since the machine started" in text
    assert "      -> systemctl restart offhook-recorder" in text
    assert text.splitlines()[-1].endswith("failed")


def test_bad_settings_end_with_2(tmp_path):
    (tmp_path / "desk.toml").write_text("[audio]\nrate_hz = 1\n")
    assert CliRunner().invoke(main, ["doctor", "--config", str(tmp_path / "desk.toml")]).exit_code == 2


def test_keys(file):
    settings = load_desk(file)
    told = states(keys.examine(settings))
    assert told == {"files": "ok", "enrolment": "fail", "desk key": "ok", "recipients": "ok"}
    (settings.keys_path / "desk.pem").chmod(0o644)
    items = list(keys.examine(settings))
    assert states(items)["desk key"] == "fail"
    assert any("chmod 600" in item.found for item in items)


def test_a_listened_second_is_judged(file, tmp_path):
    settings = load_desk(file)
    sound = next(item for item in devices.examine(settings, None, None) if item.name == "sound card")
    assert sound.state == "ok"
    assert "one second heard at -24 dBFS, peak -21 dBFS" in sound.found
    write_tone(tmp_path / "line.wav", amplitude=0)
    silent = next(item for item in devices.examine(settings, None, None) if item.name == "sound card")
    assert (silent.state, "digital silence" in silent.found) == ("warn", True)
    write_tone(tmp_path / "line.wav", amplitude=32767)
    clipped = next(item for item in devices.examine(settings, None, None) if item.name == "sound card")
    assert (clipped.state, "clipped" in clipped.found) == ("warn", True)


def test_a_card_that_is_not_there(file):
    file.write_text(file.read_text().replace("line.wav", "gone.wav"))
    told = states(devices.examine(load_desk(file), None, None))
    assert told["sound card"] == "fail"


def test_what_the_recorder_and_the_panel_hold_is_told_by_them(file):
    settings = load_desk(file)
    recorder = RecorderStatus(
        **WHO, audio=AudioStatus(True, 1, -3000, -2000, "USB card"), hook=HookStatus(True, True)
    )
    panel = PanelStatus(**WHO, situation=8)
    items = {item.name: item for item in devices.examine(settings, recorder, panel)}
    assert "USB card, held by the recorder, -30 dBFS" in items["sound card"].found
    assert items["hook sensor"].found.endswith("handset up")
    assert "situation 8" in items["lamps"].found
    blind = RecorderStatus(**WHO)
    dark = PanelStatus(**WHO, errors=[ProcessError("lamps_missing", "the pins do not answer", 1)])
    assert states(devices.examine(settings, blind, dark)) == {
        "sound card": "fail", "hook sensor": "fail", "line interface": "ok", "lamps": "fail", "board": "ok",
    }  # fmt: skip


def test_a_desk_without_hook_sensor_or_lamps(file):
    file.write_text(file.read_text() + '[hook]\ndriver = "disabled"\n[lamps]\ndriver = "disabled"\n')
    told = states(devices.examine(load_desk(file), None, None))
    assert (told["hook sensor"], told["lamps"]) == ("fail", "warn")


@pytest.mark.parametrize(("step_s", "state"), [(0.004, "ok"), (0.3, "warn"), (6.0, "fail")])
def test_sync_speed_is_judged_by_the_clock_given(file, step_s, state):
    now = [0.0]

    def clock_s():
        now[0] += step_s
        return now[0]

    settings = load_desk(file)
    assert states(disk.examine(settings, clock_s=clock_s))["sync"] == state
    assert not list(settings.state_path.glob(".doctor*"))


def test_a_disk_that_is_not_there(file):
    file.write_text(file.read_text().replace('"state"', '"nowhere"'))
    assert states(disk.examine(load_desk(file))) == {"room": "fail", "sync": "fail"}


def test_a_ledger_that_verifies_and_one_that_does_not(file):
    settings = load_desk(file)
    path = Layout(settings.state_path).ledger
    assert [item.state for item in chain.examine(settings)] == ["warn"]
    key = SigningKey.load(settings.keys_path / "desk.pem")
    with Ledger(path, desk="t-1", clock=CLOCK, key=key) as ledger:
        ledger.append("off_hook", {})
        ledger.checkpoint(off_hook_ms=0, recorded_ms=0)
    (item,) = chain.examine(settings)
    assert (item.state, item.found) == ("ok", "2 entries verify, signed up to 2")
    (settings.keys_path / "desk.pem").unlink()
    SigningKey.generate().save(settings.keys_path / "desk.pem")
    items = list(chain.examine(settings))
    assert [item.state for item in items] == ["fail"]
    path.write_bytes(b"no database" * 1000)
    assert [item.state for item in chain.examine(settings)] == ["fail"]


class Watch:
    boot_id = "b"

    def __init__(self, quality):
        self._quality = quality

    def quality(self):
        return self._quality

    def monotonic_ns(self):
        return 0

    def wall(self):
        return datetime.now(UTC)


@pytest.mark.parametrize(
    ("quality", "state"),
    [
        (ClockQuality("chrony", synced=True, offset_us=50), "ok"),
        (ClockQuality("chrony", synced=True, offset_us=-200_000), "warn"),
        (ClockQuality("none", synced=False, offset_us=None), "warn"),
        (ClockQuality("kernel", synced=None, offset_us=None), "warn"),
    ],
)
def test_the_clock(quality, state):
    assert [item.state for item in clock_area.examine(Watch(quality))] == [state]


def test_what_is_ok_needs_nothing_done_and_the_rest_does():
    with pytest.raises(ValueError, match="what to do"):
        replace(ok("a", "b", "c"), state="fail")
    with pytest.raises(ValueError, match="what to do"):
        replace(ok("a", "b", "c"), do="something")


def test_processes_and_their_findings():
    from firmware.cli.desk_report import report

    found = report(load_desk(), CLOCK)
    assert {item.state for item in processes.examine(found)} == {"fail"}
