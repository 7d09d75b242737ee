"""Server-sent events for open pages: what changed, by kind; the page then asks for the part that shows it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import msgspec
from litestar import Request, get
from litestar.response import ServerSentEvent, ServerSentEventMessage

from sync.vault.access.access import Session
from sync.vault.services import Services

KEEP_ALIVE_S = 20.0  # a comment now and then finds the pages that are gone
Req = Request[Any, Any, Any]


@get("/events")
async def events(services: Services, session: Session, kinds: str = "") -> ServerSentEvent:
    """`kinds`: comma-separated kinds of sync.vault.events; empty means all."""
    return ServerSentEvent(_messages(services, session, frozenset(filter(None, kinds.split(",")))))


async def _messages(
    services: Services, session: Session, kinds: frozenset[str]
) -> AsyncIterator[ServerSentEventMessage]:
    """Ends with the session, within KEEP_ALIVE_S of its end or with the next event after that."""
    looked_at = time.monotonic()
    with services.events.subscribe() as subscription:
        yield ServerSentEventMessage(comment="connected", retry=2000)
        following = aiter(subscription)
        waiting = asyncio.ensure_future(anext(following))
        try:
            while True:
                done, _ = await asyncio.wait({waiting}, timeout=KEEP_ALIVE_S)
                if time.monotonic() - looked_at >= KEEP_ALIVE_S:
                    looked_at = time.monotonic()
                    if await services.access.session(session.token, prolong=False) is None:
                        return
                if not done:
                    yield ServerSentEventMessage(comment="alive")
                    continue
                try:
                    event = waiting.result()
                except StopAsyncIteration:
                    return
                waiting = asyncio.ensure_future(anext(following))
                if not kinds or event.kind in kinds:
                    data = msgspec.json.encode({"desk": event.desk, "call": event.call}).decode()
                    yield ServerSentEventMessage(event=event.kind, data=data)
        finally:
            waiting.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await waiting


handlers = (events,)
