"""`offhook doctor`: is this desk fit to record?"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firmware.cli.config import config_option, json_option

if TYPE_CHECKING:
    from firmware.cli.examination.item import Item

MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@click.command()
@config_option
@json_option
def doctor(file: Path | None, *, as_json: bool) -> None:
    r"""Check this desk from sound card to vault, and say what to do about each thing that is not right.

    Opens no device that a running recorder or panel holds. Exit code 1: something fails.

    \b
    Example:
      offhook doctor --config /etc/offhook/desk.toml
    """
    from config.load import load_desk
    from drivers.open import open_clock
    from firmware.cli.examination.whole import examine

    settings = load_desk(file)
    items: list[Item] = []
    for item in examine(settings, open_clock(settings)):
        items.append(item)
        if not as_json:
            _print(item)
    if as_json:
        click.echo(json.dumps([asdict(item) for item in items], ensure_ascii=False, indent=1))
    else:
        _sum_up(items)
    raise SystemExit(1 if any(item.state == "fail" for item in items) else 0)


def _print(item: "Item") -> None:
    mark, colour = MARKS[item.state]
    click.echo(f"{click.style(mark, fg=colour)}  {item.area} · {item.name}: {item.found}")
    if item.do:
        click.echo(f"      -> {item.do}")


def _sum_up(items: "list[Item]") -> None:
    counts = {state: sum(item.state == state for item in items) for state in MARKS}
    click.echo(f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} failed")
