"""`offhook config`: check, show and explain settings."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from config.errors import ConfigError

config_option = click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    help="Settings file [default: $OFFHOOK_CONFIG, /etc/offhook]",
)
vault_option = click.option("--vault", "of_vault", is_flag=True, help="The vault's settings, not the desk's.")
json_option = click.option("--json", "as_json", is_flag=True, help="JSON for programs.")


@click.group()
def config() -> None:
    r"""Check, show and explain settings.

    \b
    Example:
      offhook config explain audio.preroll_s
    """


@config.command()
@config_option
@vault_option
@json_option
@click.pass_context
def check(ctx: click.Context, file: Path | None, *, of_vault: bool, as_json: bool) -> None:
    r"""Check the settings file and the files that it names. Exit code 1: something is wrong.

    \b
    Example:
      offhook config check --config /etc/offhook/desk.toml
    """
    from config.files import desk_problems, vault_problems
    from config.load import read_desk, read_vault

    source = str(file or "shipped defaults")
    try:
        if of_vault:
            vault = read_vault(file)
            source, problems = str(vault.file or source), vault_problems(vault.settings)
        else:
            desk = read_desk(file)
            source, problems = str(desk.file or source), desk_problems(desk.settings)
        sentences = [f"{source}: {problem}" for problem in problems]
    except ConfigError as error:
        sentences = list(error.problems)
    if as_json:
        click.echo(
            json.dumps({"ok": not sentences, "file": source, "problems": sentences}, ensure_ascii=False)
        )
    else:
        click.echo("\n".join(sentences) if sentences else f"{source}: all settings are good")
    ctx.exit(1 if sentences else 0)


@config.command()
@config_option
@vault_option
@json_option
def show(file: Path | None, *, of_vault: bool, as_json: bool) -> None:
    r"""Show every setting in force and where it came from.

    \b
    Example:
      offhook config show --json
    """
    from config.explain import effective

    rows = effective(_read(file, of_vault=of_vault))
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
        return
    width = max(len(f"{row.key} = {row.value}") for row in rows if len(row.value) < 40)
    for row in rows:
        click.echo(f"{row.key} = {row.value}".ljust(width) + f"  # {row.origin}")


@config.command()
@click.argument("key")
@config_option
@vault_option
@json_option
def explain(key: str, file: Path | None, *, of_vault: bool, as_json: bool) -> None:
    r"""Explain one setting: value, origin, unit and reason, type, what is allowed.

    \b
    Example:
      offhook config explain audio.preroll_s
    """
    from config.explain import explain as explain_setting

    told = asdict(explain_setting(_read(file, of_vault=of_vault), key))
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    click.echo(f"{told.pop('key')} = {told.pop('value') or '(not set)'}")
    for name, text in told.items():
        if text:
            click.echo(f"  {name:<8} {text}")


def _read(file: Path | None, *, of_vault: bool) -> Any:
    from config.load import read_desk, read_vault

    return read_vault(file) if of_vault else read_desk(file)
