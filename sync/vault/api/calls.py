"""Calls as JSON, and their bytes as they lie here: sealed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, BinaryIO, Literal

import msgspec
from litestar import Request, get
from litestar.params import Parameter
from litestar.response import Response, Stream

from firmware.evidence.errors import FormatError
from firmware.evidence.ids import CallId, call_id, parse_call, recording_name
from sync.vault.access.access import Session
from sync.vault.api.guard import address
from sync.vault.catalogue import calls, ledger, recordings
from sync.vault.catalogue.calls import Call, CallFilter
from sync.vault.catalogue.people import LISTENERS
from sync.vault.catalogue.recordings import Recording, Replica
from sync.vault.errors import Refused
from sync.vault.services import Services

_CHUNK = 262_144
_ROLES = {"roles": LISTENERS}


class CallView(msgspec.Struct, frozen=True):
    """A call, and the bytes that are here: of the object, or of the upload that still runs."""

    id: str
    call: Call
    replicas: tuple[str, ...]
    bytes_here: int


class CallPage(msgspec.Struct, frozen=True):
    items: list[CallView]
    after: str


class CallDetail(msgspec.Struct, frozen=True):
    """`proof`: the ledger entries, canonical text, from off_hook to the signed checkpoint behind."""

    call: CallView
    recording: Recording | None
    replicas: list[Replica]
    proof: list[str]


def view(services: Services, call: Call) -> CallView:
    part = services.uploads.part(call.call)
    here = (call.size or 0) if call.stored_at else part.size if part else 0
    return CallView(str(call.call), call, call.replicas, here)


def which(desk: str, seq: int) -> CallId:
    """From a path; Refused (404) for what cannot be a call."""
    try:
        return parse_call(call_id(desk, seq))
    except FormatError as error:
        raise Refused(404, "there is no such call") from error


def find(services: Services, call: CallId) -> Call:
    found = calls.call(services.catalogue.reader, call)
    if found is None:
        raise Refused(404, f"{call}: there is no such call")
    return found


@get("/api/v1/calls", opt=_ROLES)
async def list_calls(
    services: Services,
    site: str = "",
    desk: str = "",
    call_state: Literal["", "running", "ended", "recorded", "not_recorded"] = Parameter(
        query="state", default=""
    ),
    direction: str = "",
    outcome: str = "",
    since: str = "",
    until: str = "",
    number: str = "",
    min_s: int = 0,
    max_s: int = 0,
    after: str = "",
    limit: int = 50,
) -> CallPage:
    """Newest first, running ones included. `number`: "138*" begins, "*5678" ends, "5678" either."""
    where = CallFilter(
        site=site,
        desk=desk,
        state=call_state,
        direction=direction,
        outcome=outcome,
        since=since,
        until=until,
        number=number,
        min_s=min_s,
        max_s=max_s,
    )
    page = calls.calls(services.catalogue.reader, where, after=after, limit=limit)
    return CallPage([view(services, call) for call in page.items], page.after)


@get("/api/v1/calls/{desk:str}/{seq:int}", opt=_ROLES)
async def one_call(services: Services, desk: str, seq: int) -> CallDetail:
    """One call with its receipt, its replicas and its proof."""
    call, reader = which(desk, seq), services.catalogue.reader
    return CallDetail(
        view(services, find(services, call)),
        recordings.recording(reader, call),
        recordings.replicas(reader, call),
        [entry.entry.decode() for entry in ledger.proof(reader, call)],
    )


@get("/api/v1/calls/{desk:str}/{seq:int}/recording", opt=_ROLES)
async def sealed_recording(
    request: Request[Any, Any, Any], services: Services, session: Session, desk: str, seq: int
) -> Stream:
    """The sealed file, for `offhook verify` and `offhook open` elsewhere."""
    call = which(desk, seq)
    size = services.objects.size(call)
    if size is None:
        raise Refused(404, f"{call}: this vault does not hold it")
    await services.access.log(session, "download", str(call), address(request))
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="{call.desk}-{recording_name(call.seq)}"',
    }
    return Stream(
        _chunks(services.objects.open(call)), media_type="application/octet-stream", headers=headers
    )


@get("/api/v1/calls/{desk:str}/{seq:int}/live", opt=_ROLES)
async def live_recording(
    request: Request[Any, Any, Any],
    services: Services,
    session: Session,
    desk: str,
    seq: int,
    offset: int = 0,
) -> Stream:
    """The sealed bytes of a running call as they come, until it ends."""
    call = which(desk, seq)
    part = services.uploads.part(call)
    if part is None:
        raise Refused(404, f"{call}: is not on its way in")
    await services.access.log(session, "listen_live", str(call), address(request))
    return Stream(part.follow(offset), media_type="application/octet-stream")


@get("/api/v1/calls/{desk:str}/{seq:int}/receipt", opt=_ROLES, media_type="application/jose")
async def receipt(services: Services, desk: str, seq: int) -> Response[str]:
    """The receipt that this vault gave, a compact JWS."""
    held = recordings.recording(services.catalogue.reader, which(desk, seq))
    if held is None:
        raise Refused(404, "this vault has given no receipt for it")
    return Response(held.receipt, media_type="application/jose")


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    try:
        while data := await asyncio.to_thread(file.read, _CHUNK):
            yield data
    finally:
        file.close()
