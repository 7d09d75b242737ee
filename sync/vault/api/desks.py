"""Desks as JSON: what the ledger proves of each, and what it says of itself just now."""

from typing import Any

import msgspec
from litestar import Request, get
from litestar.response import Response, ServerSentEvent, ServerSentEventMessage

from sync.vault import quarantine
from sync.vault.catalogue import desks, findings, ledger
from sync.vault.catalogue.desks import Desk
from sync.vault.catalogue.findings import Finding
from sync.vault.errors import Refused
from sync.vault.ingest.live import LiveDesk
from sync.vault.quarantine import Kept
from sync.vault.services import Services


class DeskView(msgspec.Struct, frozen=True):
    """`in_quarantine`: things kept aside as evidence against this desk."""

    desk: str
    site: str
    name: str
    enrolled_at: str
    revoked: bool
    online: bool
    ledger_seq: int
    ledger_at: str
    signed_seq: int
    signed_at: str
    open_findings: list[Finding]
    in_quarantine: int
    live: LiveDesk


class DeskDetail(msgspec.Struct, frozen=True):
    desk: DeskView
    findings: list[Finding]
    quarantine: list[Kept]


def view(services: Services, desk: Desk) -> DeskView:
    reader, live = services.catalogue.reader, services.live.get(desk.desk)
    return DeskView(
        desk=desk.desk,
        site=desk.site,
        name=desk.name,
        enrolled_at=desk.enrolled_at,
        revoked=desk.revoked_at is not None,
        online=live.online,
        ledger_seq=desk.head_seq,
        ledger_at=desk.head_at or "",
        signed_seq=desk.checked_seq,
        signed_at=desk.checked_at or "",
        open_findings=findings.open_findings(reader, desk.desk),
        in_quarantine=quarantine.count_all(reader, desk.desk),
        live=live,
    )


def find(services: Services, desk_id: str) -> Desk:
    desk = desks.desk(services.catalogue.reader, desk_id)
    if desk is None:
        raise Refused(404, "there is no such desk")
    return desk


@get("/api/v1/desks")
async def list_desks(services: Services) -> list[DeskView]:
    """Every desk, by site and id."""
    return [view(services, desk) for desk in desks.all_desks(services.catalogue.reader)]


@get("/api/v1/desks/{desk_id:str}")
async def one_desk(services: Services, desk_id: str) -> DeskDetail:
    """One desk with the history of its findings and what lies in quarantine."""
    reader, desk = services.catalogue.reader, find(services, desk_id)
    return DeskDetail(
        view(services, desk), findings.findings_of(reader, desk_id), quarantine.kept(reader, desk_id)
    )


@get("/api/v1/desks/{desk_id:str}/ledger")
async def desk_ledger(services: Services, desk_id: str, first: int = 1, limit: int = 1000) -> Response[bytes]:
    """Entries from `first` on, one a line, byte for byte: what `offhook verify` takes."""
    find(services, desk_id)
    stored = ledger.entries(services.catalogue.reader, desk_id, first=max(1, first), limit=max(1, limit))
    return Response(b"".join(s.entry + b"\n" for s in stored), media_type="application/x-ndjson")


@get("/api/v1/events")
async def events(request: Request[Any, Any, Any], services: Services) -> ServerSentEvent:
    """Server-sent events: `kind`, with {desk, call} as data; what changed is read elsewhere."""
    del request
    return ServerSentEvent(_messages(services))


async def _messages(services: Services) -> Any:
    with services.events.subscribe() as subscription:
        yield ServerSentEventMessage(comment="connected")
        async for event in subscription:
            data = msgspec.json.encode({"desk": event.desk, "call": event.call}).decode()
            yield ServerSentEventMessage(event=event.kind, data=data)
