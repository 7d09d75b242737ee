"""A line interface on a serial port: the thread that reads it, and opens it again each second, for ever.

What a port that is unplugged does (measured on a pty and on cdc-acm): `read` raises SerialException,
`in_waiting` a bare OSError, flushing termios.error (which is no OSError), and opening again
SerialException. All of them mean: lost.
"""

import logging
import termios
import threading
import time
from collections.abc import Callable
from typing import Any

import serial

from drivers.line import LineEvent, LineFound, LineLost
from drivers.line.records import Parse, RecordReader

log = logging.getLogger(__name__)

REOPEN_S = 1.0
READ_TIMEOUT_S = 0.2  # bounds how long `close` waits
WRITE_TIMEOUT_S = 1.0
LOST = (serial.SerialException, OSError, termios.error, ValueError)  # ValueError: a URL of no known kind


class SerialLine:
    """`port` is a device path or a pyserial URL (rfc2217://host:port). `setup` is written at each open."""

    def __init__(
        self,
        *,
        name: str,
        port: str,
        baud_rate: int,
        parse: Parse,
        setup: tuple[bytes, ...] = (),
        setup_gap_s: float = 0.0,
    ) -> None:
        self._name = name
        self._port = port
        self._baud_rate = baud_rate
        self._parse = parse
        self._setup = setup
        self._setup_gap_s = setup_gap_s
        self._receivers: list[Callable[[LineEvent], None]] = []
        self._closed = threading.Event()
        self._lost_told = False
        self._thread = threading.Thread(target=self._run, name=f"line-{name}", daemon=True)

    def listen(self, listener: Callable[[LineEvent], None]) -> None:
        self._receivers.append(listener)

    def start(self, emit: Callable[[LineEvent], None]) -> None:
        self._receivers.append(emit)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                with self._open() as port:
                    self._found()
                    self._prepare(port)
                    self._read(port)
            except LOST as error:
                self._lost(error)
            self._closed.wait(REOPEN_S)

    def _open(self) -> Any:  # what pyserial's URL handlers have in common has no type of its own
        port = serial.serial_for_url(self._port, baudrate=self._baud_rate, timeout=READ_TIMEOUT_S)
        if "://" not in self._port:  # rfc2217 refuses a write timeout: the network has its own
            port.write_timeout = WRITE_TIMEOUT_S
        return port

    def _prepare(self, port: Any) -> None:
        for piece in self._setup:
            port.write(piece)
            self._closed.wait(self._setup_gap_s)

    def _read(self, port: Any) -> None:
        reader = RecordReader(self._parse)
        try:
            while not self._closed.is_set():
                data = port.read(max(1, port.in_waiting))
                reader.feed(data, time.monotonic_ns())
                self._deliver(reader)
        finally:
            reader.flush(time.monotonic_ns())
            self._deliver(reader)

    def _deliver(self, reader: RecordReader) -> None:
        while (event := reader.next_event()) is not None:
            self._tell(event)

    def _found(self) -> None:
        self._lost_told = False
        log.info("line_found driver=%s", self._name)
        self._tell(LineFound(time.monotonic_ns(), self._name))

    def _lost(self, error: Exception) -> None:
        if self._lost_told:
            return
        self._lost_told = True
        log.warning("line_lost driver=%s port=%s reason=%s", self._name, self._port, error)
        reason = f"{self._port}: {error}. Look at the cable, then at `offhook devices`"
        self._tell(LineLost(time.monotonic_ns(), reason))

    def _tell(self, event: LineEvent) -> None:
        if self._closed.is_set():
            return
        for receive in self._receivers:
            receive(event)
