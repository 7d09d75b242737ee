"""The page of `offhook status`, in rich."""

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from firmware.cli.desk_report import CallLine, DeskReport
from firmware.panel.situations import TABLE

TITLES = {row.number: row.title for row in TABLE} | {0: "the panel does not run: amber lights by its wiring"}
COLOURS = {"critical": "bold red", "major": "yellow", "minor": "cyan"}


def page(found: DeskReport, language: str) -> RenderableType:
    """Everything, top down by how much it matters."""
    parts: list[RenderableType] = [_lamps(found), _now(found)]
    if found.findings:
        parts.append(_findings(found, language))
    parts += [_calls(found), _around(found)]
    return Group(*parts)


def _lamps(found: DeskReport) -> RenderableType:
    lamps = found.lamps
    text = Text()
    for colour, name, pattern in (
        ("green", "READY", lamps.green),
        ("red", "RECORDING", lamps.red),
        ("yellow", "FAULT", lamps.amber),
    ):
        lit = pattern != "off"
        text.append(
            f"{'●' if lit else '○'} {name} {pattern.replace('_', ' ')}   ", colour if lit else "bright_black"
        )
    text.append(f"\n{found.desk or 'not enrolled'}: {TITLES.get(found.situation, 'unknown')}", "bold")
    return text


def _now(found: DeskReport) -> RenderableType:
    text = Text(f"Line {found.state.replace('_', ' ')}")
    if found.running:
        text.append(f", call {found.running}, {found.running_s:.0f} s safe on disk", "bold")
    if found.level_dbfs is not None:
        text.append(f", level {found.level_dbfs:.0f} dBFS")
    for line in found.processes:
        style = "green" if line.state == "runs" else "bold red"
        text.append(f"\n{line.name:<9}", "bright_black")
        text.append(line.state, style)
        if line.state in ("silent", "gone"):
            text.append(f" for {line.silent_s:.0f} s")
    return text


def _findings(found: DeskReport, language: str) -> RenderableType:
    table = Table(title="Findings", title_justify="left", expand=True, box=None, padding=(0, 2, 0, 0))
    table.add_column("")
    table.add_column("since", no_wrap=True)
    table.add_column("what, and what to do", ratio=1)
    for finding in found.findings:
        words = finding.text_zh if language == "zh" else finding.text_en
        detail = f" [bright_black]({escape(finding.detail)})[/]" if finding.detail else ""
        colour = COLOURS.get(finding.severity, "")
        table.add_row(
            Text(f"{finding.severity} {finding.code}", colour), _clock(finding.since), escape(words) + detail
        )
    return table


def _calls(found: DeskReport) -> RenderableType:
    if not found.calls:
        return Text(f"No calls: {found.calls_problem or 'none in the ledger'}")
    table = Table(title="Calls", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name in ("call", "began (UTC)", "seconds", "lost", "ended by", "where", "receipts"):
        table.add_column(name, justify="right" if name in ("seconds", "lost", "receipts") else "left")
    for call in found.calls:
        table.add_row(*_call(call), style="red" if not call.where else "")
    return table


def _call(call: CallLine) -> tuple[str, ...]:
    return (
        call.call,
        _clock(call.started),
        f"{call.seconds:.1f}",
        f"{call.lost_s:.1f}",
        escape(call.outcome),
        call.where,
        str(call.receipts),
    )


def _around(found: DeskReport) -> RenderableType:
    text = Text()
    coverage = found.coverage
    if coverage is None:
        text.append("Coverage today unknown")
    elif coverage.percent is None:
        text.append("Coverage today: no call yet")
    else:
        text.append(f"Coverage today {coverage.percent:.1f} % ({coverage.recorded_s:.0f} ")
        text.append(f"of {coverage.off_hook_s:.0f} s)")
    if found.free_percent is not None and found.free_hours is not None:
        text.append(f"\nDisk {found.free_percent:.0f} % free, {found.free_hours:.0f} h of recording")
    else:
        text.append("\nDisk does not answer", "bold red")
    text.append(f"\nBacklog {found.waiting} recordings")
    if found.waiting:
        text.append(f", the oldest for {found.oldest_unreceipted_s} s")
    for replica in found.replicas:
        ways = f"MQTT {'up' if replica.mqtt else 'down'}, HTTPS {'up' if replica.https else 'down'}"
        text.append(f"\nVault {replica.name}: {ways}, behind by {replica.backlog}")
        if replica.error:
            text.append(f" ({replica.error})", "red")
    return text


def _clock(at: str) -> str:
    """2026-11-22T08:00:00.123456Z as 11-22 08:00:00."""
    return at[5:19].replace("T", " ")
