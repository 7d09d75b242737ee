"""A pseudo-terminal with a link that stays the same when it is unplugged and plugged in again."""

import contextlib
import os
import select
import tty
from pathlib import Path


class TtyPort:
    """What nobody has open hears nothing, as on a serial line: bytes sent then are lost."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._master: int | None = None
        self._was_open = False

    @property
    def plugged(self) -> bool:
        return self._master is not None

    def plug(self) -> None:
        if self._master is not None:
            return
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        name = os.ttyname(slave)
        os.close(slave)
        fresh = self.link.with_name(self.link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(name)
        fresh.replace(self.link)

    def unplug(self) -> None:
        """Whoever has it open gets an end of file and EIO, as when a USB adapter is pulled."""
        if self._master is not None:
            self.link.unlink(missing_ok=True)
            os.close(self._master)
            self._master = None
        self._was_open = False

    def opened(self) -> bool:
        """True once after each time that somebody opened it. What was sent to us is taken and forgotten."""
        if self._master is not None:
            with contextlib.suppress(BlockingIOError, OSError):
                os.read(self._master, 4096)
        is_open = self._is_open()
        fresh = is_open and not self._was_open
        self._was_open = is_open
        return fresh

    def send(self, data: bytes) -> None:
        """A reader that does not read loses what no longer fits, as on a line without handshake."""
        if self._master is not None and self._is_open():
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)

    def _is_open(self) -> bool:
        """The master hangs up while no one has the slave open."""
        if self._master is None:
            return False
        poll = select.poll()
        poll.register(self._master, select.POLLOUT)
        return all(not events & select.POLLHUP for _, events in poll.poll(0))
