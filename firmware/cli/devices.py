"""`offhook devices`: what is there, and what the settings would choose."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firmware.cli.config import config_option, json_option

if TYPE_CHECKING:
    from firmware.cli.choices import Survey


@click.command()
@config_option
@json_option
def devices(file: Path | None, *, as_json: bool) -> None:
    r"""List sound cards, GPIO chips and serial ports, and what the settings would choose of them, and why.

    Opens no device that a running recorder holds. Exit code 1: something chosen is not there.

    \b
    Example:
      offhook devices --json
    """
    from config.load import load_desk
    from firmware.cli.choices import survey

    found = survey(load_desk(file))
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=1))
    else:
        _print(found)
    raise SystemExit(1 if any(choice.problem for choice in found.choices) else 0)


def _print(found: "Survey") -> None:
    from firmware.cli.choices import formats_in_words

    _list(
        "Sound cards (capture)",
        [
            f"{card.name}  {card.usb}  {formats_in_words(card) or 'in use, or unfit'}"
            for card in found.sound_cards
        ],
        found.sound_problem,
    )
    _list(
        "GPIO chips",
        [f"{chip.path}  {chip.label or chip.problem}  {chip.lines} lines" for chip in found.gpio_chips],
    )
    _list(
        "Serial ports",
        [f"{port.path}  {port.product}  {port.stable_path}".rstrip() for port in found.serial_ports],
    )
    click.echo("The settings choose:")
    for choice in found.choices:
        mark = click.style("no ", fg="red") if choice.problem else click.style("yes", fg="green")
        click.echo(f"  {mark} {choice.kind:<6} {choice.setting}")
        click.echo(f"             {choice.problem or choice.takes}")


def _list(title: str, rows: list[str], problem: str = "") -> None:
    click.echo(f"{title}:")
    for row in rows or [problem or "none"]:
        click.echo(f"  {row}")
