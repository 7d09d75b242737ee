"""Messages from the broker: judged, stored, answered."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from firmware.evidence.ids import CallId
from firmware.log import event
from sync.vault.catalogue import desks, recordings
from sync.vault.catalogue.database import Catalogue
from sync.vault.catalogue.desks import Desk
from sync.vault.completion import Completion
from sync.vault.errors import CatalogueError, Refused
from sync.vault.events import Event, Events
from sync.vault.identity import DeskIdentity
from sync.vault.ingest.broker import Message
from sync.vault.ingest.ledger import LedgerIngest, Outcome
from sync.vault.ingest.live import MESSAGES, LiveDesks
from sync.vault.quarantine import Quarantine
from sync.wire.batch import unpack
from sync.wire.errors import WireError
from sync.wire.messages import Ack, Result, decode, encode
from sync.wire.topics import Topics, parse_topic

log = logging.getLogger("vault")
RECEIPTS_AN_ACK = 64  # about 35 KiB; the rest goes into further acks
RETRY_S = 5.0  # between tries to write a catalogue that cannot be written


@dataclass(slots=True, kw_only=True)
class Ingest:
    """`take` and `receipt` on the event loop. `publish` sends to the broker from any thread."""

    vault: str
    catalogue: Catalogue
    identity: DeskIdentity
    live: LiveDesks
    ledger: LedgerIngest
    quarantine: Quarantine
    events: Events
    publish: Callable[[str, bytes], None]
    completion: Completion | None = None  # set once both are made: each tells the other
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def take(self, message: Message) -> None:
        """One message. A desk's tasks keep their order: the catalogue's queue is first in, first out."""
        try:
            topics, leaf = parse_topic(message.topic)
            desk = self._desk(topics)
            if leaf == "ledger":
                self._start(self._batch(desk, unpack(message.payload), message.done))
                return
            self._live(desk, leaf, message.payload)
        except (WireError, Refused) as error:
            event(log, "message_refused", level=logging.WARNING, topic=message.topic, reason=error)
        message.done()

    def receipt(self, call: CallId, receipt: str) -> None:
        """Tell a desk of a new receipt at once."""
        desk = self.identity.desk(call.desk)
        if desk is not None:
            self._ack(desk, [receipt])

    async def drain(self) -> None:
        """Until what was taken is stored and answered."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def _desk(self, topics: Topics) -> Desk:
        """The broker lets a desk write below its own id; the site in the topic is checked here."""
        desk = self.identity.desk(topics.desk)
        if desk is None:
            raise Refused(404, f"desk {topics.desk} is not enrolled here")
        if desk.site != topics.site:
            raise Refused(403, f"desk {topics.desk} is of site {desk.site}, not {topics.site}")
        return desk

    def _live(self, desk: Desk, leaf: str, payload: bytes) -> None:
        if leaf == "result":
            result = decode(Result, payload)
            event(log, "command_result", desk=desk.desk, id=result.id, ok=result.ok)
        elif leaf in MESSAGES and self.live.take(desk.desk, leaf, payload):
            self._came_online(desk)

    def _came_online(self, desk: Desk) -> None:
        """Receipts that the desk has not entered in its ledger yet may have got lost: all of them again."""
        reader = self.catalogue.reader
        self._ack(desk, recordings.unconfirmed(reader, desk.desk, self.vault, RECEIPTS_AN_ACK))

    async def _batch(self, desk: Desk, entries: list[bytes], done: Callable[[], None]) -> None:
        try:
            outcome = await self._store(desk, entries)
            for seq, data, why in outcome.bad:
                await self.quarantine.take_entry(desk.desk, seq, data, why)
        except Exception:
            # The desk sends again what no ack names; kept in the broker it would fill the window of all.
            done()
            raise
        done()
        told = list(outcome.recordings)
        self._ack(desk, recordings.receipts(self.catalogue.reader, told), seq=outcome.head)
        self._publish_events(desk, outcome)
        for call in told:
            if self.completion is not None:
                await self.completion.look(call)

    async def _store(self, desk: Desk, entries: list[bytes]) -> Outcome:
        """Tries until the catalogue takes it: unacknowledged messages fill the broker's window, and so hold
        the desks back, until someone makes room.
        """
        while True:
            try:
                return await self.catalogue.write(self.ledger.job(desk.desk, entries))
            except CatalogueError as error:
                event(log, "ledger_not_stored", level=logging.ERROR, desk=desk.desk, reason=error)
                await asyncio.sleep(RETRY_S)

    def _ack(self, desk: Desk, receipts: Sequence[str], seq: int | None = None) -> None:
        if seq is None:
            known = desks.desk(self.catalogue.reader, desk.desk)
            seq = known.head_seq if known else 0
        topic = Topics(desk.site, desk.desk).ack
        for start in range(0, max(1, len(receipts)), RECEIPTS_AN_ACK):
            part = tuple(receipts[start : start + RECEIPTS_AN_ACK])
            self.publish(topic, encode(Ack(ledger_seq=seq, receipts=part)))

    def _publish_events(self, desk: Desk, outcome: Outcome) -> None:
        if outcome.stored:
            self.events.publish(Event("ledger", desk.desk))
        if outcome.gap:
            event(log, "ledger_gap", desk=desk.desk, head=outcome.head)
        if "finding" in outcome.kinds:
            self.events.publish(Event("finding", desk.desk))
        for call in outcome.calls:
            self.events.publish(Event("call", desk.desk, str(call)))

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            event(log, "batch_failed", level=logging.ERROR, error=task.exception())
