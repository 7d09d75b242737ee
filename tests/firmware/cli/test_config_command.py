"""`offhook config`: check, show, explain, for people and for programs."""

import json

import pytest
from click.testing import CliRunner

from firmware.cli.main import main


def run(*arguments: str):
    return CliRunner().invoke(main, ["config", *arguments])


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "desk.toml"
    made.write_text('state_dir = "."\n[audio]\nrate_hz = 8000\n')
    return str(made)


def test_check_is_well(file):
    result = run("check", "--config", file)
    assert (result.exit_code, result.output) == (0, f"{file}: all settings are good\n")
    told = json.loads(run("check", "--config", file, "--json").output)
    assert told == {"ok": True, "file": file, "problems": []}


def test_check_finds_settings_and_files(file, tmp_path):
    (tmp_path / "desk.toml").write_text("[audio]\nrate_hz = 1\n")
    result = run("check", "--config", file)
    assert result.exit_code == 1
    assert f"{file}: audio.rate_hz = 1: must be one of" in result.output
    (tmp_path / "desk.toml").write_text('state_dir = "none"\n')
    result = run("check", "--config", file, "--json")
    assert result.exit_code == 1
    assert "there is no such folder" in json.loads(result.output)["problems"][0]


def test_check_without_a_file(tmp_path):
    result = run("check", "--config", str(tmp_path / "none.toml"))
    assert result.exit_code == 1
    assert "there is no such file" in result.output


def test_check_of_a_vault(tmp_path):
    file = tmp_path / "vault.toml"
    file.write_text('[vault]\nstate_dir = "."\n')
    assert run("check", "--vault", "--config", str(file)).exit_code == 0
    file.write_text('[vault]\nstate_dri = "."\n')
    result = run("check", "--vault", "--config", str(file))
    assert result.exit_code == 1
    assert "did you mean state_dir?" in result.output


def test_show_tells_value_and_origin(file):
    lines = run("show", "--config", file).output.splitlines()
    assert any(line.startswith("audio.rate_hz = 8000 ") and line.endswith(f"# {file}") for line in lines)
    assert any(
        line.startswith("audio.channels = 1 ") and line.endswith("# shipped default") for line in lines
    )
    rows = json.loads(run("show", "--config", file, "--json").output)
    assert {"key": "audio.rate_hz", "value": "8000", "origin": file} in rows


def test_show_of_a_vault():
    assert any(line.startswith("https.port = 8443") for line in run("show", "--vault").output.splitlines())


def test_explain(file):
    result = run("explain", "audio.rate_hz", "--config", file)
    assert result.exit_code == 0
    for part in ("audio.rate_hz = 8000", f"origin   {file}", "shipped  48000", "allowed  one of 8000, 16000"):
        assert part in result.output
    assert json.loads(run("explain", "hook.pin", "--json").output)["type"] == "integer"


def test_explain_an_unknown_key():
    result = run("explain", "audio.rate")
    assert result.exit_code == 2
    assert "did you mean audio.rate_hz" in result.output
