"""`offhook demo`: see it work, on this machine alone."""

import json
import signal
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

if TYPE_CHECKING:
    from sync.demo.speech import Speech

DEFAULT_SPEECH = Path("~/.cache/offhook/speech")
PAUSE_S = 4.0
FILE_WIDTH = 120  # columns of a table that goes into a file or a pipe
CONSOLE_PORTS = (8401, 8402)


@click.command()
@click.option("--once", is_flag=True, help="Place three calls, print what became of them, and end.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Leave desk/, vault-a/, vault-b/, keys/ and result.json here.",
)
@click.option(
    "--speech",
    type=click.Path(path_type=Path),
    default=DEFAULT_SPEECH,
    help="Folder with speech (`make demo`).",
)
@click.option("--seed", default=1, show_default=True, help="Draw of the sentences.")
@click.option("--json", "as_json", is_flag=True, help="With --once: print result.json instead of a table.")
def demo(*, once: bool, keep: Path | None, speech: Path, seed: int, as_json: bool) -> None:
    r"""Run a virtual desk and two vaults, and place calls with real speech.

    Everything is the shipped product but the telephone line, which is simulated down to the sound card, the
    serial port and the pins. Prints the address of the console, where the calls appear while they run.

    \b
    Examples:
      offhook demo                       until Ctrl-C
      offhook demo --once                three calls and a verdict; exit code 0 when all is true
      offhook demo --once --keep out     and leave everything in out/
    """
    from sync.demo.process import ProcessError
    from sync.demo.speech import Speech, SpeechError
    from sync.demo.until import NeverError

    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise click.UsageError(f"{keep} is not empty; name a new folder")
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else FILE_WIDTH)
    try:
        sentences = Speech(speech.expanduser(), seed)
        with ExitStack() as stack:
            folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="offhook-demo-")))
            good = (
                _once(console, folder, sentences, as_json=as_json)
                if once
                else _ever(console, folder, sentences)
            )
    except (SpeechError, ProcessError, NeverError) as error:
        raise click.ClickException(str(error)) from error
    sys.exit(0 if good else 1)


def _once(console: Console, folder: Path, speech: "Speech", *, as_json: bool) -> bool:
    from sync.demo import report
    from sync.demo.calls import ONCE
    from sync.demo.site import Site

    with Site(folder) as site:
        placed = []
        for number, call in enumerate(ONCE, 1):
            console.print(f"call {number} of {len(ONCE)}: {(call.__doc__ or '').splitlines()[0]}")
            placed.append(call(site.line, speech))
            site.desk.wait_on_hook()
        site.desk.wait_delivered()
    result = report.rows(site, placed)
    verdict = report.as_object(result)
    (folder / "result.json").write_text(json.dumps(verdict, indent=1) + "\n", encoding="utf-8")
    if as_json:
        click.echo(json.dumps(verdict, indent=1))
    else:
        console.print(report.table(result))
    return bool(verdict["good"])


def _ever(console: Console, folder: Path, speech: "Speech") -> bool:
    from itertools import cycle

    from sync.demo.calls import EVER
    from sync.demo.site import Site

    end = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: end.set())
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    console.print("starting one desk, two vaults, two brokers …")
    with Site(folder, console_ports=CONSOLE_PORTS) as site:
        for vault in site.vaults:
            console.print(f"vault {vault.name}: {vault.console}   log in as admin, password {vault.password}")
        console.print("Ctrl-C ends it.")
        for call in cycle(EVER):
            if end.wait(PAUSE_S):
                break
            console.print((call.__doc__ or "").splitlines()[0])
            call(site.line, speech)
            site.desk.wait_on_hook()
    return True
