"""Composition root of the agent process: open, run, drain, close."""

import logging
import os
import queue
import signal
import ssl
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from config.desk import DeskSettings
from config.desk import Replica as ReplicaSettings
from drivers.clock import Clock
from drivers.open import open_board, open_clock
from firmware import log as logs
from firmware.alone import AnotherRunsError, hold_alone
from firmware.evidence.errors import EvidenceError
from firmware.evidence.ids import call_id
from firmware.evidence.keys import SigningKey, VerifyKey
from firmware.evidence.times import format_utc
from firmware.ledger.errors import LedgerError
from firmware.ledger.ledger import Ledger
from firmware.spool.errors import SpoolError
from firmware.spool.spool import Spool
from firmware.version import VERSION
from sync.agent.agent import Agent, Event, ReceiptCame, Stop, ThreadEnded
from sync.agent.commands import CommandCheck, carry_out
from sync.agent.credentials import Credentials
from sync.agent.cursor import CursorFile
from sync.agent.delivery import Delivery, recorded_in
from sync.agent.errors import AgentError
from sync.agent.https import VaultHttps, pinned
from sync.agent.local import Limits, Local, Sampler
from sync.agent.mqtt import Broker, MqttLink
from sync.agent.ports import DeskLedger
from sync.agent.receipts import ReceiptCheck
from sync.agent.replica import Replica
from sync.agent.scan import Scan
from sync.agent.sender import LedgerSender
from sync.agent.shelf import Shelf
from sync.agent.teller import Teller
from sync.agent.upload import Vault
from sync.agent.uploader import Uploader
from sync.agent.watch import Watch
from sync.wire.messages import Presence, State, encode
from sync.wire.topics import Topics

CLOSE_S = 2.0  # for each connection to say "stopped", for each uploader to end


