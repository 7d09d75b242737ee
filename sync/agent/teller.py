"""When `health` and `call` are told: on change, and health every 30 s. Owner thread only."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from firmware.evidence.times import format_utc
from sync.agent.local import Local
from sync.agent.replica import Replica
from sync.agent.shelf import Shelf
from sync.agent.telling import Sources, call_state, health, worth_telling
from sync.wire.messages import Backlog, Health, encode

HEALTH_S = 30.0


@dataclass(slots=True)
class _Told:
    """What one replica was told last, on this connection."""

    health: tuple[object, ...] = ()
    health_due: float = 0.0
    call: tuple[str, str] = ("", "")


class Teller:
    def __init__(self, *, local: Local, shelf: Shelf, wall: Callable[[], datetime]) -> None:
        self._local, self._shelf, self._wall = local, shelf, wall
        self._told: dict[str, _Told] = {}

    def greet(self, replica: Replica) -> None:
        """A new connection hears everything."""
        self._told[replica.name] = _Told()
        self.tell((replica,))

    def tell(self, replicas: Iterable[Replica]) -> None:
        """Whatever is new, or due."""
        connected = [one for one in replicas if one.connected]
        self.tell_call(connected)
        if connected:
            sources, at = self._local.sources(), format_utc(self._wall())
            for replica in connected:
                self._tell_health(replica, sources, at)

    def tell_call(self, replicas: Iterable[Replica]) -> None:
        message = call_state(self._local.recorder, format_utc(self._wall()))
        for replica in replicas:
            told = self._of(replica)
            if message is None or not replica.connected or told.call == (message.state, message.call):
                continue
            if replica.link.publish("call", encode(message)):
                told.call = (message.state, message.call)

    def _tell_health(self, replica: Replica, sources: Sources, at: str) -> None:
        told, now = self._of(replica), time.monotonic()
        message = self._health(replica, sources, at)
        if now < told.health_due and told.health == worth_telling(message):
            return
        if replica.link.publish("health", encode(message)):
            told.health, told.health_due = worth_telling(message), now + HEALTH_S

    def _health(self, replica: Replica, sources: Sources, at: str) -> Health:
        head = self._local.head
        status = replica.status(self._shelf.lacking(replica.name), head=head, wall_s=time.time())
        entries = max(0, head - status.acked_seq)
        backlog = Backlog(status.backlog - entries, status.oldest_wait_s, entries)
        return health(sources, at=at, session=replica.session, head=head, backlog=backlog)

    def _of(self, replica: Replica) -> _Told:
        return self._told.setdefault(replica.name, _Told())
