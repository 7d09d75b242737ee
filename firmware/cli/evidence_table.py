"""The verifier's answer for people (a table, a closing sentence) and for programs (JSON)."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from firmware.evidence.texts import Language, sentence, word
from firmware.evidence.verify import Finding, Row, Severity

STYLE = {
    Severity.GOOD: "green",
    Severity.NOTICE: "cyan",
    Severity.UNCONFIRMED: "yellow",
    Severity.NOT_CHECKED: "yellow",
    Severity.INCOMPLETE: "yellow",
    Severity.NOT_LOOKED_AT: "yellow",
    Severity.WRONG: "bold red",
}
MARK = dict.fromkeys(Severity, "?") | {Severity.GOOD: "✓", Severity.NOTICE: "•", Severity.WRONG: "✗"}
MANY = 40  # rows; more are not read, so the good ones are only counted
HASH_COLUMN = 16  # four lines of 16 digits: short enough to compare by eye
VERDICT_COLUMN = 12  # the longest word of a verdict, whole
NARROW = 100  # below this a table is unreadable: one block for each file


@contextmanager
def reading(total: int, *, quiet: bool, language: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr while bytes are read, on a terminal only."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    with bar:
        task = bar.add_task(word("progress", _language(language)), total=total)
        yield lambda count: bar.advance(task, count)


def as_objects(rows: list[Row], language: str) -> dict[str, Any]:
    """The answer as one JSON object; codes are stable, texts are for people."""
    worst = max((row.verdict for row in rows), default=Severity.NOTICE)
    return {"verdict": worst.name.lower(), "results": [_row_object(row, _language(language)) for row in rows]}


def print_table(rows: list[Row], language: str, *, everything: bool) -> None:
    """Of many rows those that are good are only counted, unless `everything` is asked for."""
    chosen, console = _language(language), Console()
    told = [row for row in rows if not _plain(row)]
    if everything or len(rows) <= MANY:
        told = rows
    if console.width < NARROW:
        for row in told:
            console.print(_block(row, chosen), highlight=False)
    elif told:
        console.print(_table(told, chosen))
    if len(told) < len(rows):
        console.print(word("hidden", chosen).format(hidden=len(rows) - len(told)))
    console.print(_closing(rows, chosen))


def _plain(row: Row) -> bool:
    """Genuine, and nothing to remark but that it was not opened."""
    return all(finding.severity is Severity.GOOD or finding.code == "not_opened" for finding in row.findings)


def _table(rows: list[Row], language: Language) -> Table:
    root = os.path.commonpath([os.path.dirname(os.path.abspath(row.path)) for row in rows])
    table = Table(title=word("title", language), caption=root, show_lines=True, expand=True)
    for name, ratio in (("file", 3), ("what", 3), ("whole", 1), ("signed_by", 2)):
        table.add_column(word(name, language), overflow="fold", ratio=ratio)
    table.add_column("SHA-256", width=HASH_COLUMN, overflow="fold")
    table.add_column(word("verdict", language), overflow="fold", ratio=2, min_width=VERDICT_COLUMN)
    table.add_column(word("means", language), overflow="fold", ratio=9)
    for row in rows:
        path, *cells = _cells(row, language)
        short = os.path.relpath(os.path.abspath(path.plain), root)
        table.add_row(Text(short), *cells)
    return table


def _cells(row: Row, language: Language) -> list[Text]:
    return [
        Text(row.path),
        Text(f"{word(row.what, language)} {row.subject}".strip()),
        Text(word(row.whole, language)),
        Text(", ".join(row.signed_by) or "-"),
        Text(row.sha256 or "-"),
        Text(word(row.verdict.name.lower(), language), style=STYLE[row.verdict]),
        _meaning(row, language),
    ]


def _block(row: Row, language: Language) -> Text:
    cells = _cells(row, language)
    names = ("file", "what", "whole", "signed_by", "sha256", "verdict")
    lines = [Text(word(name, language) + ": ").append(cell) for name, cell in zip(names, cells, strict=False)]
    return Text("\n").join([*lines, cells[-1], Text()])


def _meaning(row: Row, language: Language) -> Text:
    worst_first = sorted(row.findings, key=lambda finding: -finding.severity)
    return Text("\n").join(
        Text(f"{MARK[finding.severity]} ", style=STYLE[finding.severity]).append(
            sentence(finding.code, finding.values, language),
            style="" if finding.severity is Severity.GOOD else STYLE[finding.severity],
        )
        for finding in worst_first
    )


def _closing(rows: list[Row], language: Language) -> Text:
    counts = {severity: sum(row.verdict is severity for row in rows) for severity in Severity}
    wrongs, doubts = counts[Severity.WRONG], counts[Severity.UNCONFIRMED]
    if not rows:
        return Text(word("nothing", language), style="yellow")
    name, severity = ("some_wrong", Severity.WRONG) if wrongs else ("all_good", Severity.GOOD)
    if doubts and not wrongs:
        name, severity = "some_unconfirmed", Severity.UNCONFIRMED
    unchecked = sum(Severity.UNCONFIRMED < row.verdict < Severity.WRONG for row in rows)
    if unchecked and not wrongs:
        name, severity = "some_open", Severity.NOT_CHECKED
    text = word(name, language).format(count=len(rows), wrongs=wrongs, unconfirmed=doubts, open=unchecked)
    return Text(text, style=STYLE[severity])


def _row_object(row: Row, language: Language) -> dict[str, Any]:
    return {
        "path": row.path,
        "what": row.what,
        "subject": row.subject,
        "whole": row.whole,
        "signed_by": list(row.signed_by),
        "sha256": row.sha256,
        "verdict": row.verdict.name.lower(),
        "findings": [_finding_object(finding, language) for finding in row.findings],
    }


def _finding_object(finding: Finding, language: Language) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.name.lower(),
        "values": finding.values,
        "text": sentence(finding.code, finding.values, language),
    }


def _language(language: str) -> Language:
    return cast("Language", language)
