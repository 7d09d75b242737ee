"""Guard: a panel whose loop hangs may not leave its lamps as they were, for green would go on promising.

A read or write on a stalled disk, a pin daemon that does not answer: whatever the loop waits for, the process
ends then. Its pins are let go, amber lights by its wiring, and systemd starts it again.
"""

import logging
import threading
from collections.abc import Callable

from firmware.log import event

LOOKS = 6  # without a turn in between: a machine that starves the loop starves this thread too
EVERY_S = 0.5  # so that it shows within the 3 s of any critical fault


class Guard:
    """`beat` at every turn of the loop; `end` is called from the guard's thread when none came any more."""

    def __init__(self, *, end: Callable[[], None], log: logging.Logger, every_s: float = EVERY_S) -> None:
        self._end = end
        self._log = log
        self._every_s = every_s
        self._beats = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guard", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def beat(self) -> None:
        self._beats += 1

    def close(self) -> None:
        """From now on nobody is watched: what is closed takes its own time."""
        self._closed.set()

    def _run(self) -> None:
        seen, still = self._beats, 0
        while not self._closed.wait(self._every_s):
            still = still + 1 if self._beats == seen else 0
            seen = self._beats
            if still >= LOOKS:
                event(self._log, "loop_hangs", level=logging.CRITICAL, seconds=LOOKS * self._every_s)
                self._end()
                return
