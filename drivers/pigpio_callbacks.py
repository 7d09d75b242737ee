"""pigpio's callback thread, made to end when its connection does.

The thread of pigpio 1.78 spins at 100 % CPU after the daemon has closed the connection, and ends with a
traceback when it was reset (and a worker thread that ends unexpectedly ends our process). Here both end it
quietly: whoever reads the pins notices the loss within a poll and opens them anew. pigpio offers no way to
hand it another thread class, so the module's name is replaced before a connection is made.
"""

import socket
from typing import Any

import pigpio


class _EndingSocket:
    """Like the socket, but the end of the stream is an error."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self.send = inner.send
        self.close = inner.close

    def recv(self, size: int) -> bytes:
        data = self._inner.recv(size)
        if not data:
            raise ConnectionAbortedError("the pigpio daemon closed the connection")
        return data


class CallbackThread(pigpio._callback_thread):  # noqa: SLF001 - see above
    def run(self) -> None:
        lock: Any = self.sl
        lock.s = _EndingSocket(lock.s)
        try:
            super().run()  # type: ignore[no-untyped-call]
        except OSError:
            self.go = False


def install() -> None:
    """From the next connection on. Twice is allowed."""
    module: Any = pigpio
    module._callback_thread = CallbackThread  # noqa: SLF001 - see above
