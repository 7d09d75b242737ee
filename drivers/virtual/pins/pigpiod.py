"""The socket protocol of the pigpio daemon, as far as gpiozero's PiGPIOFactory speaks it.

A request is four u32 (command, p1, p2, length of what follows); the answer repeats three of them and gives a
result, negative for an error. A connection that asks for a notification handle gets reports of 12 bytes
(u16 sequence, u16 flags, u32 tick in µs, u32 levels) from then on.
Unlike the real daemon, and like the kernel under lgpio, pins that a client drove float when it goes away: a
dead process leaves no lamp on.
"""

import contextlib
import socket
import struct
from collections.abc import Callable

from drivers.virtual.loop import Loop
from drivers.virtual.pins.bank import PINS, PinBank

REQUEST = struct.Struct("<IIII")
REPORT = struct.Struct("<HHII")
REVISION = 0x902120
"""Raspberry Pi Zero 2 W, so that gpiozero knows its header."""
VERSION = 79
BAD_GPIO, NOT_PWM, UNKNOWN_COMMAND, BAD_HANDLE = -3, -92, -88, -25
MAX_EXTRA = 1 << 16
"""Bytes after a request; more is no pigpio client."""


class PigpioServer:
    """Listens on 127.0.0.1; port 0 takes a free one."""

    def __init__(self, loop: Loop, bank: PinBank, port: int) -> None:
        self._loop = loop
        self._bank = bank
        self._listener = socket.create_server(("127.0.0.1", port), backlog=16)
        self._listener.setblocking(False)
        self._clients: dict[int, Client] = {}
        self._next_handle = 0
        loop.watch(self._listener, self._accept)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def add_notifier(self, client: "Client") -> int:
        self._next_handle += 1
        self._clients[self._next_handle] = client
        return self._next_handle

    def set_bits(self, handle: int, bits: int) -> int:
        client = self._clients.get(handle)
        if client is None:
            return BAD_HANDLE
        client.bits = bits
        return 0

    def drop(self, client: "Client") -> None:
        self._clients = {h: c for h, c in self._clients.items() if c is not client}

    def close(self) -> None:
        self._loop.unwatch(self._listener)
        self._listener.close()
        for client in list(self._clients.values()):
            client.close()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Client(self._loop, self, self._bank, connection)


class Client:
    """One connection: a control connection, or one that gets reports."""

    def __init__(self, loop: Loop, server: PigpioServer, bank: PinBank, connection: socket.socket) -> None:
        self.bits = 0
        self._loop = loop
        self._server = server
        self._bank = bank
        self._socket = connection
        self._buffer = b""
        self._sequence = 0
        self._closed = False
        loop.watch(connection, self._readable)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._loop.unwatch(self._socket)
        self._socket.close()
        self._server.drop(self)
        with contextlib.suppress(ValueError):
            self._bank.unlisten(self._report)
        self._bank.release(self, self._loop.now_ns())

    def _readable(self) -> None:
        try:
            got = self._socket.recv(1 << 14)
        except BlockingIOError:
            return
        except OSError:
            got = b""
        if not got:
            self.close()
            return
        self._buffer += got
        while len(self._buffer) >= REQUEST.size and not self._closed:
            command, p1, p2, extra = REQUEST.unpack_from(self._buffer)
            if extra > MAX_EXTRA:
                self.close()
            if len(self._buffer) < REQUEST.size + extra:
                return
            self._buffer = self._buffer[REQUEST.size + extra :]
            result = self._execute(command, p1, p2)
            self._send(REQUEST.pack(command, p1, p2, result & 0xFFFFFFFF))

    def _execute(self, command: int, p1: int, p2: int) -> int:
        whole = WHOLE_BANK.get(command)
        if whole is not None:
            return whole(self, p1, p2)
        single = SINGLE_PIN.get(command)
        if single is None:
            return UNKNOWN_COMMAND
        return single(self, p1, p2) if p1 < PINS else BAD_GPIO

    def _report(self, changed: int, levels: int, at_ns: int) -> None:
        if changed & self.bits:
            self._send(REPORT.pack(self._sequence & 0xFFFF, 0, _tick(at_ns), levels))
            self._sequence += 1

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError:
            self.close()

    # Commands of the whole bank

    def read_bank(self, _p1: int, _p2: int) -> int:
        return self._bank.levels()

    def open_notifications(self, _p1: int, _p2: int) -> int:
        self._bank.listen(self._report)
        return self._server.add_notifier(self)

    def begin_notifications(self, handle: int, bits: int) -> int:
        return self._server.set_bits(handle, bits)

    def close_notifications(self, handle: int, _p2: int) -> int:
        return self._server.set_bits(handle, 0)

    def tick(self, _p1: int, _p2: int) -> int:
        return _tick(self._loop.now_ns())

    # Commands of one pin

    def set_mode(self, gpio: int, mode: int) -> int:
        self._bank.set_mode(gpio, mode, self, self._loop.now_ns())
        return 0

    def get_mode(self, gpio: int, _p2: int) -> int:
        return self._bank.pins[gpio].mode

    def accept_only(self, _gpio: int, _p2: int) -> int:
        """Pull-ups and noise filters: the circuit drives every input hard, so they change nothing."""
        return 0

    def read(self, gpio: int, _p2: int) -> int:
        return self._bank.pins[gpio].level

    def write(self, gpio: int, level: int) -> int:
        self._bank.write(gpio, level & 1, self, self._loop.now_ns())
        return 0

    def set_duty(self, gpio: int, duty: int) -> int:
        self._bank.set_duty(gpio, duty, self, self._loop.now_ns())
        return 0

    def get_duty(self, gpio: int, _p2: int) -> int:
        duty = self._bank.pins[gpio].duty
        return NOT_PWM if duty is None else duty

    def set_range(self, gpio: int, full: int) -> int:
        self._bank.pins[gpio].range = full
        return full

    def get_range(self, gpio: int, _p2: int) -> int:
        return self._bank.pins[gpio].range

    def set_frequency(self, gpio: int, hertz: int) -> int:
        self._bank.pins[gpio].frequency_hz = hertz
        return hertz

    def get_frequency(self, gpio: int, _p2: int) -> int:
        return self._bank.pins[gpio].frequency_hz

    def set_filter(self, gpio: int, steady_us: int) -> int:
        self._bank.set_filter(gpio, steady_us)
        return 0


Handler = Callable[[Client, int, int], int]
# Command numbers as in pigpio's own client.
WHOLE_BANK: dict[int, Handler] = {
    10: Client.read_bank,
    16: Client.tick,
    17: lambda _client, _p1, _p2: REVISION,
    19: Client.begin_notifications,
    21: Client.close_notifications,
    26: lambda _client, _p1, _p2: VERSION,
    99: Client.open_notifications,
}
SINGLE_PIN: dict[int, Handler] = {
    0: Client.set_mode,
    1: Client.get_mode,
    2: Client.accept_only,
    3: Client.read,
    4: Client.write,
    5: Client.set_duty,
    6: Client.set_range,
    7: Client.set_frequency,
    22: Client.get_range,
    23: Client.get_frequency,
    83: Client.get_duty,
    97: Client.set_filter,
    98: Client.accept_only,
}


def _tick(at_ns: int) -> int:
    return at_ns // 1000 & 0xFFFFFFFF
