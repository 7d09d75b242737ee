"""What just happened, told inside the process: for pages that follow along."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

QUEUE = 256  # events a slow page may lag behind; then the oldest go, and it reads the state anew

Kind = Literal[
    "state", "health", "call", "ledger", "upload", "recording", "finding", "quarantine", "enrolled"
]


@dataclass(frozen=True, slots=True)
class Event:
    """`call` is "<desk>/<seq>" where the event is about one, else "". What changed is read elsewhere."""

    kind: Kind
    desk: str
    call: str = ""


class Subscription:
    """Iterate asynchronously; ends when the vault closes."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(maxsize=QUEUE)

    def offer(self, event: Event | None) -> None:
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(event)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self._queue.get()) is not None:
            yield event


class Events:
    """`publish` and `subscribe` from the event loop's thread only."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    def publish(self, event: Event) -> None:
        for subscription in self._subscriptions:
            subscription.offer(event)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        subscription = Subscription()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def close(self) -> None:
        for subscription in self._subscriptions:
            subscription.offer(None)
