"""`offhook agent` and `offhook enrol`."""

import json
from pathlib import Path

import click

config_option = click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    help="Settings file [default: $OFFHOOK_CONFIG, /etc/offhook/desk.toml]",
)


class CannotError(click.ClickException):
    """What was asked cannot be done; the message says why and what to do."""

    exit_code = 2


@click.command()
@config_option
def agent(file: Path | None) -> None:
    r"""Run the agent: recordings, ledger and state go to every vault, receipts come back.

    Ends on SIGTERM. Exit code 1: a thread failed, start it again; 2: settings or keys are wrong.

    \b
    Example:
      offhook agent --config /etc/offhook/desk.toml
    """
    import os
    import sys

    options = ["--config", str(file)] if file else []
    # The same process (systemd and signals see no difference) without click: see sync/agent/__main__.py. Nine
    # threads that mostly sleep need no malloc arena each.
    environment = {"MALLOC_ARENA_MAX": "2", **os.environ}
    os.execve(sys.executable, [sys.executable, "-P", "-m", "sync.agent", *options], environment)  # noqa: S606


@click.command()
@click.argument("url")
@click.argument("code")
@config_option
@click.option("--json", "as_json", is_flag=True, help="JSON for programs.")
def enrol(url: str, code: str, file: Path | None, *, as_json: bool) -> None:
    r"""Enrol this desk at a vault, with the one-time code that `offhook vault enrol-code` printed there.

    Makes the keys, fetches certificate and recipients, and adds the vault to the settings file. Run it once
    for each vault. A command that was cut off may be repeated.

    \b
    Example:
      offhook enrol https://vault-a.example.org:8443 ABCDEF-GHIJKL-MNOPQR-STUVWX-YZ2345-67ABCD-EFGHIJ
    """
    from sync.agent.enrolment import enrol as enrol_here
    from sync.agent.errors import AgentError

    try:
        done = enrol_here(url, code, file)
    except AgentError as error:
        raise CannotError(str(error)) from error
    if as_json:
        told = {"desk": done.desk, "vault": done.vault, "file": str(done.file), "replicas": done.replicas}
        click.echo(json.dumps(told | {"receipts_required": done.receipts_required}))
        return
    click.echo(
        f"{done.desk} is enrolled at {done.vault}; {done.file} {'knew it' if done.already else 'has it'}."
    )
    if done.replicas < done.receipts_required:
        missing = done.receipts_required - done.replicas
        click.echo(f"{missing} more to go: recordings leave only against {done.receipts_required} receipts.")
    else:
        click.echo("Start the desk: systemctl restart offhook-recorder offhook-agent offhook-panel")
