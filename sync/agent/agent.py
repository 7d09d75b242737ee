"""The owner thread: one queue of events in, everything that changes state done here.

Other threads (one connection and one uploader per replica, watchdog's, the sampler's) only put events on the
queue. Nothing here waits for a network; what it waits for is the desk's own disk.
"""

import logging
import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from firmware.evidence.canonical import JsonObject
from firmware.evidence.times import format_utc
from firmware.ledger.errors import LedgerError
from firmware.log import event
from firmware.spool.errors import SpoolError
from sync.agent.commands import CommandCheck, Outcome
from sync.agent.delivery import Delivery
from sync.agent.errors import RefusedError
from sync.agent.local import Local
from sync.agent.mqtt import Arrived, Connected, Disconnected
from sync.agent.ports import LedgerPort
from sync.agent.replica import Replica
from sync.agent.shelf import Shelf
from sync.agent.teller import Teller
from sync.agent.uploader import Progress
from sync.agent.watch import Touched
from sync.wire.errors import WireError
from sync.wire.messages import Ack, Command, Result, decode, encode

TICK_S = 1.0
RESCAN_S = 60.0
PRUNE_S = 300.0


@dataclass(frozen=True, slots=True)
class ReceiptCame:
    """A receipt out of an HTTP answer."""

    replica: str
    text: str


@dataclass(frozen=True, slots=True)
class ThreadEnded:
    """A thread that should run for ever ended. error: None when it was told to."""

    name: str
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class Stop:
    pass


Event = Connected | Disconnected | Arrived | Progress | Touched | ReceiptCame | ThreadEnded | Stop


