"""What desks say of themselves just now: `state`, `health`, `call`. In memory; the last also in SQLite."""

import sqlite3
from dataclasses import dataclass, replace

from sync.vault.catalogue.database import Catalogue
from sync.vault.clock import now
from sync.vault.events import Event, Events, Kind
from sync.wire.messages import CallState, Health, State, decode

MESSAGES: dict[str, type[State] | type[Health] | type[CallState]] = {
    "state": State,
    "health": Health,
    "call": CallState,
}
_EVENTS: dict[str, Kind] = {"state": "state", "health": "health", "call": "call"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDesk:
    """The last of each message; None before the first. `*_at`: when the vault got it."""

    state: State | None = None
    state_at: str = ""
    health: Health | None = None
    health_at: str = ""
    call: CallState | None = None
    call_at: str = ""

    @property
    def online(self) -> bool:
        return self.state is not None and self.state.state == "online"


class LiveDesks:
    """`get` a desk's live state. `flush` writes what changed, now and then: nothing depends on it."""

    def __init__(self, catalogue: Catalogue, events: Events) -> None:
        self._catalogue = catalogue
        self._events = events
        self._desks: dict[str, LiveDesk] = {}
        self._dirty: dict[tuple[str, str], tuple[str, bytes]] = {}
        for row in catalogue.reader.execute("SELECT desk, leaf, at, payload FROM live"):
            self._set(row["desk"], row["leaf"], row["at"], row["payload"])

    def get(self, desk: str) -> LiveDesk:
        return self._desks.get(desk, LiveDesk())

    def take(self, desk: str, leaf: str, payload: bytes) -> bool:
        """One message; True when the desk has just come online. WireError for a malformed one."""
        before = self.get(desk)
        at = now()
        if not self._set(desk, leaf, at, payload):
            return False
        self._dirty[desk, leaf] = (at, payload)
        self._events.publish(Event(_EVENTS[leaf], desk))
        state = self.get(desk).state
        return leaf == "state" and state is not None and state.state == "online" and state != before.state

    async def flush(self) -> None:
        dirty, self._dirty = self._dirty, {}
        if dirty:
            rows = [(desk, leaf, at, payload) for (desk, leaf), (at, payload) in dirty.items()]
            await self._catalogue.write(lambda db: _write(db, rows))

    def _set(self, desk: str, leaf: str, at: str, payload: bytes) -> bool:
        """False for the late will of an older connection, which says nothing."""
        message = decode(MESSAGES[leaf], payload)
        live = self.get(desk)
        if isinstance(message, State):
            stale = (
                message.state == "offline"
                and live.state is not None
                and live.state.session != message.session
            )
            if stale:
                return False
            live = replace(live, state=message, state_at=at)
        elif isinstance(message, Health):
            live = replace(live, health=message, health_at=at)
        else:
            live = replace(live, call=message, call_at=at)
        self._desks[desk] = live
        return True


def _write(db: sqlite3.Connection, rows: list[tuple[str, str, str, bytes]]) -> None:
    db.executemany("INSERT OR REPLACE INTO live (desk, leaf, at, payload) VALUES (?, ?, ?, ?)", rows)
