"""No line interface: says nothing."""

from collections.abc import Callable

from drivers.line import LineEvent


class DisabledLine:
    def listen(self, listener: Callable[[LineEvent], None]) -> None:
        del listener

    def start(self, emit: Callable[[LineEvent], None]) -> None:
        del emit

    def close(self) -> None:
        return
