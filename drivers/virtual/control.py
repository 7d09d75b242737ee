"""The control socket: requests in, verbs called, replies out (wire.py has the format)."""

import contextlib
import inspect
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from drivers.virtual import wire
from drivers.virtual.actions import Actions
from drivers.virtual.desk import Desk
from drivers.virtual.errors import VerbRefusedError, VirtualDeskError
from drivers.virtual.later import Later


class Control:
    """Listens at DIR/control.sock."""

    def __init__(self, desk: Desk, directory: Path) -> None:
        self._desk = desk
        self._actions = Actions(desk)
        self._path = directory / "control.sock"
        self._path.unlink(missing_ok=True)
        address, descriptor = wire.short_address(directory)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._listener.bind(address)
        finally:
            os.close(descriptor)
        os.chmod(self._path, 0o600)
        self._listener.listen(16)
        self._listener.setblocking(False)
        desk.loop.watch(self._listener, self._accept)

    def close(self) -> None:
        self._desk.loop.unwatch(self._listener)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        Session(self._desk, self._actions, connection)


class Session:
    """One client. Requests are taken one after the other; the next waits for the reply of the one before."""

    def __init__(self, desk: Desk, actions: Actions, connection: socket.socket) -> None:
        self._desk = desk
        self._actions = actions
        self._socket = connection
        self._buffer = b""
        self._busy = False
        self._taking = False
        self._closed = False
        connection.setblocking(False)
        desk.loop.watch(connection, self._readable)

    def _readable(self) -> None:
        try:
            got = self._socket.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            got = b""
        self._buffer += got
        if not got or len(self._buffer) > wire.LINE_LIMIT:
            self._close()
        else:
            self._take()

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            self._desk.loop.unwatch(self._socket)
            self._socket.close()

    def _take(self) -> None:
        self._taking = True
        while not self._busy and not self._closed and b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            self._busy = True
            try:
                request = msgspec.json.decode(line, type=wire.Request)
            except msgspec.DecodeError as error:
                self._reply(VerbRefusedError(f"not a request: {error}"))
                continue
            self._schedule(request)
        self._taking = False

    def _schedule(self, request: wire.Request) -> None:
        timeline = self._desk.timeline
        if request.at_sample is None:
            self._run(request)
        elif request.at_sample < timeline.head:
            self._reply(
                VerbRefusedError(
                    f"sample {request.at_sample} has been written, the head is at {timeline.head}"
                )
            )
        else:
            timeline.at(request.at_sample, lambda: self._run(request))

    def _run(self, request: wire.Request) -> None:
        try:
            value = call(self._actions, request)
        except VirtualDeskError as error:
            self._reply(error)
            return
        if isinstance(value, Later):
            value.then(self._reply)
        else:
            self._reply(value)

    def _reply(self, outcome: Any) -> None:
        """Ends the request; the next one of this client may already be here."""
        if isinstance(outcome, VirtualDeskError):
            reply = wire.Reply(str(outcome), refused=isinstance(outcome, VerbRefusedError))
        else:
            reply = wire.Reply(value=msgspec.Raw(msgspec.json.encode(outcome)))
        self._busy = False
        if not self._closed:
            self._socket.setblocking(True)
            with contextlib.suppress(OSError):
                self._socket.sendall(msgspec.json.encode(reply) + b"\n")
            self._socket.setblocking(False)
        if not self._taking:
            self._take()


def call(actions: Actions, request: wire.Request) -> Any:
    """The verb with its arguments, converted to what it takes: numbers may come as text, from a shell."""
    verb: Callable[..., Any] | None = getattr(actions, request.verb, None)
    if verb is None or request.verb.startswith("_"):
        raise VerbRefusedError(f"no such verb; there are {', '.join(verb_names())}")
    hints = get_type_hints(verb)
    try:
        arguments = {
            name: msgspec.convert(value, hints.get(name, Any), strict=False)
            for name, value in request.arguments.items()
        }
        inspect.signature(verb).bind(**arguments)
    except (msgspec.ValidationError, TypeError) as error:
        raise VerbRefusedError(f"{error} (takes {inspect.signature(verb)})") from error
    return verb(**arguments)


def verb_names() -> list[str]:
    return [name for name in vars(Actions) if not name.startswith("_")]
