"""One thread waits for sockets and for time; every part of the desk runs in it, so nothing needs a lock."""

import selectors
import time
from collections.abc import Callable
from typing import Protocol


class HasFileno(Protocol):
    def fileno(self) -> int: ...


class Loop:
    """Callbacks on readable files, and the monotonic clock."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    @staticmethod
    def now_ns() -> int:
        return time.monotonic_ns()

    def watch(self, file: int | HasFileno, on_readable: Callable[[], None]) -> None:
        self._selector.register(file, selectors.EVENT_READ, on_readable)

    def unwatch(self, file: int | HasFileno) -> None:
        self._selector.unregister(file)

    def wait(self, until_ns: int) -> None:
        """Run what becomes readable before `until_ns`, once."""
        timeout_s = max(0, until_ns - self.now_ns()) / 1e9
        for key, _ in self._selector.select(timeout_s):
            if key.fileobj in self._selector.get_map():  # an earlier callback may have closed it
                key.data()

    def close(self) -> None:
        self._selector.close()
