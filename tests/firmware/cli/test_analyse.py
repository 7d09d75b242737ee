"""`offhook analyse`: files of any kind in, one object or a page out, and sentences where it cannot."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from firmware.cli.main import main

sys.path.insert(0, str(Path(__file__).parents[1] / "line"))

from caller_id_signals import mdmf, sent
from dtmf_signals import tone as key
from tone_signals import line_of, quiet, tone

NUMBER = b"02087654321"


def run(*arguments):
    return CliRunner().invoke(main, ["analyse", *map(str, arguments)])


def call():
    parts = [quiet(0.3), tone("cn", "dial", 1.3), key("5", 80), quiet(0.1), key("7", 80), quiet(0.5)]
    return line_of(*parts, sent(mdmf((2, NUMBER))), quiet(0.3), tone("cn", "busy", 3))


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "call.wav"
    soundfile.write(path, call(), 8000, subtype="PCM_16")
    return path


def test_one_object_with_everything(wav):
    report = json.loads(run(wav, "--line", "cn", "--json").output)
    assert [digit["digit"] for digit in report["digits"]] == ["5", "7"]
    assert set(report["digits"][0]) >= {"digit", "t0", "t1", "level_dbfs", "twist_db"}
    (who,) = report["caller_id"]
    assert (who["number"], who["checksum_ok"], who["kind"]) == (NUMBER.decode(), True, "mdmf")
    assert [(one["kind"], one["t0"] < one["t1"]) for one in report["tones"]] == [
        ("dial", True),
        ("busy", True),
    ]
    assert report["outcome"] == "busy"
    assert report["line"] == "cn"
    assert report["levels"]["clipped_samples"] == 0


@pytest.mark.parametrize(
    ("name", "rate", "channels"),
    [
        ("a.flac", 8000, 1),
        ("a.ogg", 16000, 1),
        ("a.wav", 44100, 2),
        ("a.flac", 48000, 2),
        ("a.wav", 11025, 1),
    ],
)
def test_any_rate_and_format(tmp_path, name, rate, channels):
    import soxr

    sound = soxr.resample(call().astype(np.float32) / 32768, 8000, rate) * 0.7
    path = tmp_path / name
    soundfile.write(path, np.stack([sound] + [np.zeros_like(sound)] * (channels - 1), axis=1), rate)
    report = json.loads(run(path, "--json").output)
    assert [one["number"] for one in report["caller_id"]] == [NUMBER.decode()]
    assert [digit["digit"] for digit in report["digits"]] == ["5", "7"]
    assert report["outcome"] == "busy"


def test_hook_edges(tmp_path):
    path = tmp_path / "hook.json"
    pulses = [[t, off] for k in range(3) for t, off in ((2 + 0.1 * k, False), (2.06 + 0.1 * k, True))]
    path.write_text(json.dumps([[0.5, True], *pulses, [6.0, False], [6.4, True], [9.0, False]]))
    report = json.loads(run("--hook", path, "--json").output)
    assert [event["kind"] for event in report["hook"]] == ["offhook", "flash", "onhook"]
    assert [digit["digit"] for digit in report["digits"]] == ["3"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("busy tone", "dial tone")), ("zh", ("忙音", "拨号音", "对方忙"))]
)
def test_a_page_for_people(wav, language, words):
    result = run(wav, "--language", language)
    assert result.exit_code == 0
    for word in (*words, NUMBER.decode(), "57"):
        assert word in result.output


def test_help_has_an_example():
    assert "offhook analyse call.wav --line cn" in run("--help").output


def test_what_cannot_be_done_is_said(tmp_path, wav):
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    for arguments, sentence in [
        ((text,), "no sound file that can be read"),
        ((wav, "--line", "xx"), "must be one of au, cn"),
        ((), "give a sound FILE"),
        ((tmp_path / "none.wav",), "does not exist"),
    ]:
        result = run(*arguments)
        assert (result.exit_code, sentence in result.output) == (2, True), result.output


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "not JSON"),
        ("{}", "must be a list"),
        ("[[1, true], [0.5, false]]", "edge 2"),
        ('[["a", 1]]', "edge 1"),
        ("[[1]]", "edge 1"),
    ],
)
def test_hook_files_that_are_none(tmp_path, content, sentence):
    path = tmp_path / "hook.json"
    path.write_text(content)
    result = run("--hook", path)
    assert (result.exit_code, sentence in result.output) == (2, True), result.output


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros(0), 8000)
    assert json.loads(run(path, "--json").output)["outcome"] is None
    assert "Nothing" in run(path).output
