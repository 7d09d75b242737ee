"""VirtualDesk: the verbs of a virtual desk, from Python or from a shell.

    with VirtualDesk(directory, Options(line="cn")) as desk:
        os.environ.update(desk.environment())        # before PyAudio or gpiozero are used
        desk.ring(number="13800138000")
        desk.lift()
        desk.say("customer", "hello.wav", wait=True)
        desk.replace()

    python -P -m drivers.virtual.shell DIR ring number=13800138000

Every verb takes effect at the write head, up to Options.lead_ms after it is called, and says when: a Moment.
`desk.at(sample).lift()` schedules one at an exact sample instead.
"""

import socket
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from drivers.virtual import process, wire
from drivers.virtual.errors import DeskEndedError, VerbRefusedError, VirtualDeskError
from drivers.virtual.moments import RATE_HZ
from drivers.virtual.options import Options
from drivers.virtual.verbs import Verbs

T = TypeVar("T")


class VirtualDesk(Verbs):
    """A virtual desk: started by entering the context, or one that runs, with `VirtualDesk.attach(dir)`."""

    def __init__(self, directory: Path | str, options: Options | None = None) -> None:
        self.directory = Path(directory).absolute()
        self.options = options or Options()
        self._process: process.DeskProcess | None = None
        self._connection: socket.socket | None = None
        self._ready: process.Ready | None = None
        self._buffer = b""

    @classmethod
    def attach(cls, directory: Path | str) -> Self:
        """Speak to a desk that runs already; leaving the context leaves it running."""
        desk = cls(directory)
        desk._ready = process.read_ready(desk.directory)
        desk.options = desk._ready.options
        desk._connect()
        return desk

    def start(self) -> Self:
        """Start the process and wait until all its devices are there (at most 20 s, DeskEndedError)."""
        self._process = process.DeskProcess(self.directory, self.options)
        self._ready = self._process.wait_ready()
        self._connect()
        return self

    def stop(self) -> None:
        """Close the connection, and end the process if this client started it. Twice is allowed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.stop()
            self._process = None

    def __enter__(self) -> Self:
        return self if self._connection is not None else self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._known().pid

    def environment(self) -> dict[str, str]:
        """Variables that a desk's processes need to find this sound card and these pins, and no other."""
        return {
            "ALSA_CONFIG_PATH": self._known().asound_conf,
            "JACK_NO_START_SERVER": "1",
            "GPIOZERO_PIN_FACTORY": "pigpio",
            "PIGPIO_ADDR": "127.0.0.1",
            "PIGPIO_PORT": str(self._known().pigpio_port),
        }

    def settings(self) -> dict[str, dict[str, str | int]]:
        """What a desk's settings file must say to use these devices (tables of desk.toml)."""
        options = self.options
        interface: dict[str, str | int] = {"driver": options.interface}
        if options.interface != "disabled":
            interface["port"] = str(self.directory / "tty-line")
        return {
            "desk": {"line": options.line},
            "audio": {
                "driver": "pyaudio",
                "device": options.card_name,
                "rate_hz": options.card_rate_hz,
                "channels": options.card_channels,
                "stereo_sides": "agent_left" if options.card_channels == 2 else "mixed",
            },
            "hook": {"driver": "gpio", "pin": options.hook_pin, "lifted_level": options.lifted_level},
            "line_interface": interface,
            "lamps": {
                "driver": "gpio",
                "green_pin": options.green_pin,
                "red_pin": options.red_pin,
                "amber_pin": options.amber_pin,
                "amber_active": options.amber_active,
            },
            "gpio": {
                "factory": "pigpio",
                "pigpio_host": "127.0.0.1",
                "pigpio_port": self._known().pigpio_port,
            },
        }

    def at(self, sample: int) -> "Scheduled":
        """Verbs that take effect exactly at this sample; it must lie at or after the write head."""
        return Scheduled(self, sample)

    def events(self) -> list[dict[str, Any]]:
        """All of truth.jsonl so far."""
        lines = Path(self.truth().events_path).read_bytes().splitlines()
        return [msgspec.json.decode(line) for line in lines]

    def send(self, kind: type[T], request: wire.Request) -> T:
        """One request, one reply."""
        if self._connection is None:
            raise DeskEndedError("not connected to a virtual desk: enter its context or attach() first")
        try:
            self._connection.sendall(msgspec.json.encode(request) + b"\n")
            reply = msgspec.json.decode(self._read_line(self._connection), type=wire.Reply)
        except OSError as error:
            raise DeskEndedError(f"the virtual desk in {self.directory} went away: {error}") from error
        if reply.error:
            raise (VerbRefusedError if reply.refused else VirtualDeskError)(f"{request.verb}: {reply.error}")
        return msgspec.json.decode(reply.value, type=kind)

    def _call(self, kind: type[T], verb: str, **arguments: Any) -> T:
        return self.send(kind, wire.Request(verb, arguments))

    def _known(self) -> process.Ready:
        if self._ready is None:
            raise DeskEndedError("the virtual desk has not been started: enter its context or attach() first")
        return self._ready

    def _connect(self) -> None:
        try:
            self._connection = wire.connect(self.directory)
        except OSError as error:
            raise DeskEndedError(f"no virtual desk answers in {self.directory}: {error}") from error

    def _read_line(self, connection: socket.socket) -> bytes:
        while b"\n" not in self._buffer:
            got = connection.recv(1 << 16)
            if not got:
                raise DeskEndedError(f"the virtual desk in {self.directory} ended")
            self._buffer += got
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line


class Scheduled(Verbs):
    """The same verbs at one sample. The reply comes when the write head has got there."""

    def __init__(self, desk: VirtualDesk, sample: int) -> None:
        self._desk = desk
        self._sample = sample

    def _call(self, kind: type[T], verb: str, **arguments: Any) -> T:
        return self._desk.send(kind, wire.Request(verb, arguments, self._sample))


def samples(seconds: float) -> int:
    """Samples of the timeline in so many seconds."""
    return round(seconds * RATE_HZ)
