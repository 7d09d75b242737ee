"""Scenario files: all that are shipped run, each on a desk of its own, side by side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drivers.virtual.client import VirtualDesk
from drivers.virtual.errors import VirtualDeskError
from drivers.virtual.options import Options
from drivers.virtual.scenario import load_scenario, main, run_scenario, sound_files

SCENARIOS = Path(__file__).parents[3] / "hil_tests" / "scenarios"
STATES = {
    "incoming_answered": ["ringing", "talking", "released", "idle"],
    "outgoing_answered": ["dial_tone", "dialling", "routing", "ringback", "talking", "idle"],
    "incoming_unanswered": ["ringing", "idle"],
    "outgoing_busy": ["dial_tone", "dialling", "routing", "busy", "idle"],
    "flash_transfer": [
        "ringing",
        "talking",
        "dial_tone",
        "dialling",
        "routing",
        "ringback",
        "talking",
        "idle",
    ],
    "left_off_hook": ["ringing", "talking", "released", "howler", "idle"],
    "cut_during_call": ["ringing", "talking", "cut", "dial_tone", "idle"],
}


def run(path: Path, folder: Path, voices: dict) -> tuple[list, list[str]]:
    scenario = load_scenario(path)
    with VirtualDesk(folder / path.stem, Options(line=scenario.line)) as desk:
        done = run_scenario(desk, scenario, voices)
        desk.wait_line("idle")
        return done, [e["state"] for e in desk.events() if e["event"] == "line"]


def test_every_scenario_takes_the_line_through_its_states(tmp_path: Path, voice: Callable) -> None:
    voices = {"agent": [voice(11, seconds=1)], "customer": [voice(12, seconds=2)]}
    paths = {path.stem: path for path in SCENARIOS.glob("*.toml")}
    assert set(paths) == set(STATES)
    with ThreadPoolExecutor(len(paths)) as side_by_side:
        runs = {name: side_by_side.submit(run, path, tmp_path, voices) for name, path in paths.items()}
    for name, ran in runs.items():
        done, states = ran.result()
        assert states == STATES[name], name
        steps = load_scenario(paths[name]).step
        for before, after, step, last in zip(done, done[1:], steps[1:], steps, strict=False):
            begin = before.end_sample if last.until_end else before.sample
            if step.after_s > 0.1:
                assert abs(after.sample - begin - round(step.after_s * 8000)) <= (
                    8000 if step.verb in {"dial", "wait_line"} else 0
                ), (name, step)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('about = "x"\n[[step]]\nverb = "fly"\n', "not one of the virtual desk's"),
        ('about = "x"\n[[step]]\nverb = "lift"\nafter = 1\n', "after"),
        ('about = "x"\n[[step]]\nverb = "lift"\nafter_s = -1\n', "after_s must be"),
        ("about = ", "s.toml"),
    ],
)
def test_a_bad_file_is_named_with_its_fault(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(VirtualDeskError, match=words):
        load_scenario(tmp_path / "s.toml")


def test_speech_without_voices_is_refused(tmp_path: Path) -> None:
    scenario = load_scenario(SCENARIOS / "incoming_answered.toml")
    with VirtualDesk(tmp_path) as desk, pytest.raises(VirtualDeskError, match="--agent"):
        run_scenario(desk, scenario, {})


def test_sound_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b.wav").touch()
    (tmp_path / "a.flac").touch()
    (tmp_path / "notes.txt").touch()
    assert [p.name for p in sound_files(tmp_path)] == ["a.flac", "b.wav"]
    assert sound_files(tmp_path / "b.wav") == [tmp_path / "b.wav"]
    assert sound_files(None) == []


def test_the_command_runs_files_on_desks_of_their_own_or_on_one_that_runs(
    tmp_path: Path, voice: Callable, capsys: pytest.CaptureFixture
) -> None:
    short = tmp_path / "short.toml"
    short.write_text(
        'about = "Two words"\n[[step]]\nverb = "lift"\n[[step]]\nafter_s = 0.4\nverb = "say"\n'
        'with = { who = "agent", file = "voice" }\nuntil_end = true\n[[step]]\nverb = "replace"\n'
    )
    speech = str(voice(21, seconds=0.5))
    assert main([str(short), "--agent", speech]) == 0
    assert "Two words" in capsys.readouterr().out
    with VirtualDesk(tmp_path / "running") as desk:
        assert main([str(short), "--agent", speech, "--attach", str(desk.directory)]) == 0
        assert [e["lifted"] for e in desk.events() if e["event"] == "hook"] == [True, False]
    assert main([str(tmp_path / "none.toml")]) == 1
    assert "none.toml" in capsys.readouterr().err
