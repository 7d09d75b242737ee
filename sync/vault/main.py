"""Composition root of the vault process: open, run, drain, close."""

import asyncio
import logging
import signal

import uvloop
from litestar import Litestar

from config.vault import VaultSettings
from firmware.log import event
from sync.vault.api.app import create_app
from sync.vault.assembly import assemble
from sync.vault.catalogue import people
from sync.vault.commands.init import first_admin
from sync.vault.console import console_parts
from sync.vault.errors import SetupError
from sync.vault.ingest.broker import Broker, Message
from sync.vault.layout import mqtt_files
from sync.vault.web import Listener, listeners

log = logging.getLogger("vault")
FLUSH_S = 5.0  # live state may be this much behind after a crash; the desk says it again within 30 s
DRAIN_S = 10.0  # for what runs at SIGTERM


class VaultProcess:
    """Everything in one process and one event loop; only the catalogue's writer and paho have threads."""

    def __init__(self, settings: VaultSettings) -> None:
        """Open: keys, catalogue, folders. EvidenceError or VaultError say what is missing."""
        self._settings = settings
        self._broker: Broker | None = None
        self.services = assemble(settings, self._publish)

    async def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self.services.completion.look_at_all()
        web = listeners(self._app(), self._settings)
        serving = [asyncio.create_task(listener.serve()) for listener in web]
        self._broker = self._connect(loop)
        flushing = asyncio.create_task(self._flush())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({stopping, flushing, *serving}, return_when=asyncio.FIRST_COMPLETED)
        unexpected = not stop.is_set()
        event(log, "stopping", unexpected=unexpected)
        for task in (stopping, flushing):
            task.cancel()
        await self._drain(web, serving)
        if unexpected:
            raise SetupError("the vault stopped by itself; its log says why")

    def close(self) -> None:
        self.services.catalogue.close()

    async def _drain(self, web: list[Listener], serving: list[asyncio.Task[None]]) -> None:
        """Broker first, so that nothing new comes; then what was taken, then requests."""
        if self._broker is not None:
            await asyncio.to_thread(self._broker.close)
        self.services.events.close()
        for listener in web:
            listener.stop()
        work = asyncio.gather(
            self.services.ingest.drain(),
            *serving,
            self.services.live.flush(),
            return_exceptions=True,
        )
        try:
            async with asyncio.timeout(DRAIN_S):
                await work
        except TimeoutError:
            event(log, "drain_timeout", level=logging.WARNING, seconds=DRAIN_S)

    def _app(self) -> Litestar:
        console = console_parts(self.services)
        return create_app(
            self.services,
            pages=console.pages,
            templates=console.templates,
            plugins=console.plugins,
            error_page=console.error_page,
        )

    def _connect(self, loop: asyncio.AbstractEventLoop) -> Broker:
        mqtt = self._settings.mqtt

        def take(message: Message) -> None:
            loop.call_soon_threadsafe(self.services.ingest.take, message)

        broker = Broker(
            host=mqtt.host,
            port=mqtt.service_port,
            client_id=f"vault-{self._settings.vault.name}",
            tls=mqtt_files(self._settings),
            on_message=take,
            on_change=lambda _connected: None,
        )
        broker.start()
        return broker

    def _publish(self, topic: str, payload: bytes) -> None:
        if self._broker is not None:
            self._broker.publish(topic, payload)

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await self.services.live.flush()


def run(settings: VaultSettings) -> None:
    """Body of `offhook vault run`."""
    process = VaultProcess(settings)
    try:
        if people.count(process.services.catalogue.reader) == 0:
            print(f"first person: admin, password: {first_admin(settings)}", flush=True)  # noqa: T201 -- shown once
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(process.run())
    finally:
        process.close()
