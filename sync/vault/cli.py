"""`offhook vault …`. Each command imports what it needs when it is called."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
CONFIG = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Settings file of the vault; else $OFFHOOK_CONFIG, else /etc/offhook/vault.toml.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def told(command: F) -> F:
    """Errors that a person can act on become one line on stderr: exit code 2 for settings, 1 else."""

    @functools.wraps(command)
    def inner(*args: Any, **kwargs: Any) -> Any:
        from config.load import ConfigError
        from firmware.evidence.errors import EvidenceError
        from sync.vault.errors import VaultError

        try:
            return command(*args, **kwargs)
        except ConfigError as error:
            click.echo(str(error), err=True)
            sys.exit(2)
        except (VaultError, EvidenceError) as error:
            click.echo(str(error), err=True)
            sys.exit(1)

    return inner  # type: ignore[return-value]  # the same signature, by wraps


@click.group()
def vault() -> None:
    r"""Run and manage a vault.

    \b
    Example:
      offhook vault init /srv/vault-a --name a
      mosquitto -c /srv/vault-a/broker/mosquitto.conf &
      offhook vault run --config /srv/vault-a/vault.toml
    """


@vault.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--name", default="vault", show_default=True, help="Name of this vault, in receipts and on desks."
)
@click.option("--site", default="main", show_default=True, help="Site given to desks at enrolment.")
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104 -- a server
@click.option("--public-host", default="", help="Host name by which desks reach it.")
@click.option("--https-port", default=8443, show_default=True, type=int)
@click.option("--mqtt-host", default="127.0.0.1", show_default=True, help="Where the vault finds its broker.")
@click.option("--mqtt-port", default=8883, show_default=True, type=int, help="The broker's port for desks.")
@click.option(
    "--mqtt-service-port", default=8884, show_default=True, type=int, help="The broker's port for the vault."
)
@click.option("--console-port", default=0, type=int, help="Also serve the console without TLS, on 127.0.0.1.")
@click.option("--archive-key", default="", help="Private archive key to open with; else a new one is made.")
@click.option(
    "--recipient", "recipients", multiple=True, metavar="NAME=BASE64", help="Public key that desks seal to."
)
@JSON
@told
def init(folder: Path, recipients: tuple[str, ...], host: str, as_json: bool, **options: Any) -> None:
    r"""Make FOLDER a vault: settings, keys, CA, certificates, the broker's configuration, the first password.

    With --recipient and no --archive-key the vault can prove and keep, but not listen.

    \b
    Example:
      offhook vault init /srv/vault-a --name a --site sh01 --public-host vault-a.example.com
    """
    import json

    from sync.vault.commands.init import InitOptions
    from sync.vault.commands.init import init as make

    pairs = []
    for recipient in recipients:
        name, _, key = recipient.partition("=")
        pairs.append((name, key))
    made = make(folder, InitOptions(listen_host=host, recipients=tuple(pairs), **options))
    if as_json:
        click.echo(json.dumps({"config": str(made.config), "admin_password": made.admin_password}))
        return
    click.echo(f"settings        {made.config}")
    if made.archive_key:
        click.echo(f"archive key     {made.archive_key}   (without it nobody hears a recording: keep a copy)")
    click.echo(f"login           admin / {made.admin_password}   (shown this once)")
    click.echo("next:")
    click.echo(f"  mosquitto -c {folder.absolute()}/broker/mosquitto.conf")
    click.echo(f"  offhook vault run --config {made.config}")
    click.echo(f"  offhook vault enrol-code --config {made.config} --desk sh01-d017")


@vault.command()
@CONFIG
@told
def run(config: Path | None) -> None:
    r"""Run the vault in the foreground until SIGTERM.

    \b
    Example:
      offhook vault run --config /srv/vault-a/vault.toml
    """
    from config.load import load_vault
    from firmware import log
    from sync.vault.main import run as run_vault

    settings = load_vault(config)
    log.start("vault")
    run_vault(settings)


@vault.command("enrol-code")
@CONFIG
@click.option("--desk", required=True, help="Id that the desk will have, like sh01-d017.")
@click.option("--site", default="", help="Site of the desk; else the vault's.")
@click.option("--hours", type=int, default=None, help="How long it is good; else access.code_hours.")
@JSON
@told
def enrol_code(config: Path | None, desk: str, site: str, hours: int | None, as_json: bool) -> None:
    r"""Print a one-time code for a desk.

    \b
    Example:
      offhook vault enrol-code --desk sh01-d017
    """
    import json

    from config.load import load_vault
    from sync.vault.commands.manage import new_code

    code = new_code(load_vault(config), desk=desk, site=site, hours=hours)
    click.echo(json.dumps({"desk": desk, "code": str(code)}) if as_json else str(code))


@vault.command("broker-config")
@CONFIG
@told
def broker_config(config: Path | None) -> None:
    r"""Write Mosquitto's configuration, ACL and certificates again; print the path.

    \b
    Example:
      mosquitto -c "$(offhook vault broker-config)"
    """
    from config.load import load_vault
    from sync.vault.commands.manage import write_broker

    click.echo(write_broker(load_vault(config)))


@vault.command("service-cert")
@CONFIG
@click.argument("name")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder for the files."
)
@told
def service_cert(config: Path | None, name: str, out: Path) -> None:
    r"""Make a client certificate that may read every desk's topics at the broker's service port.

    \b
    Example:
      offhook vault service-cert grafana --out /etc/grafana
      mosquitto_sub -p 8884 --cafile ca.crt --cert grafana.crt --key grafana.key -t 'offhook/v1/#' -v
    """
    from config.load import load_vault
    from sync.vault.commands.manage import make_service_certificate

    for path in make_service_certificate(load_vault(config), name, out):
        click.echo(path)
    click.echo("reload the broker (SIGHUP), so that it knows the new name", err=True)


@vault.command()
@CONFIG
@click.option("--desk", default="", help="Of this desk only.")
@click.option("--number", default="", help='"138*" begins, "*5678" ends, "5678" either.')
@click.option("--limit", default=50, show_default=True)
@click.option("--after", default="", help="Cursor from the end of the list before.")
@JSON
@told
def calls(config: Path | None, desk: str, number: str, limit: int, after: str, as_json: bool) -> None:
    r"""List calls, newest first, running ones included.

    \b
    Example:
      offhook vault calls --desk sh01-d017 --json
    """
    from config.load import load_vault
    from sync.vault.commands.lists import print_calls

    print_calls(load_vault(config), desk=desk, number=number, limit=limit, after=after, as_json=as_json)


@vault.command()
@CONFIG
@JSON
@told
def desks(config: Path | None, as_json: bool) -> None:
    r"""List desks with the end of their ledgers and what is wrong with them.

    \b
    Example:
      offhook vault desks
    """
    from config.load import load_vault
    from sync.vault.commands.lists import print_desks

    print_desks(load_vault(config), as_json=as_json)


@vault.command()
@CONFIG
@click.argument("login")
@told
def password(config: Path | None, login: str) -> None:
    r"""Give a person a new password, print it once, and end their sessions.

    \b
    Example:
      offhook vault password admin
    """
    from config.load import load_vault
    from sync.vault.commands.manage import new_password

    click.echo(new_password(load_vault(config), login))


@vault.command()
@CONFIG
@JSON
@told
def check(config: Path | None, as_json: bool) -> None:
    r"""Verify all that this vault holds: objects against receipts, ledgers as chains.

    Exit code 1 when something is wrong.

    \b
    Example:
      offhook vault check --config /srv/vault-a/vault.toml
    """
    from config.load import load_vault
    from sync.vault.commands.check import print_check

    if not print_check(load_vault(config), as_json=as_json):
        sys.exit(1)
