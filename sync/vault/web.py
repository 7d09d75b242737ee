"""The two HTTP listeners: HTTPS for desks and people, and the console without TLS on loopback, if wanted."""

import contextlib
import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn
from litestar import Litestar

from config.vault import VaultSettings
from firmware.log import event
from sync.vault.errors import SetupError
from sync.vault.layout import https_files

log = logging.getLogger("vault")
BACKLOG = 2048  # connections that wait when every desk comes back at once
KEEP_ALIVE_S = 75  # outlasts a desk's pause between two PATCHes, so that a call costs one TLS handshake
STOP_S = (
    1  # for requests at the end; a PATCH takes milliseconds, an idle TLS connection would wait for its peer
)


class Server(uvicorn.Server):
    """Two of them share one loop, and the signals are the process's own business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Listener:
    """A server and the socket that it was given: bound before anything else starts."""

    server: Server
    socket: socket.socket

    async def serve(self) -> None:
        await self.server.serve(sockets=[self.socket])

    def stop(self) -> None:
        self.server.should_exit = True


def listeners(app: Litestar, settings: VaultSettings) -> list[Listener]:
    """SetupError when an address is taken."""
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
    files, web, plain = https_files(settings), settings.https, settings.console_http
    secure = _config(app)
    secure.ssl_certfile, secure.ssl_keyfile = str(files.cert), str(files.key)
    found = [Listener(Server(secure), _bind(web.listen_host, web.port))]
    event(log, "listening", https=f"{web.listen_host}:{web.port}")
    if plain.enabled:
        found.append(Listener(Server(_config(app)), _bind(plain.host, plain.port)))
        event(log, "listening", console=f"http://{plain.host}:{plain.port}")
    return found


def _config(app: Litestar) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S,
    )


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SetupError(f"{host} port {port}: cannot listen there: {error.strerror}") from error
