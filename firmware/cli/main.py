"""`offhook`: one command, many subcommands, each imported only when it is called.

The table names modules as strings, resolved through importlib: a desk's `offhook status` must not load the
vault, and firmware never imports sync.
"""

import importlib
from importlib import metadata
from typing import Any

import click

# name: ("module:command", one line for --help; the module is not imported to show it)
COMMANDS: dict[str, tuple[str, str]] = {
    "agent": ("sync.agent.cli:agent", "Run the desk's agent: MQTT, uploads, receipts."),
    "completion": ("firmware.cli.completion:completion", "Print the shell's completion script."),
    "config": ("firmware.cli.config:config", "Check, show and explain settings."),
    "demo": ("sync.demo.cli:demo", "Run a virtual desk and two vaults."),
    "devices": ("firmware.cli.devices:devices", "List devices and what the settings would choose."),
    "doctor": ("firmware.cli.doctor:doctor", "Check a desk from sound card to vault."),
    "enrol": ("sync.agent.cli:enrol", "Enrol this desk at a vault with a one-time code."),
    "keys": ("firmware.cli.keys:keys", "Make archive, desk and vault keys."),
    "levels": ("firmware.cli.levels:levels", "Show the sound card's level, live."),
    "open": ("firmware.cli.open:open_command", "Open a recording with the archive's key."),
    "panel": ("firmware.cli.panel:panel", "Run the panel: lamps, watchdog, health."),
    "recorder": ("firmware.cli.recorder:recorder", "Run the recorder."),
    "status": ("firmware.cli.status:status", "Show what this desk's processes say."),
    "vault": ("sync.vault.cli:vault", "Run and manage a vault."),
    "verify": ("firmware.cli.verify:verify", "Verify recordings, ledgers and receipts."),
}

EXTRA_OF = {
    "gpiozero": "desk",
    "pyaudio": "desk",
    "serial": "desk",
    "litestar": "vault",
    "sqlalchemy": "vault",
}


class LazyGroup(click.Group):
    """A group whose commands stand in COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: Any = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{name} is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("offhook"), prog_name="offhook")
def main() -> None:
    r"""Offhook: a call recorder that proves what it recorded.

    \b
    Examples:
      offhook doctor                     is this desk fit to record?
      offhook verify /mnt/evidence       is every byte as it was recorded?
    """


if __name__ == "__main__":
    main()
