"""The command table: every name resolves, nothing is imported for --help, missing extras are told."""

import importlib
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from firmware.cli import main as main_module
from firmware.cli.main import COMMANDS, Subcommand, main


def run(*arguments: str):
    return CliRunner().invoke(main, arguments)


def test_help_lists_every_command():
    result = run("--help")
    assert result.exit_code == 0
    for name, subcommand in COMMANDS.items():
        assert name in result.output
        assert subcommand.help.split(".")[0][:20] in result.output


def test_version():
    assert re.fullmatch(r"offhook, version \d+\.\d+\.\d+\n", run("--version").output)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_resolves_and_its_help_shows_an_example(name):
    module, _, attribute = COMMANDS[name].target.partition(":")
    assert hasattr(importlib.import_module(module), attribute)
    result = run(name, "--help")
    assert result.exit_code == 0, result.output
    assert re.search(r"Examples?:", result.output), f"offhook {name} --help shows no example"
    assert f"offhook {name}" in result.output
    assert "\\b" not in result.output, "a docstring's \\b was printed"
    assert "\\b" not in result.output, "a docstring's \\b was printed"


def test_an_unknown_command_is_a_usage_error():
    result = run("recoder")
    assert result.exit_code == 2
    assert "No such command" in result.output


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["completion", "bash"], ["verify", "--help"]]
)
def test_help_imports_no_service(arguments):
    """Each of these costs 10 to 500 ms and up to 28 MB."""
    heavy = (
        "msgspec",
        "numpy",
        "gpiozero",
        "serial",
        "paho",
        "litestar",
        "sqlalchemy",
        "pyaudio",
        "watchdog",
    )
    code = (
        "import sys; from firmware.cli.main import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "[]"


def test_a_missing_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(COMMANDS, "vault", Subcommand("nobody_has_this:vault", "…", "vault"))
    result = run("vault")
    assert result.exit_code == 2
    assert "needs nobody_has_this, which is not installed: pip install 'offhook[vault]'" in result.output


def test_a_missing_module_of_ours_is_a_fault_of_ours(monkeypatch):
    monkeypatch.setitem(COMMANDS, "vault", Subcommand("sync.nothing:vault", "…", "vault"))
    assert isinstance(run("vault").exception, ModuleNotFoundError)


def test_a_target_that_is_no_command_is_a_fault_of_ours(monkeypatch):
    monkeypatch.setitem(COMMANDS, "vault", Subcommand("firmware.cli.main:COMMANDS", "…"))
    assert isinstance(run("vault").exception, TypeError)


def test_bad_settings_are_exit_code_2(tmp_path):
    file = tmp_path / "desk.toml"
    file.write_text("[audio]\nrate_hz = 1\n")
    result = run("config", "show", "--config", str(file))
    assert result.exit_code == 2
    assert "audio.rate_hz = 1: must be one of" in result.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell):
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_OFFHOOK_COMPLETE" in result.output


def test_the_shell_completes_names_from_the_table(tmp_path):
    environment = {"_OFFHOOK_COMPLETE": "bash_complete", "COMP_WORDS": "offhook re", "COMP_CWORD": "1"}
    offhook = f"{sys.prefix}/bin/offhook"
    result = subprocess.run([offhook], env=environment, capture_output=True, text=True, check=False)
    assert result.stdout.split() == ["plain,recorder"]


def test_main_is_the_installed_command():
    from importlib import metadata

    (entry,) = metadata.entry_points(group="console_scripts", name="offhook")
    assert entry.load() is main_module.main
