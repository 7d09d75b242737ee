"""`offhook levels`: a live meter in the terminal for setting the capture gain."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from firmware.cli.config import config_option, json_option

if TYPE_CHECKING:
    from rich.console import Group

    from firmware.cli.level_meter import Meter

REDRAW_S = 0.1
JSON_S = 10.0
BAR_CELLS = 48
BAR_FLOOR_DBFS = -72.0


@click.command()
@config_option
@json_option
@click.option("--seconds", type=click.FloatRange(min=0.2), help="Stop after this long [JSON: 10].")
def levels(file: Path | None, *, as_json: bool, seconds: float | None) -> None:
    r"""Show the sound card's level, live, with the held peak and advice on the capture gain.

    Stop the recorder first: a sound card has one reader. Exit code 1: the card is missing or was lost.

    \b
    Example:
      offhook levels --seconds 20
    """
    from config.load import load_desk
    from drivers.open import open_audio
    from firmware.cli.level_meter import Meter

    source = open_audio(load_desk(file))
    meter = Meter(source.channels)
    until = time.monotonic() + (seconds or (JSON_S if as_json else float("inf")))
    source.start(meter.take)
    try:
        if as_json:
            _wait(until)
        else:
            _show(meter, until)
    except KeyboardInterrupt:
        pass  # the way to leave a live meter
    finally:
        source.close()
    if as_json:
        click.echo(json.dumps(summary(meter), ensure_ascii=False))
    raise SystemExit(1 if meter.problem or not meter.blocks else 0)


def summary(meter: "Meter") -> dict[str, Any]:
    """For programs: levels in dBFS, the loudest since the start."""
    return {
        "device": meter.device,
        "problem": meter.problem,
        "sides": [
            {"name": side.name, "peak_dbfs": round(side.highest_dbfs, 1), "clipped_samples": side.clipped}
            for side in meter.sides
        ],
        "speech_dbfs": round(meter.loudest_speech_dbfs, 1),
        "blocks": meter.blocks,
        "lost_samples": meter.lost_samples,
        "advice": meter.advice(),
    }


def _wait(until: float) -> None:
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, REDRAW_S))


def _show(meter: "Meter", until: float) -> None:
    from rich.live import Live

    with Live(picture(meter), auto_refresh=False) as live:
        while time.monotonic() < until:
            time.sleep(REDRAW_S)
            live.update(picture(meter), refresh=True)


def picture(meter: "Meter") -> "Group":
    """The whole meter as it stands now."""
    from rich.console import Group
    from rich.text import Text

    rows = [Text(meter.device or "no sound card yet", style="bold")]
    for side in meter.sides:
        row = Text(f"{side.name:>8} ")
        row.append_text(bar(side.level.rms_dbfs, side.level.peak_dbfs, side.held_dbfs))
        level, held, highest = side.level.rms_dbfs, side.held_dbfs, side.highest_dbfs
        row.append(f" {level:6.1f} dBFS  peak {held:6.1f}  highest {highest:6.1f}")
        if side.clipped:
            row.append(f"  clipped {side.clipped}", style="bold red")
        rows.append(row)
    rows.append(Text(f"{'speech':>8} {meter.line.speech_dbfs:6.1f} dBFS above 300 Hz", style="dim"))
    rows += [Text(f"  → {sentence}", style="yellow") for sentence in meter.advice()]
    return Group(*rows)


def bar(rms_dbfs: float, peak_dbfs: float, held_dbfs: float) -> Any:
    """RMS as full cells, up to the peak as shade, the held peak as a mark; green, yellow from -18, red from
    -6.
    """
    from rich.text import Text

    rms, peak, held = (_cell(level) for level in (rms_dbfs, peak_dbfs, held_dbfs))
    text = Text()
    for cell in range(BAR_CELLS):
        sign = "█" if cell < rms else "▒" if cell < peak else "│" if cell == held else "·"
        text.append(sign, style=_style(cell))
    return text


def _cell(level_dbfs: float) -> int:
    share = (level_dbfs - BAR_FLOOR_DBFS) / -BAR_FLOOR_DBFS
    return max(0, min(BAR_CELLS - 1, round(share * BAR_CELLS)))


def _style(cell: int) -> str:
    level = BAR_FLOOR_DBFS - BAR_FLOOR_DBFS * cell / BAR_CELLS
    return "red" if level >= -6 else "yellow" if level >= -18 else "green"
