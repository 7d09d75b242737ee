"""`offhook panel`: the panel process."""

import os
import sys
from pathlib import Path

import click

from firmware.cli.config import config_option


@click.command()
@config_option
def panel(file: Path | None) -> None:
    r"""Run the panel: lamps, watchdog, health. Ends with SIGTERM.

    \b
    Example:
      offhook panel --config /etc/offhook/desk.toml
    """
    # The command line's libraries would stay in the memory of a process that runs for years: begin anew.
    command = [sys.executable, "-P", "-m", "firmware.panel"]
    sys.stdout.flush()
    os.execv(command[0], command + (["--config", str(file)] if file is not None else []))  # noqa: S606 - our own interpreter
