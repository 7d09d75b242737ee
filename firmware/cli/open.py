"""`offhook open`: a sealed recording becomes a sound file, with the archive's key."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from firmware.archive.export import ExportReport


@click.command("open")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", required=True, type=click.Path(path_type=Path), help="Archive private key.")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Ends in .opus, .flac or .wav."
)
@click.option("--replace", is_flag=True, help="Replace the output when it exists.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print what was exported, and the line's events, as JSON."
)
@click.pass_context
def open_command(
    ctx: click.Context,
    file: Path,
    key: Path,
    output: Path,
    replace: bool,
    as_json: bool,
) -> None:
    r"""Open a sealed recording and write its sound.

    .opus holds the recorded packets as they are; .flac and .wav are exact to the sample, gaps included.
    Of an interrupted recording everything before the break is written.

    \b
    Example:
      offhook open 000000000042.ohr --key archive.pem -o call.opus

    Exit code 0: whole; 1: interrupted or damaged, what is there was written; 2: nothing could be written.
    """
    from firmware.archive.errors import ArchiveError
    from firmware.archive.export import export
    from firmware.evidence.errors import EvidenceError
    from firmware.evidence.keys import ArchivePrivateKey

    try:
        with open(file, "rb") as source:
            report = export(source, ArchivePrivateKey.load(key), output, replace=replace)
    except OSError as error:
        raise click.UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except (ArchiveError, EvidenceError) as error:
        raise click.UsageError(str(error)) from error
    click.echo(
        json.dumps(_as_object(report, output), ensure_ascii=False) if as_json else _as_text(report, output)
    )
    ctx.exit(0 if report.complete and not report.fault else 1)


def _as_text(report: "ExportReport", output: Path) -> str:
    rate = report.header.audio.rate_hz
    lines = [
        f"{output}: call {report.header.call}, started {report.header.started}, {report.samples / rate:.3f} s"
    ]
    if report.gaps:
        lines.append(
            f"The recorder marked {report.gaps} gaps, {report.lost_samples / rate:.3f} s: silence here."
        )
    if report.shift_samples:
        late = report.shift_samples * 1000 / rate
        lines.append(f"Sound behind a gap is up to {late:.1f} ms late; .flac and .wav are exact.")
    if report.fault:
        lines.append(f"DAMAGED: {report.fault}. Everything before that was written.")
    elif not report.complete:
        lines.append("INTERRUPTED: the recording has no end mark. Everything before the break was written.")
    if report.torn_bytes:
        lines.append(f"{report.torn_bytes} bytes at its end are no whole frame.")
    return "\n".join(lines)


def _as_object(report: "ExportReport", output: Path) -> dict[str, Any]:
    audio = report.header.audio
    return {
        "file": str(output),
        "call": report.header.call,
        "desk": report.header.desk,
        "started": report.header.started,
        "rate_hz": audio.rate_hz,
        "channels": audio.channels,
        "codec": audio.codec,
        "samples": report.samples,
        "gaps": report.gaps,
        "lost_samples": report.lost_samples,
        "complete": report.complete,
        "ended_by": report.ended_by,
        "torn_bytes": report.torn_bytes,
        "fault": report.fault,
        "shift_samples": report.shift_samples,
        "events": [event.body for event in report.events],
    }
