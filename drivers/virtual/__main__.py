"""The virtual desk's process: `python -P -m drivers.virtual --dir DIR [--line cn …]`.

Prints one line when all devices are there, runs until SIGTERM or Ctrl-C, and unplugs everything at the end.
"""

import argparse
import contextlib
import gc
import os
import signal
import sys
from pathlib import Path

import msgspec

from config.lines import UnknownLineError
from drivers.virtual.control import Control
from drivers.virtual.desk import Desk
from drivers.virtual.errors import VirtualDeskError
from drivers.virtual.options import add_flags, from_namespace

NICENESS = -5
"""A telephone line does not wait for this machine's other work. Not allowed to: elastic mode serves."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -P -m drivers.virtual", description=__doc__)
    parser.add_argument(
        "--dir", type=Path, required=True, help="a folder for its sockets, links and truth files"
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="also end when stdin is closed")
    add_flags(parser)
    parsed = parser.parse_args(arguments)
    directory: Path = parsed.dir.absolute()
    directory.mkdir(parents=True, exist_ok=True)
    try:
        desk = Desk(directory, from_namespace(parsed))
    except (VirtualDeskError, UnknownLineError, OSError, ValueError) as error:
        print(f"virtual desk: {error}", file=sys.stderr)  # noqa: T201 - a command's own output
        return 2
    run(desk, directory, until_stdin_closes=parsed.until_stdin_closes)
    return 0


def run(desk: Desk, directory: Path, *, until_stdin_closes: bool) -> None:
    """Open, run, close."""
    ending: list[bool] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ending.append(True))
    with contextlib.suppress(PermissionError):
        os.nice(NICENESS)
    if until_stdin_closes:
        desk.loop.watch(sys.stdin, lambda: ending.append(True) if not os.read(0, 4096) else None)
    control = Control(desk, directory)
    gc.freeze()
    try:
        desk.advance(desk.options.lead_ms * 8)
        (directory / "ready.json").write_bytes(msgspec.json.encode(desk.ready()))
        print(f"ready {directory}", flush=True)  # noqa: T201 - whoever started it waits for this line
        while not ending:
            desk.step()
    finally:
        desk.close()
        control.close()
        desk.loop.close()


if __name__ == "__main__":
    sys.exit(main())
