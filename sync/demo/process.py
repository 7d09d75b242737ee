"""A supervised child process: started, watched, started again when it dies, stopped in order.

Stands in for systemd on a machine without it (a laptop, CI): Restart=always with one second
between tries, SIGTERM first, SIGKILL after a bounded wait. Output goes to one log file a process.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

RESTART_S = 1.0
STOP_S = 15.0  # longer than any part's own drain


class ProcessError(Exception):
    """A part does not run although it should; the message names its log file."""


class Process:
    """One child process that is kept alive until `stop`."""

    def __init__(
        self, name: str, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log
        self.starts = 0
        self._command = list(command)
        self._env = {**os.environ, **(env or {})}
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """The running child's process id; ProcessError when it does not run."""
        if self._child is None or self._child.poll() is not None:
            raise ProcessError(f"{self.name} does not run; its last words stand in {self.log}")
        return self._child.pid

    def start(self) -> None:
        self._stopping.clear()
        self._spawn()
        self._keeper = threading.Thread(target=self._keep, name=f"keep-{self.name}", daemon=True)
        self._keeper.start()

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Signal the child; the keeper starts it again after RESTART_S."""
        os.kill(self.pid, number)

    def stop(self) -> int:
        """SIGTERM, wait, SIGKILL if it does not end. Returns the exit code (negative: signal)."""
        self._stopping.set()
        child = self._child
        if child is None:
            return 0
        child.terminate()
        try:
            child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if self._keeper is not None:
            self._keeper.join()
        return child.returncode

    def _spawn(self) -> None:
        self.starts += 1
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command, env=self._env, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def _keep(self) -> None:
        while not self._stopping.is_set():
            if self._child is not None:
                self._child.wait()
            if not self._stopping.wait(RESTART_S):
                self._spawn()
