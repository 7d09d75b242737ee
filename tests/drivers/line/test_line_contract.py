"""The contract of line interfaces, over every implementation and over a real tty and a network port."""

import contextlib
import os
import queue
import socket
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
import serial.rfc2217

from config.load import load_desk
from drivers.line import LineDetail, LineFound, LineGarbage, LineInterface, LineLost
from drivers.line.lineboard import emit as lineboard_line
from drivers.open import open_line

WAIT_S = 10.0


class PtyPort:
    """A serial port whose far end is ours: `path` is a link, as udev makes them."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "tty-line")
        self.plug()

    def plug(self) -> None:
        self._far, near = os.openpty()
        tty.setraw(near)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        os.symlink(os.ttyname(near), self.path)
        self._near = near  # kept open, so that the port outlives its readers

    def send(self, data: bytes) -> None:
        os.write(self._far, data)

    def received(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += os.read(self._far, size - len(data))
        return data

    def unplug(self) -> None:
        os.unlink(self.path)
        os.close(self._near)
        os.close(self._far)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.unplug()


class Rfc2217Port:
    """A serial port behind a network server (pyserial's own PortManager over a pty)."""

    def __init__(self, folder: Path) -> None:
        self._pty = PtyPort(folder)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.path = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self._client: socket.socket | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._client = client
                port = serial.serial_for_url(self._pty.path, timeout=0.05)
                with contextlib.suppress(OSError):
                    self._bridge(client, port)
                port.close()

    def _bridge(self, client: socket.socket, port: serial.Serial) -> None:
        lock = threading.Lock()

        class Writer:
            def write(self, data: bytes) -> None:
                with lock:
                    client.sendall(data)

        manager = serial.rfc2217.PortManager(_NoModemLines(port), Writer())

        ended = threading.Event()

        def outwards() -> None:
            with contextlib.suppress(OSError):
                while not ended.is_set():
                    data = port.read(256)
                    if data:
                        Writer().write(b"".join(manager.escape(data)))

        thread = threading.Thread(target=outwards, daemon=True)
        thread.start()
        try:
            while data := client.recv(256):
                port.write(b"".join(manager.filter(data)))
        finally:
            ended.set()
            thread.join()

    def send(self, data: bytes) -> None:
        self._pty.send(data)

    def received(self, size: int) -> bytes:
        return self._pty.received(size)

    def unplug(self) -> None:
        """The network goes: the client's connection is cut and nobody listens."""
        self._address = self._listener.getsockname()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._client is not None:
            self._client.shutdown(socket.SHUT_RDWR)

    def plug(self) -> None:
        self._listener = socket.create_server(self._address)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.unplug()
        self._pty.close()


class _NoModemLines:
    """A pty has no modem lines (they raise); the server tells them as low."""

    cts = dsr = ri = cd = False

    def __init__(self, port: serial.Serial) -> None:
        self.__dict__["_port"] = port

    def __getattr__(self, name: str):
        return getattr(self._port, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name not in {"dtr", "rts"}:
            setattr(self._port, name, value)


@pytest.fixture(params=[PtyPort, Rfc2217Port])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PtyPort | Rfc2217Port]:
    made = request.param(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["whozz_calling", "lineboard"])
def driver(request: pytest.FixtureRequest) -> str:
    return request.param


RECORDS = {"whozz_calling": b"01 F     11/07 17:45:04\r\n", "lineboard": lineboard_line(b"H 1")}


def make(driver: str, path: str, folder: Path) -> LineInterface:
    file = folder / "desk.toml"
    file.write_text(f'[line_interface]\ndriver = "{driver}"\nport = "{path}"\n')
    return open_line(load_desk(file))


@pytest.fixture
def line(driver, port, tmp_path) -> Iterator[LineInterface]:
    made = make(driver, port.path, tmp_path)
    yield made
    made.close()


def begin(line: LineInterface) -> "queue.Queue":
    heard: queue.Queue = queue.Queue()
    line.start(heard.put)
    return heard


def test_found_then_records_then_lost_once_then_found_again(line, driver, port):
    heard = begin(line)
    assert heard.get(timeout=WAIT_S).product == driver
    port.send(RECORDS[driver])
    assert heard.get(timeout=WAIT_S).kind == "off_hook"
    port.send(b"half a rec")
    port.unplug()
    rest = [heard.get(timeout=WAIT_S)]
    if isinstance(rest[0], LineGarbage):  # what lay half read, if it was read before the end
        assert rest[0].raw == b"half a rec"
        rest = [heard.get(timeout=WAIT_S)]
    assert isinstance(rest[0], LineLost)
    with pytest.raises(queue.Empty):  # tries to open it again say nothing more
        heard.get(timeout=1.3)
    port.plug()
    assert isinstance(heard.get(timeout=WAIT_S), LineFound)
    port.send(RECORDS[driver])
    event = heard.get(timeout=WAIT_S)
    while isinstance(event, LineGarbage):
        event = heard.get(timeout=WAIT_S)
    assert event.kind == "off_hook"


def test_garbage_is_told_and_the_next_record_comes_through(line, driver, port):
    heard = begin(line)
    assert isinstance(heard.get(timeout=WAIT_S), LineFound)
    port.send(b"\x80\x81noise\r\n" + RECORDS[driver])
    assert heard.get(timeout=WAIT_S).raw == b"\x80\x81noise"
    assert isinstance(heard.get(timeout=WAIT_S), LineDetail)


def test_listeners_hear_the_same(line, driver, port):
    second: queue.Queue = queue.Queue()
    line.listen(second.put)
    first = begin(line)
    found = first.get(timeout=WAIT_S)
    port.send(RECORDS[driver])
    assert [found, first.get(timeout=WAIT_S)] == [second.get(timeout=WAIT_S) for _ in range(2)]


def test_close_ends_it_and_twice_is_allowed(line, driver, port):
    heard = begin(line)
    assert isinstance(heard.get(timeout=WAIT_S), LineFound)
    line.close()
    line.close()
    port.send(RECORDS[driver])
    with pytest.raises(queue.Empty):
        heard.get(timeout=0.5)


def test_a_port_that_is_missing_from_the_start_is_lost_once_and_then_found(driver, tmp_path):
    line = make(driver, str(tmp_path / "tty-line"), tmp_path)
    heard = begin(line)
    lost = heard.get(timeout=WAIT_S)
    assert isinstance(lost, LineLost)
    assert str(tmp_path / "tty-line") in lost.reason
    port = PtyPort(tmp_path)
    assert isinstance(heard.get(timeout=WAIT_S), LineFound)
    line.close()
    port.close()


def test_the_unit_is_set_up_at_each_open(tmp_path):
    port = PtyPort(tmp_path)
    line = make("whozz_calling", port.path, tmp_path)
    begin(line)
    assert port.received(6) == b"ECXdAo"
    line.close()
    port.close()


def test_disabled_says_nothing():
    line = open_line(load_desk(None))
    heard: queue.Queue = queue.Queue()
    line.listen(heard.put)
    line.start(heard.put)
    line.close()
    line.close()
    assert heard.empty()