class Agent:
    """`run` returns True after Stop, False when a thread or the ledger failed: the process ends then."""

    def __init__(
        self,
        *,
        events: "queue.SimpleQueue[Event]",
        replicas: Mapping[str, Replica],
        ledger: LedgerPort,
        delivery: Delivery,
        commands: CommandCheck,
        carry_out: Callable[[Command], Outcome],
        local: Local,
        teller: Teller,
        shelf: Shelf,
        watching: Callable[[], bool],
        wall: Callable[[], datetime],
        log: logging.Logger,
    ) -> None:
        self._events, self._replicas, self._ledger = events, replicas, ledger
        self._delivery, self._commands, self._carry_out = delivery, commands, carry_out
        self._local, self._teller, self._shelf = local, teller, shelf
        self._watching, self._wall, self._log = watching, wall, log
        self._due = {"tick": 0.0, "rescan": 0.0, "prune": time.monotonic() + 10.0}
        self._stopping: bool | None = None

    def run(self) -> bool:
        while self._stopping is None:
            for one in self._next_events():
                self._handle(one)
            self._do_what_is_due()
        return self._stopping

    def _next_events(self) -> list[Event]:
        """All that is there, waiting for the first one; the same file touched twice is once."""
        try:
            found: list[Event] = [
                self._events.get(timeout=max(0.0, min(self._due.values()) - time.monotonic()))
            ]
        except queue.Empty:
            return []
        while not self._events.empty():
            one = self._events.get()
            if not (isinstance(one, Touched) and one in found):
                found.append(one)
        return found

    def _handle(self, one: Event) -> None:
        match one:
            case Touched():
                self._touched(one.what)
            case Arrived():
                self._arrived(one)
            case ReceiptCame():
                self._receipts(self._replicas[one.replica], (one.text,))
            case Progress():
                self._replicas[one.replica].progress(one, time.monotonic_ns())
            case Connected() | Disconnected():
                self._connection(one)
            case ThreadEnded():
                event(self._log, "thread_ended", level=logging.ERROR, thread=one.name, error=one.error)
                self._stopping = False
            case Stop():
                self._stopping = True

    def _touched(self, what: str) -> None:
        if what == "recorder":
            self._local.read_recorder()
            self._teller.tell_call(self._replicas.values())
        elif what == "panel":
            self._local.read_panel()
            self._teller.tell(self._replicas.values())
        elif what == "waiting":
            self._local.scan.waiting()
            self._pump()
        else:
            self._pump()

    def _connection(self, one: Connected | Disconnected) -> None:
        replica = self._replicas[one.replica]
        replica.connected = isinstance(one, Connected)
        if isinstance(one, Connected):
            replica.session = one.session
            replica.trouble("mqtt", "")
            event(self._log, "connected", replica=replica.name)
            self._guarded(replica, replica.sender.connected)
            self._teller.greet(replica)
        else:
            replica.sender.disconnected()
            if replica.trouble("mqtt", one.reason):
                event(
                    self._log, "disconnected", level=logging.WARNING, replica=replica.name, reason=one.reason
                )

    def _arrived(self, one: Arrived) -> None:
        replica = self._replicas[one.replica]
        if one.leaf == "command":
            self._command(replica, one.payload)
            return
        try:
            ack = decode(Ack, one.payload)
        except WireError as error:
            self._refuse(replica, "ledger", str(error))
            return
        replica.acknowledged(time.monotonic_ns())
        self._receipts(replica, ack.receipts)
        self._guarded(replica, lambda: replica.sender.on_ack(ack.ledger_seq))

    def _receipts(self, replica: Replica, texts: tuple[str, ...]) -> None:
        for text in texts:
            try:
                new = self._delivery.take(replica.name, text)
            except RefusedError as error:
                self._refuse(replica, "receipt", str(error))
                continue
            except (LedgerError, SpoolError, OSError) as error:
                self._local.trouble("delivery", str(error))
                continue
            replica.trouble("receipt", "")
            if new:
                self._pump()

    def _command(self, replica: Replica, payload: bytes) -> None:
        try:
            command = self._commands.take(replica.name, payload)
        except RefusedError as error:
            self._refuse(replica, "command", str(error))
            return
        outcome = self._carry_out(command)
        said = "ok" if outcome.ok else outcome.error
        self._enter("command", {"what": command.name[:64], "result": said, "id": command.id[:64]})
        at = format_utc(self._wall())
        result = Result(id=command.id, ok=outcome.ok, at=at, result=outcome.result, error=outcome.error)
        replica.link.publish("result", encode(result))
        event(self._log, "command", replica=replica.name, command=command.name[:64], result=said)
        self._pump()

    def _enter(self, kind: str, body: JsonObject) -> None:
        try:
            self._ledger.append(kind, body)
        except LedgerError as error:
            self._local.trouble("ledger", str(error))

    def _refuse(self, replica: Replica, place: str, sentence: str) -> None:
        if replica.trouble(place, sentence):
            event(
                self._log, "refused", level=logging.WARNING, replica=replica.name, what=place, reason=sentence
            )

    def _pump(self) -> None:
        """New entries go to every replica that is there."""
        for replica in self._replicas.values():
            self._guarded(replica, replica.sender.pump)

    def _guarded(self, replica: Replica, action: Callable[[], None]) -> None:
        """What one replica does wrong, or one entry that no broker takes, is that replica's trouble alone."""
        try:
            action()
        except (RefusedError, WireError) as error:
            self._refuse(replica, "ledger", str(error))
        except LedgerError as error:
            self._local.trouble("ledger", str(error))

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        for name, period_s, action in (
            ("rescan", RESCAN_S, self._local.scan.all),
            ("prune", PRUNE_S, self._prune),
            ("tick", TICK_S, self._tick),
        ):
            if now >= self._due[name]:
                self._due[name] = now + period_s
                action()

    def _tick(self) -> None:
        if not self._watching():
            self._handle(ThreadEnded("watch", None))
        for replica in self._replicas.values():
            self._guarded(replica, lambda replica=replica: replica.tick(time.monotonic_ns()))  # type: ignore[misc]
        try:
            self._delivery.finish()
            self._local.trouble("delivery", "")
        except (LedgerError, SpoolError, OSError) as error:
            self._local.trouble("delivery", str(error))
        try:
            self._local.head = self._ledger.last_seq()
            self._local.trouble("ledger", "")
        except LedgerError as error:
            self._local.trouble("ledger", str(error))
        self._local.read_recorder()
        self._teller.tell(self._replicas.values())
        self._local.write(self._replicas.values(), self._shelf)

    def _prune(self) -> None:
        try:
            refused = not self._delivery.prune(
                keep_days=self._local.keep_days, low_percent=self._local.low_percent
            )
        except (LedgerError, SpoolError, OSError) as error:
            self._local.trouble("pruning", str(error))
            return
        self._local.trouble(
            "pruning",
            "more than half of the recordings would go for their age: is the clock right?" if refused else "",
        )
