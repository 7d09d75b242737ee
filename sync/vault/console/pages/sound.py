"""Sound of a call: the player's file, exports, the picture to draw, and the live stream."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from litestar import Request, get
from litestar.response import Response, Stream

from firmware.archive.export import FORMATS, Format
from firmware.evidence.errors import EvidenceError
from sync.vault.access.access import Session
from sync.vault.api.guard import address
from sync.vault.catalogue.calls import Call
from sync.vault.catalogue.people import LISTENERS
from sync.vault.console.console import Console
from sync.vault.console.pages.ways import find
from sync.vault.console.ranges import ranged
from sync.vault.console.rendering import zone_of
from sync.vault.console.sound.behind import behind_by
from sync.vault.console.sound.live import LiveSound
from sync.vault.console.sound.picture import Picture
from sync.vault.console.views.naming import file_name
from sync.vault.errors import Refused
from sync.vault.services import Services
from sync.vault.uploads.part import Part

Req = Request[Any, Any, Any]
MEDIA = {"opus": "audio/ogg; codecs=opus", "flac": "audio/flac", "wav": "audio/wav"}
ARRIVAL_S = 10.0
LOOK_S = 20.0  # a session that ended ends its listening too
_ROLES = {"roles": LISTENERS}
_NO_STORE = {"Cache-Control": "no-store"}


@get("/calls/{desk:str}/{seq:int}/picture", opt=_ROLES)
async def picture(services: Services, console: Console, desk: str, seq: int) -> Response[Picture]:
    """Peaks, line events and gaps, for drawing."""
    call = _held(services, desk, seq)
    return Response(await console.library.picture(call.call), headers=_NO_STORE)


@get("/calls/{desk:str}/{seq:int}/sound/{form:str}", opt=_ROLES)
async def sound(
    request: Req,
    services: Services,
    console: Console,
    session: Session,
    desk: str,
    seq: int,
    form: str,
    ticket: str = "",
) -> Response[bytes]:
    """For the player, in ranges. Each press of play is one entry in the access log."""
    call, chosen = _held(services, desk, seq), _form(form)
    if console.heard.is_new(session.token, str(call.call), ticket):
        await services.access.log(session, "play", str(call.call), address(request))
    data = await console.library.file(call.call, chosen)
    return ranged(data, request.headers.get("range", ""), MEDIA[chosen])


@get("/calls/{desk:str}/{seq:int}/export/{form:str}", opt=_ROLES)
async def export(
    request: Req, services: Services, console: Console, session: Session, desk: str, seq: int, form: str
) -> Response[bytes]:
    """The file to keep, named by date, time, agent and number."""
    call, chosen = _held(services, desk, seq), _form(form)
    name = f"{file_name(call, zone_of(request))}.{chosen}"
    await services.access.log(session, "export", str(call.call), address(request), f".{chosen}")
    data = await console.library.file(call.call, chosen)
    headers = {**_NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=MEDIA[chosen], headers=headers)


@get("/calls/{desk:str}/{seq:int}/live", opt=_ROLES)
async def live(
    request: Req, services: Services, console: Console, session: Session, desk: str, seq: int
) -> Stream:
    """The running call as samples (see sound/live.py)."""
    call = find(services, desk, seq)
    part = await _arrival(services, call)
    if part is None:
        raise Refused(
            409, f"{call.call} is not on its way in: it has ended, or the desk has not sent anything yet"
        )
    if not console.library.keys:
        raise Refused(409, "this vault stores and proves, but cannot listen: it has no audio key")
    await services.access.log(session, "listen_live", str(call.call), address(request))
    stream = LiveSound(part, console.library.keys, behind_by(lambda: services.live.get(desk)))
    return Stream(
        _while_allowed(stream, services, session), media_type="application/octet-stream", headers=_NO_STORE
    )


async def _arrival(services: Services, call: Call) -> Part | None:
    """The upload; a desk sends its first second a moment after the lift, so that much is waited for."""
    part = services.uploads.part(call.call)
    if part is not None or call.state != "running":
        return part
    with services.events.subscribe() as subscription, suppress(TimeoutError):
        async with asyncio.timeout(ARRIVAL_S):
            async for event in subscription:
                if event.kind == "upload" and event.call == str(call.call):
                    break
    return services.uploads.part(call.call)


async def _while_allowed(stream: LiveSound, services: Services, session: Session) -> AsyncIterator[bytes]:
    """A stream that has begun can only break off: at a fault, or when the session ends. The page says so."""
    looked_at = time.monotonic()
    try:
        async for message in stream.messages():
            yield message
            if time.monotonic() - looked_at >= LOOK_S:
                looked_at = time.monotonic()
                if await services.access.session(session.token, prolong=False) is None:
                    return
    except EvidenceError:
        return


def _held(services: Services, desk: str, seq: int) -> Call:
    call = find(services, desk, seq)
    if call.stored_at is None:
        raise Refused(404, f"{call.call}: this vault does not hold its recording yet")
    return call


def _form(form: str) -> Format:
    if form not in FORMATS:
        raise Refused(404, f"a recording comes as .{', .'.join(FORMATS)}")
    return form


handlers = (picture, sound, export, live)
