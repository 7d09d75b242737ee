"""The process of a virtual desk, from outside: start it, know when it is ready, end it."""

import contextlib
import os
import select
import subprocess
import sys
from pathlib import Path

import msgspec

from drivers.virtual.errors import DeskEndedError
from drivers.virtual.options import Options, flags

START_LIMIT_S = 20.0
"""Compiling the card's plugin (1 s) on a busy machine is the longest part."""
STOP_LIMIT_S = 5.0


class Ready(msgspec.Struct, frozen=True):
    """DIR/ready.json: written when all devices are there, removed at the end."""

    pid: int
    options: Options
    asound_conf: str
    pigpio_port: int
    epoch_ns: int
    card_memory: str


def read_ready(directory: Path) -> Ready:
    try:
        return msgspec.json.decode((directory / "ready.json").read_bytes(), type=Ready)
    except (OSError, msgspec.DecodeError) as error:
        raise DeskEndedError(f"no virtual desk runs in {directory}: {error}") from error


class DeskProcess:
    """The child; it ends by itself when this process dies (its stdin closes)."""

    def __init__(self, directory: Path, options: Options) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._log = (directory / "virtual-desk.log").open("ab")
        command = [
            sys.executable,
            "-P",
            "-m",
            "drivers.virtual",
            "--dir",
            str(directory),
            "--until-stdin-closes",
        ]
        self._child = subprocess.Popen(
            [*command, *flags(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    @property
    def pid(self) -> int:
        return self._child.pid

    def wait_ready(self) -> Ready:
        """Raises DeskEndedError with the end of its log when it does not come up."""
        out = self._child.stdout
        if out is None:
            raise DeskEndedError("the virtual desk was started without a pipe")
        readable, _, _ = select.select([out], [], [], START_LIMIT_S)
        if readable and out.readline():
            return read_ready(self._directory)
        self.stop()
        log = (self._directory / "virtual-desk.log").read_text(errors="replace")
        raise DeskEndedError(f"the virtual desk did not start; its log ends with: {log[-2000:].strip()}")

    def stop(self) -> None:
        """End it in order; kill it when it does not."""
        if self._child.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._child.stdin.close()
        try:
            self._child.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.returncode:
            self._remove_leftovers()
        if self._child.stdout is not None:
            self._child.stdout.close()
        self._log.close()

    def _remove_leftovers(self) -> None:
        """A killed desk cannot remove its shared memory and its links itself."""
        with contextlib.suppress(DeskEndedError, FileNotFoundError):
            os.unlink(read_ready(self._directory).card_memory)
        for name in ("ready.json", "control.sock", "tty-line"):
            (self._directory / name).unlink(missing_ok=True)
