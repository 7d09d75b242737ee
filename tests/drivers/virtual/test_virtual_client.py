"""The process and its clients: start, attach, the shell, errors, the end."""

import inspect
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.virtual import wire
from drivers.virtual.actions import Actions
from drivers.virtual.client import VirtualDesk
from drivers.virtual.errors import DeskEndedError, VerbRefusedError
from drivers.virtual.options import Options, flags
from drivers.virtual.process import DeskProcess, read_ready
from drivers.virtual.shell import main as shell
from drivers.virtual.sound.card import sweep
from drivers.virtual.verbs import Verbs


def test_a_verb_takes_effect_within_the_lead(desk: Callable) -> None:
    made = desk()
    before = made.truth()
    lifted = made.lift()
    after = made.truth()
    assert before.head_sample <= lifted.sample <= after.head_sample
    assert lifted.at_ns == before.at_ns(lifted.sample)
    assert lifted.sample - before.shown_sample <= 8 * (made.options.lead_ms + 100)


def test_a_scheduled_verb_takes_effect_at_its_sample_and_not_in_the_past(desk: Callable) -> None:
    made = desk()
    sample = made.truth().head_sample + 4001
    assert made.at(sample).lift().sample == sample
    with pytest.raises(VerbRefusedError, match="has been written"):
        made.at(sample).replace()
    hook = [e for e in made.events() if e["event"] == "hook"]
    assert [e["sample"] for e in hook] == [sample]


def test_clients_attach_and_wait_apart_from_each_other(desk: Callable) -> None:
    made = desk(card_name="usb-second")
    with VirtualDesk.attach(made.directory) as other:
        assert other.options.card_name == "usb-second"
        assert other.environment() == made.environment()
        assert other.settings() == made.settings()
        other.lift()
        assert made.status().off_hook
    assert made.status().line == "dial_tone"


def test_the_shell_has_the_same_verbs(desk: Callable, capsys: pytest.CaptureFixture) -> None:
    made = desk()
    assert shell([str(made.directory), "lift"]) == 0
    assert json.loads(capsys.readouterr().out)["sample"] > 0
    assert shell([str(made.directory), "dial", "123", "on_ms=60"]) == 0
    assert json.loads(capsys.readouterr().out)["end_sample"] > 0
    assert shell([str(made.directory), "lift"]) == 1
    assert "lifted already" in capsys.readouterr().err
    assert shell([str(made.directory), "whistle"]) == 1
    assert "no such verb" in capsys.readouterr().err
    assert shell([str(made.directory), "lift", "now"]) == 1
    assert "too much: now" in capsys.readouterr().err
    assert shell([]) == 2
    assert "ring" in capsys.readouterr().out


def test_arguments_of_the_wrong_kind_are_refused(desk: Callable) -> None:
    made = desk()
    for verb, arguments in (("wait", {"seconds": "soon"}), ("lift", {"high": 1}), ("gain", {}), ("_do", {})):
        with pytest.raises(VerbRefusedError):
            made.send(dict, wire.Request(verb, arguments))
    with wire.connect(made.directory) as raw:
        raw.sendall(b"not json\n")
        assert b"not a request" in raw.recv(4096)
        raw.sendall(b'{"verb":"status"}\n{"verb":"wait","arguments":{"seconds":0.05}}\n{"verb":"status"}\n')
        got = b""
        while got.count(b"\n") < 3:
            got += raw.recv(4096)
        assert b'"error":""' in got.splitlines()[2]


def test_a_wait_for_a_lamp_that_does_not_light_ends(desk: Callable) -> None:
    made = desk()
    with pytest.raises(VerbRefusedError, match=r"red did not light in 0.1 s"):
        made.wait_lamp("red", timeout_s=0.1)
    with pytest.raises(VerbRefusedError, match="not in state busy"):
        made.wait_line("busy", timeout_s=0.1)


def test_it_removes_what_it_made_when_it_ends(desk: Callable) -> None:
    made = desk()
    memory = Path(read_ready(made.directory).card_memory)
    assert memory.exists()
    os.kill(made.pid, signal.SIGTERM)
    with pytest.raises(DeskEndedError):
        made.wait(60)
    made.stop()
    left = {path.name for path in made.directory.iterdir()}
    assert left == {"truth.jsonl", "truth.wav", "asound.conf", "virtual-desk.log"}
    assert not memory.exists()


