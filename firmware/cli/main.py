"""`offhook`: one command, many subcommands, each imported only when it is called.

The table names modules as strings, resolved through importlib: a desk's `offhook status` must not load the
vault, and firmware never imports sync.

Exit codes of all of them: 0 well, 1 something found wrong, 2 usage or settings.
"""

import importlib
from importlib import metadata
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from config.errors import ConfigError
from drivers.errors import DriverError

OUR_PACKAGES = frozenset({"config", "drivers", "firmware", "sync"})


class Subcommand(NamedTuple):
    """`target` is "module:attribute"; `extras` is what has to be installed for it."""

    target: str
    help: str
    extras: str = ""


COMMANDS: dict[str, Subcommand] = {
    "agent": Subcommand("sync.agent.cli:agent", "Run the agent: MQTT, uploads, receipts.", "desk"),
    "analyse": Subcommand("firmware.cli.analyse:analyse", "Find calls' facts in a sound file.", "desk"),
    "completion": Subcommand("firmware.cli.completion:completion", "Print the shell's completion script."),
    "config": Subcommand("firmware.cli.config:config", "Check, show and explain settings.", "desk"),
    "demo": Subcommand("sync.demo.cli:demo", "Run a virtual desk and two vaults.", "desk,vault"),
    "devices": Subcommand(
        "firmware.cli.devices:devices", "List devices and what settings would choose.", "desk"
    ),
    "doctor": Subcommand("firmware.cli.doctor:doctor", "Check a desk from sound card to vault.", "desk"),
    "enrol": Subcommand("sync.agent.cli:enrol", "Enrol this desk at a vault with a one-time code.", "desk"),
    "keys": Subcommand("firmware.cli.keys:keys", "Make archive, desk and vault keys."),
    "levels": Subcommand("firmware.cli.levels:levels", "Show the sound card's level, live.", "desk"),
    "open": Subcommand("firmware.cli.open:open_command", "Open a recording with the archive's key."),
    "panel": Subcommand("firmware.cli.panel:panel", "Run the panel: lamps, watchdog, health.", "desk"),
    "recorder": Subcommand("firmware.cli.recorder:recorder", "Run the recorder.", "desk"),
    "status": Subcommand("firmware.cli.status:status", "Show what this desk's processes say.", "desk"),
    "vault": Subcommand("sync.vault.cli:vault", "Run and manage a vault.", "vault"),
    "verify": Subcommand("firmware.cli.verify:verify", "Verify recordings, ledgers and receipts."),
}


class SettingsError(click.ClickException):
    """Settings or devices stand in the way."""

    exit_code = 2


def unescaped(command: click.Command) -> click.Command:
    r"""Docstrings are raw and say \b in two characters; click waits for one, before kept line breaks."""
    if command.help:
        command.help = command.help.replace("\\b\n", "\b\n")
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            unescaped(inner)
    return command


class LazyGroup(click.Group):
    """A group whose commands stand in COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].target.partition(":")
        command: Any = getattr(_import(cmd_name, module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is no click command")
        return unescaped(command)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (ConfigError, DriverError) as error:
            raise SettingsError(str(error)) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table, so that --help imports nothing."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].help) for name in sorted(COMMANDS)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """From the table, so that a tab imports nothing."""
        options = click.Command.shell_complete(self, ctx, incomplete)
        names = (name for name in sorted(COMMANDS) if name.startswith(incomplete))
        return [*(CompletionItem(name, help=COMMANDS[name].help) for name in names), *options]


def _import(name: str, module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in OUR_PACKAGES:
            raise
        extras = COMMANDS[name].extras
        raise SettingsError(
            f"`offhook {name}` needs {missing}, which is not installed: pip install 'offhook[{extras}]'"
        ) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("offhook"), prog_name="offhook")
def main() -> None:
    r"""Offhook: a call recorder that proves what it recorded.

    \b
    Examples:
      offhook doctor                     is this desk fit to record?
      offhook verify /mnt/evidence       is every byte as it was recorded?
    """


unescaped(main)

if __name__ == "__main__":
    main()
