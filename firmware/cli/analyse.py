"""`offhook analyse`: what a recording of a line tells. Needs no desk and no vault."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from firmware.line.analyse import Analysis
    from firmware.line.hook import Event


class AnalyseError(click.ClickException):
    """The file or the network that was asked for will not do."""

    exit_code = 2


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--line", metavar="NETWORK", help="cn, us, uk, de, …; without it found from the tones.")
@click.option(
    "--hook",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Hook edges as JSON, [[seconds, off_hook], …], instead of sound or beside it.",
)
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def analyse(file: Path | None, line: str | None, hook: Path | None, language: str, as_json: bool) -> None:
    r"""Find digits, caller id, tones, talk and the outcome in a sound file.

    FILE is wav, flac or ogg, of any rate, mono or with the two ends in two channels.

    \b
    Examples:
      offhook analyse call.wav --line cn
      offhook analyse call.flac --json
      offhook analyse --hook edges.json

    Exit code 0: analysed; 2: it could not be.
    """
    os.environ.setdefault(
        "OPENBLAS_NUM_THREADS", "1"
    )  # small matrices: threads cost ten times what they give
    from config.lines import UnknownLineError
    from firmware.cli.analyse_read import UnreadableError
    from firmware.cli.analyse_report import report_of

    if file is None and hook is None:
        raise click.UsageError("give a sound FILE, or --hook with a file of hook edges")
    try:
        edges = _edges(hook, line) if hook else None
        report = report_of(_analysis(file, line) if file else None, edges)
    except (UnknownLineError, UnreadableError) as error:
        raise AnalyseError(str(error)) from error
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    from rich.console import Console

    from firmware.cli.analyse_page import page

    Console().print(page(report, language))


def _analysis(file: Path, line: str | None) -> "Analysis":
    from firmware.cli.analyse_read import blocks_of
    from firmware.line.analyse import LineAnalyser

    analyser = LineAnalyser(line)
    for block in blocks_of(file):
        analyser.feed(block)
    return analyser.finish()


def _edges(hook: Path, line: str | None) -> "list[Event]":
    from config.lines import load_line
    from firmware.cli.analyse_read import edges_of
    from firmware.line.hook import HookTimes, read_hook

    return read_hook(edges_of(hook), HookTimes.of(load_line(line).hook) if line else None)
