"""Bytes to lines to events, pure: what both serial line interfaces have in common.

A record is one line ended by LF (a CR before it belongs to the end). Lines are bounded: what runs on
without an end is cut into pieces of MAX_LINE_BYTES, each of them garbage.
"""

from collections import deque
from collections.abc import Callable

from drivers.line import LineEvent, LineGarbage

MAX_LINE_BYTES = 256  # four times the longest record

# One line without its end (never empty) and its time, to one event or several (garbage before a record).
Parse = Callable[[bytes, int], tuple[LineEvent, ...]]


class RecordReader:
    """Feed bytes, then take events until None."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self._buffer = b""
        self._events: deque[LineEvent] = deque()

    def feed(self, data: bytes, at_ns: int) -> None:
        """Take bytes read at `at_ns`; the events that they complete carry that time."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._take(line.removesuffix(b"\r"), at_ns)
        while len(self._buffer) > MAX_LINE_BYTES:
            piece, self._buffer = self._buffer[:MAX_LINE_BYTES], self._buffer[MAX_LINE_BYTES:]
            self._events.append(LineGarbage(at_ns, piece))

    def next_event(self) -> LineEvent | None:
        """The oldest event not yet taken; None: more bytes are needed."""
        return self._events.popleft() if self._events else None

    def flush(self, at_ns: int) -> None:
        """The port is gone: what lies half read is garbage."""
        if self._buffer:
            self._events.append(LineGarbage(at_ns, self._buffer))
            self._buffer = b""

    def _take(self, line: bytes, at_ns: int) -> None:
        while len(line) > MAX_LINE_BYTES:
            self._events.append(LineGarbage(at_ns, line[:MAX_LINE_BYTES]))
            line = line[MAX_LINE_BYTES:]
        if line:
            self._events.extend(self._parse(line, at_ns))
