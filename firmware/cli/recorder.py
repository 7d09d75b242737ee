"""`offhook recorder`: the recorder process."""

import os
import sys
from pathlib import Path

import click

from firmware.cli.config import config_option


@click.command()
@config_option
def recorder(file: Path | None) -> None:
    r"""Run the recorder: audio, hook and line in; sealed recordings out. Ends with SIGTERM.

    \b
    Example:
      offhook recorder --config /etc/offhook/desk.toml
    """
    # The command line's libraries would stay in the memory of a process that runs for years: begin anew.
    command = [sys.executable, "-P", "-m", "firmware.recorder"]
    sys.stdout.flush()
    os.execv(command[0], command + (["--config", str(file)] if file is not None else []))  # noqa: S606 - our own interpreter
