"""Hook sensor behind the serial line interface: the interface says off-hook and on-hook.

It hears the same port as the line driver (`LineInterface.listen`), so one port serves both. A port that is
lost, or an interface that has not spoken since, leaves the hook unknown.
"""

import threading
from collections.abc import Callable

from drivers.hook import HookEvent, HookLifted, HookReplaced
from drivers.line import LineDetail, LineEvent, LineInterface, LineLost


class LineHook:
    """`line_number` picks one line of an interface that watches several."""

    def __init__(self, line: LineInterface, *, line_number: int = 1) -> None:
        self._lock = threading.Lock()
        self._line_number = line_number
        self._lifted = False  # as told to `emit`
        self._known = False
        self._closed = False
        self._emit: Callable[[HookEvent], None] | None = None
        line.listen(self._hear)

    def start(self, emit: Callable[[HookEvent], None]) -> None:
        with self._lock:
            self._emit = emit

    def is_lifted(self) -> bool | None:
        with self._lock:
            return self._lifted if self._known else None

    def close(self) -> None:
        with self._lock:
            self._closed = True

    def _hear(self, event: LineEvent) -> None:
        with self._lock:
            match event:
                case LineLost():
                    self._known = False
                case LineDetail(kind="off_hook" | "on_hook", line=self._line_number):
                    self._known = True
                    self._tell(event.at_ns, lifted=event.kind == "off_hook")
                case _:
                    pass

    def _tell(self, at_ns: int, *, lifted: bool) -> None:
        if lifted == self._lifted or self._emit is None or self._closed:
            return
        self._lifted = lifted
        self._emit(HookLifted(at_ns) if lifted else HookReplaced(at_ns))
