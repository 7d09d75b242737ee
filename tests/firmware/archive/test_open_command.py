"""`offhook open` as a person uses it."""

import json

import pytest
import soundfile
from click.testing import CliRunner

from firmware.cli.open import open_command


@pytest.fixture
def run(key, tmp_path):
    key.save(tmp_path / "archive.pem")

    def call(data, *args, output="call.wav"):
        (tmp_path / "call.ohr").write_bytes(data)
        given = [tmp_path / "call.ohr", "--key", tmp_path / "archive.pem", "-o", tmp_path / output, *args]
        return CliRunner().invoke(open_command, [str(arg) for arg in given])

    return call


def test_a_whole_call(run, made, tmp_path):
    done = run(made("opus", 1, [("a", 16_000)]).data, output="call.opus")
    assert done.exit_code == 0, done.output
    assert "sh01-d017/42" in done.output
    assert "2.000 s" in done.output
    assert soundfile.info(tmp_path / "call.opus").samplerate in (8000, 48000)


def test_gaps_and_shifts_are_said(run, made):
    done = run(made("opus", 1, [("a", 5000), ("g", 50), ("a", 5000)]).data, output="call.opus")
    assert done.exit_code == 0
    assert "1 gaps, 0.006 s" in done.output
    assert "ms late" in done.output


def test_an_interrupted_call_is_exit_code_1(run, made):
    done = run(made("opus", 1, [("a", 16_000)], end=False).data + b"\0\0\1\0torn")
    assert done.exit_code == 1
    assert "INTERRUPTED" in done.output
    assert "8 bytes" in done.output


def test_a_damaged_call_is_exit_code_1(run, made):
    data = made("opus", 1, [("a", 16_000)]).data
    done = run(data[:-1] + bytes([data[-1] ^ 1]))
    assert done.exit_code == 1
    assert "DAMAGED" in done.output


def test_json(run, made, tmp_path):
    done = run(made("pcm_s16le", 2, [("a", 800), ("g", 5)]).data, "--json")
    told = json.loads(done.output)
    assert (told["samples"], told["gaps"], told["lost_samples"], told["complete"]) == (805, 1, 5, True)
    assert told["events"] == [{"at_ms": 0, "kind": "off_hook"}]
    assert told["file"] == str(tmp_path / "call.wav")


@pytest.mark.parametrize(("output", "said"), [("call.mp3", "must end in"), ("archive.pem", "must end in")])
def test_nothing_written_is_exit_code_2(run, made, output, said):
    done = run(made("opus", 1, [("a", 800)]).data, output=output)
    assert done.exit_code == 2
    assert said in done.output


def test_existing_files_are_kept(run, made, tmp_path):
    (tmp_path / "call.wav").write_bytes(b"mine")
    data = made("opus", 1, [("a", 800)]).data
    assert run(data).exit_code == 2
    assert (tmp_path / "call.wav").read_bytes() == b"mine"
    assert run(data, "--replace").exit_code == 0


def test_a_missing_file(tmp_path, run):
    given = [tmp_path / "missing.ohr", "--key", tmp_path / "archive.pem", "-o", tmp_path / "x.wav"]
    done = CliRunner().invoke(open_command, [str(arg) for arg in given])
    assert done.exit_code == 2
    assert "cannot be read" in done.output


def test_help_has_an_example():
    assert "Example" in CliRunner().invoke(open_command, ["--help"]).output
