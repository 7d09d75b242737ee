"""Starting, reading and killing an ear. One thread owns it: that thread's end kills the ear too
(PR_SET_PDEATHSIG).
"""

import importlib.util
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drivers.errors import NotInstalledError

EAR = Path(__file__).with_name("ear.py")
HEAD_BYTES = 14
STDERR_BYTES = 2000  # kept for the reason of an abort; ALSA may write hundreds of lines
READ_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Message:
    """One framed message of the ear: kind "D", "B", "X" or "L", see ear.py."""

    kind: str
    flags: int
    at_ns: int
    payload: bytes


class MessageReader:
    """Bytes in any pieces → messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        self._buffer += data
        while len(self._buffer) >= HEAD_BYTES:
            end = HEAD_BYTES + int.from_bytes(self._buffer[2:6], "big")
            if len(self._buffer) < end:
                return
            yield Message(
                kind=chr(self._buffer[0]),
                flags=self._buffer[1],
                at_ns=int.from_bytes(self._buffer[6:HEAD_BYTES], "big"),
                payload=bytes(self._buffer[HEAD_BYTES:end]),
            )
            del self._buffer[:end]


def ear_command(*arguments: str) -> list[str]:
    """The command line of an ear. NotInstalledError without PyAudio."""
    spec = importlib.util.find_spec("pyaudio")
    if spec is None or spec.origin is None:
        raise NotInstalledError("the sound card needs PyAudio: pip install 'offhook[desk]'")
    site = str(Path(spec.origin).parent.parent)
    return [
        *("setpriv", "--pdeathsig", "KILL"),  # instead of ctypes in the ear, which costs it 1 MB
        *(sys.executable, "-I", "-S", str(EAR), "--path", site, "--parent", str(os.getpid()), *arguments),
    ]


def ear_environment() -> dict[str, str]:
    """Ours, without a JACK server being started and without a second malloc arena."""
    return {**os.environ, "JACK_NO_START_SERVER": "1", "MALLOC_ARENA_MAX": "1"}


class Ear:
    """A running ear. `read` waits for what it says."""

    def __init__(self, *arguments: str) -> None:
        self.started_ns = time.monotonic_ns()
        self._stderr = b""
        self._reader = MessageReader()
        self._process = subprocess.Popen(
            ear_command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ear_environment(),
            bufsize=0,
        )
        if self._process.stdout is None or self._process.stderr is None:
            raise AssertionError("Popen was asked for pipes")
        self._out, self._err = self._process.stdout.fileno(), self._process.stderr.fileno()
        self._open = [self._out, self._err]

    @property
    def pid(self) -> int:
        return self._process.pid

    def read(self, timeout_s: float, wake_fd: int | None = None) -> list[Message] | None:
        """What it said within the time (perhaps nothing); None when it has ended.

        `wake_fd` readable returns early.
        """
        watched = self._open if wake_fd is None else [*self._open, wake_fd]
        ready, _, _ = select.select(watched, [], [], timeout_s)
        if self._err in ready:
            self._read_stderr()
        if self._out not in ready:
            return []
        data = os.read(self._out, READ_BYTES)
        return list(self._reader.feed(data)) if data else None

    def _read_stderr(self) -> None:
        data = os.read(self._err, READ_BYTES)
        if not data:
            self._open.remove(self._err)
        self._stderr = (self._stderr + data)[-STDERR_BYTES:]

    def end(self) -> str:
        """Kill it, wait, close; returns how it ended, for a person. May be called twice."""
        self._process.kill()
        code = self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        lines = self._stderr.decode(errors="replace").strip().splitlines()
        # JACK's noise comes with every PortAudio that has it built in.
        said = [line for line in lines if "jack" not in line.lower()]
        return f"the ear ended with {code}" + (f": {said[-1]}" if said else "")
