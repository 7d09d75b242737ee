"""One call: player or live sound, line events, proof, exports, and who had it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from litestar import Request, get
from litestar.response import Response, Stream

from firmware.evidence.ids import to_base64
from firmware.evidence.recording import MAGIC, MAX_HEADER_BYTES
from firmware.evidence.walking import parse_intro, take_intro
from sync.vault.access.access import Session
from sync.vault.api.guard import address
from sync.vault.catalogue import desks, ledger, people, recordings
from sync.vault.catalogue.calls import Call
from sync.vault.catalogue.people import LISTENERS
from sync.vault.console import bundle
from sync.vault.console.console import Console
from sync.vault.console.pages.ways import find
from sync.vault.console.rendering import zone_of
from sync.vault.console.sound.picture import lines_of
from sync.vault.console.views.calls import Row, quarantined, row
from sync.vault.console.views.headline import headline
from sync.vault.console.views.naming import file_name
from sync.vault.console.views.proof import prove
from sync.vault.errors import Refused
from sync.vault.services import Services

Req = Request[Any, Any, Any]
MAX_INTRO = len(MAGIC) + MAX_HEADER_BYTES + 1
ACCESSES = 20  # newest entries of the access log shown on the page
_ROLES = {"roles": LISTENERS}


@get("/calls/{desk:str}/{seq:int}", opt=_ROLES)
async def call_page(request: Req, services: Services, console: Console, desk: str, seq: int) -> Response[str]:
    call = find(services, desk, seq)
    part = services.uploads.part(call.call)
    return console.rendering.page(
        request,
        "call.html",
        page="calls",
        call=call,
        row=_row(services, call),
        part=part,
        unrecorded=ledger.not_recorded(services.catalogue.reader, call.call)
        if call.not_recorded_reason
        else (),
        codec=_codec(services, call),
        listens=bool(console.library.keys),
        opens=bool(services.details_keys),
        ticket=console.heard.ticket(),
        accesses=people.access_log(services.catalogue.reader, subject=str(call.call), limit=ACCESSES),
    )


@get("/calls/{desk:str}/{seq:int}/marks", opt=_ROLES)
async def marks(request: Req, services: Services, console: Console, desk: str, seq: int) -> Response[str]:
    """Line events and gaps in words, each leading to its place in the sound."""
    call = find(services, desk, seq)
    if call.stored_at is None:
        raise Refused(404, f"{call.call}: this vault does not hold its recording yet")
    lines = lines_of(await console.library.picture(call.call))
    return console.rendering.page(request, "marks.html", page="calls", lines=lines)


@get("/calls/{desk:str}/{seq:int}/proof", opt=_ROLES)
async def proof(request: Req, services: Services, console: Console, desk: str, seq: int) -> Response[str]:
    """The proof box: everything is hashed, walked and verified for this answer."""
    call = find(services, desk, seq)
    found = await prove(services, call)
    head = headline(call, found.verdict)
    return console.rendering.page(request, "proof.html", page="calls", call=call, proof=found, head=head)


@get("/calls/{desk:str}/{seq:int}/evidence.zip", opt=_ROLES)
async def evidence(request: Req, services: Services, session: Session, desk: str, seq: int) -> Stream:
    """Sealed recording, ledger and receipt, for `offhook verify` elsewhere."""
    call = find(services, desk, seq)
    reader = services.catalogue.reader
    held, owner = recordings.recording(reader, call.call), desks.desk(reader, desk)
    if held is None or owner is None:
        raise Refused(404, f"{call.call}: this vault does not hold its recording")
    await services.access.log(session, "export", str(call.call), address(request), "evidence.zip")
    chain = bundle.chain_of(services, call, held)
    pieces = bundle.chunks(services, call, held, chain, to_base64(owner.public_key))
    name = f"{file_name(call, zone_of(request))}.evidence.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Stream(_threaded(pieces), media_type="application/zip", headers=headers)


def _codec(services: Services, call: Call) -> str:
    """By the header, which needs no key; "" while there is no object."""
    if call.stored_at is None:
        return ""
    with services.objects.open(call.call) as file:
        intro = take_intro(bytearray(file.read(MAX_INTRO)))
    return parse_intro(intro).audio.codec if intro else ""


def _row(services: Services, call: Call) -> Row:
    return row(call, services.settings.vault.name, quarantined(services.catalogue.reader, [call]))


async def _threaded(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        if piece:
            yield piece


handlers = (call_page, marks, proof, evidence)