class Process:
    """All parts of one agent. `open` may fail with a sentence; `close` bounds every step and skips none."""

    def __init__(self, settings: DeskSettings, log: logging.Logger) -> None:
        self._settings, self._log = settings, log
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._clock: Clock = open_clock(settings)
        self._spool = Spool(settings.state_path)
        self._shelf = Shelf()
        self._replicas: dict[str, Replica] = {}
        self._unusable: dict[str, str] = {}
        self._key = _desk_key(settings)
        self._ledger = self._open_ledger()
        self._sampler = Sampler(open_board(settings), self._clock)
        self._watch = Watch(self._spool.layout, self.events.put)

    def open(self) -> Agent:
        """Everything made, nothing lost of what a killed agent had begun, all threads running."""
        for one in self._settings.replica:
            try:
                self._replicas[one.name] = self._replica(one)
            except (AgentError, EvidenceError) as error:
                self._unusable[one.name] = str(error)
                logs.event(self._log, "replica_unusable", level=logging.ERROR, replica=one.name, reason=error)
        scan = Scan(
            self._spool.layout,
            self._shelf,
            replicas=(one.name for one in self._settings.replica),
            boot=self._clock.boot_id,
            wall_s=time.time,
        )
        local, delivery = self._local(scan), self._delivery()
        self._watch.start()  # before the scan: what finishes in between is seen twice, not never
        delivery.settle()
        scan.all()
        local.read_recorder()
        local.read_panel()
        agent = self._agent(local, delivery)
        self._start_threads()
        return agent

    def close(self) -> None:
        steps: list[tuple[str, Callable[[], object]]] = [
            ("watch", self._watch.close),
            ("sampler", self._sampler.close),
            *(
                (f"mqtt-{one.name}", lambda one=one: one.link.close(CLOSE_S))
                for one in self._replicas.values()
            ),
            ("shelf", self._shelf.close),
            *((f"upload-{one.name}", lambda one=one: _join(one)) for one in self._replicas.values()),
            *((f"cursor-{one.name}", one.sender.close) for one in self._replicas.values()),
            ("ledger", self._ledger.close),
            ("lock", lambda: os.close(self._lock)),
        ]
        for name, step in steps:
            try:
                step()
            except Exception as error:  # one failing close does not stop the others
                logs.event(self._log, "close_failed", level=logging.ERROR, step=name, error=error)

    def _open_ledger(self) -> DeskLedger:
        path = self._spool.layout.ledger
        try:
            self._spool.prepare()
            self._lock = hold_alone(self._spool.layout.run, "agent")
            (self._settings.state_path / "agent").mkdir(exist_ok=True)
            return DeskLedger(Ledger(path, desk=self._settings.desk.id, clock=self._clock, key=self._key))
        except (LedgerError, SpoolError, OSError) as error:
            raise AgentError(f"{error}") from error

    def _local(self, scan: Scan) -> Local:
        return Local(
            state_dir=self._settings.state_path,
            run_dir=self._spool.layout.run,
            boot=self._clock.boot_id,
            firmware=VERSION,
            limits=Limits(
                self._settings.spool.keep_days,
                self._settings.spool.low_percent,
                self._settings.receipts_required,
            ),
            scan=scan,
            sampler=self._sampler,
            unusable=self._unusable,
        )

    def _delivery(self) -> Delivery:
        check = ReceiptCheck(
            desk=self._settings.desk.id,
            keys=self._vault_keys(),
            recorded=lambda seq: recorded_in(self._ledger, self._call_of(seq), seq),
        )
        return Delivery(
            call_of=self._call_of,
            ledger=self._ledger,
            spool=self._spool,
            shelf=self._shelf,
            check=check,
            required=self._settings.receipts_required,
        )

    def _agent(self, local: Local, delivery: Delivery) -> Agent:
        commands = CommandCheck(
            desk=self._settings.desk.id,
            keys=self._vault_keys(),
            memory=self._settings.state_path / "agent" / "commands.json",
            wall=self._clock.wall,
        )
        return Agent(
            events=self.events,
            replicas=self._replicas,
            ledger=self._ledger,
            delivery=delivery,
            commands=commands,
            carry_out=lambda command: carry_out(
                command, run_dir=self._spool.layout.run, boot=self._clock.boot_id, mono_ns=time.monotonic_ns()
            ),
            local=local,
            teller=Teller(local=local, shelf=self._shelf, wall=self._clock.wall),
            shelf=self._shelf,
            watching=self._watch.is_alive,
            wall=self._clock.wall,
            log=self._log,
        )

    def _replica(self, one: ReplicaSettings) -> Replica:
        """One replica's parts; AgentError when its files cannot be used."""
        topics = Topics(site=self._settings.desk.site, desk=self._settings.desk.id)
        link = MqttLink(
            Broker(one.name, one.mqtt_host, one.mqtt_port, self._client_context(one)),
            topics=topics,
            emit=self.events.put,
            state_payload=self._state_payload,
            new_session=lambda: uuid.uuid4().hex[:16],
        )
        sender = LedgerSender(
            ledger=self._ledger,
            cursor=CursorFile(self._settings.state_path / "agent" / f"{one.name}.json", now=time.monotonic),
            publish=lambda payload: link.publish("ledger", payload),
            mono_s=time.monotonic,
        )
        return Replica(one.name, link, sender, self._uploader(one))

    def _uploader(self, one: ReplicaSettings) -> Uploader:
        credentials = Credentials(
            desk=self._settings.desk.id,
            vault=one.name,
            key=self._key,
            wall=self._clock.wall,
            mono_s=time.monotonic,
        )
        vault = Vault(
            name=one.name,
            https=VaultHttps(one.https_url, pinned(Path(one.ca_file))),
            credentials=credentials,
            on_receipt=lambda text: self.events.put(ReceiptCame(one.name, text)),
        )
        return Uploader(
            vault=vault,
            shelf=self._shelf,
            call_of=self._call_of,
            report=self.events.put,
            mono_s=time.monotonic,
            wall_s=time.time,
        )

    def _client_context(self, one: ReplicaSettings) -> ssl.SSLContext:
        context = pinned(Path(one.ca_file))
        certificate = self._settings.keys_path / f"{one.name}.crt"
        key = self._settings.keys_path / f"{one.name}.key"
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise AgentError(
                f"{certificate} with {key.name} cannot be used ({error}): enrol this desk at {one.name} again"
            ) from error
        return context

    def _state_payload(self, presence: Presence, session: str) -> bytes:
        return encode(State(state=presence, session=session, at=format_utc(self._clock.wall())))

    def _vault_keys(self) -> dict[str, VerifyKey]:
        return {one.name: VerifyKey.from_base64(one.public_key) for one in self._settings.replica}

    def _call_of(self, seq: int) -> str:
        return call_id(self._settings.desk.id, seq)

    def _start_threads(self) -> None:
        for one in self._replicas.values():
            one.link.start(self._ended(f"mqtt-{one.name}"))
            one.thread = one.uploader.start(self._ended(f"upload-{one.name}"))
        self._sampler.start(self._ended("sampler"))

    def _ended(self, name: str) -> Callable[[BaseException | None], None]:
        return lambda error: self.events.put(ThreadEnded(name, error))


def run(settings: DeskSettings) -> int:
    """Run until SIGTERM or SIGINT; 0 after a clean stop, 1 when a thread failed or another agent runs.

    AgentError: cannot begin.
    """
    log = logs.start("agent")
    try:
        process = Process(settings, log)
    except AnotherRunsError as error:
        logs.event(log, "cannot_run", level=logging.CRITICAL, reason=str(error))
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.events.put(Stop()))
    clean = False
    try:
        agent = process.open()
        logs.event(log, "started", desk=settings.desk.id, replicas=len(settings.replica))
        clean = agent.run()
    finally:
        process.close()
    logs.event(log, "stopped", clean=clean)
    return 0 if clean else 1


def _desk_key(settings: DeskSettings) -> SigningKey:
    if not settings.desk.id:
        raise AgentError(
            "this desk is not enrolled: ask the vault for a code and run `offhook enrol URL CODE`"
        )
    try:
        return SigningKey.load(settings.keys_path / "desk.pem")
    except EvidenceError as error:
        raise AgentError(str(error)) from error


def _join(one: Replica) -> None:
    if one.thread is not None:
        one.thread.join(CLOSE_S)
