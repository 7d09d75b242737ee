"""`offhook status`: what this desk's processes say."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from config.desk import DeskSettings
from firmware.cli.config import config_option, json_option

if TYPE_CHECKING:
    from firmware.cli.desk_report import DeskReport

REFRESH_S = 0.5


@click.command()
@config_option
@json_option
@click.option("--watch", is_flag=True, help="Stay and show changes until Ctrl-C.")
def status(file: Path | None, *, as_json: bool, watch: bool) -> None:
    r"""Show lamps, findings, coverage today, the running call, recent calls, backlog and disk.

    Exit code 1: something is wrong.

    \b
    Examples:
      offhook status --watch
      offhook status --json | jq .coverage
    """
    from config.load import load_desk
    from drivers.open import open_clock
    from firmware.cli.desk_report import report

    settings = load_desk(file)
    clock = open_clock(settings)
    if watch:
        _watch(settings, as_json=as_json)
        return
    found = report(settings, clock)
    if as_json:
        click.echo(to_json(found))
    else:
        _print(found, settings.desk.language)
    raise SystemExit(0 if found.well else 1)


def to_json(found: "DeskReport") -> str:
    """All fields of the report, and the coverage in percent where there is one."""
    data = msgspec.to_builtins(asdict(found))
    if found.coverage is not None and found.coverage.percent is not None:
        data["coverage"]["percent"] = round(found.coverage.percent, 3)
    data["well"] = found.well
    return json.dumps(data, ensure_ascii=False)


def _print(found: "DeskReport", language: str) -> None:
    from rich.console import Console

    from firmware.cli.status_page import page

    Console().print(page(found, language))


def _watch(settings: DeskSettings, *, as_json: bool) -> None:
    """One page that stays, or with --json one line for each change."""
    import time

    from drivers.open import open_clock
    from firmware.cli.desk_report import report

    clock = open_clock(settings)
    try:
        if as_json:
            last = ""
            while True:
                line = to_json(report(settings, clock))
                if line != last:
                    click.echo(line)
                last = line
                time.sleep(REFRESH_S)
        from rich.live import Live

        from firmware.cli.status_page import page

        language = settings.desk.language
        with Live(page(report(settings, clock), language), auto_refresh=False, screen=False) as live:
            while True:
                time.sleep(REFRESH_S)
                live.update(page(report(settings, clock), language), refresh=True)
    except KeyboardInterrupt:
        return