def test_what_a_killed_desk_left_is_removed_by_who_started_it(desk: Callable) -> None:
    made = desk()
    memory = Path(read_ready(made.directory).card_memory)
    os.kill(made.pid, signal.SIGKILL)
    with pytest.raises(DeskEndedError):
        made.wait(60)
    assert memory.exists()
    made.stop()
    assert not memory.exists()
    assert not (made.directory / "tty-line").is_symlink()


def test_it_ends_when_the_process_that_started_it_dies(tmp_path: Path) -> None:
    program = (
        "import sys,time; from drivers.virtual.client import VirtualDesk\n"
        "d = VirtualDesk(sys.argv[1]).start(); print(d.pid, flush=True); time.sleep(100)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-P", "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert int(parent.stdout.readline()) > 0
    desk = VirtualDesk.attach(tmp_path)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    with pytest.raises(DeskEndedError):
        desk.wait(60)
    desk.stop()
    assert not (tmp_path / "ready.json").exists()


def test_a_directory_without_a_desk_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DeskEndedError, match="no virtual desk runs"):
        VirtualDesk.attach(tmp_path)
    with pytest.raises(DeskEndedError, match="not connected"):
        VirtualDesk(tmp_path).lift()


def test_a_desk_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(DeskEndedError, match=r"must be one of .*cn, .*uk, us"):
        VirtualDesk(tmp_path, Options(line="atlantis")).start()
    with pytest.raises(DeskEndedError, match="card name"):
        VirtualDesk(tmp_path, Options(card_name="hw:1,0")).start()
    with VirtualDesk(tmp_path / "first") as first:
        taken = int(first.environment()["PIGPIO_PORT"])
        second = VirtualDesk(tmp_path / "second", Options(pigpio_port=taken))
        with pytest.raises(DeskEndedError, match="Address already in use"):
            second.start()


def test_a_desk_that_cannot_start_leaves_no_memory(tmp_path: Path) -> None:
    failing = DeskProcess(tmp_path, Options(card_name="hw:1,0"))
    with pytest.raises(DeskEndedError, match="card name"):
        failing.wait_ready()
    assert not list(Path("/dev/shm").glob(f"offhook-card-{failing.pid}-*"))


def test_the_memory_of_a_killed_desk_is_swept_by_the_next(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, kept = tmp_path / f"offhook-card-{dead.pid}-00", tmp_path / f"offhook-card-{os.getpid()}-00"
    left.touch()
    kept.touch()
    sweep(tmp_path)
    assert not left.exists()
    assert kept.exists()


def test_a_long_directory_is_no_obstacle(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    with VirtualDesk(deep, Options(interface="disabled")) as made:
        assert made.status().line == "idle"


def test_flags_say_what_differs() -> None:
    assert flags(Options()) == []
    assert flags(Options(line="us", answer_reversal=True)) == ["--line", "us", "--answer-reversal", "true"]


def test_the_clients_verbs_are_those_of_the_process() -> None:
    asked = {name: verb for name, verb in vars(Verbs).items() if not name.startswith("_")}
    done = {name: verb for name, verb in vars(Actions).items() if not name.startswith("_")}
    assert set(asked) == set(done)
    for name, verb in asked.items():
        takes = set(inspect.signature(verb).parameters) - {"wait" if name == "say" else ""}
        assert takes == set(inspect.signature(done[name]).parameters), name


def test_every_fault_verb_goes_through_the_socket(desk: Callable) -> None:
    made = desk()
    moments = [
        made.hum(), made.restore(), made.gain(-6), made.silence(), made.one_sided("agent"), made.restore(),
        made.cut(), made.restore(), made.hang_card(), made.heal_card(), made.zero_card(),
        made.freeze_card(), made.heal_card(), made.unplug_serial(), made.plug_serial(),
        made.reverse_polarity(), made.hush("agent"),
    ]  # fmt: skip
    assert [m.sample for m in moments] == sorted(m.sample for m in moments)
    assert [e["kind"] for e in made.events() if e["event"] == "fault"][:3] == ["hum", "restored", "gain"]
