"""Fleet: a tile for every desk, with its lamps as they are."""

from typing import Any

from litestar import Request, get
from litestar.response import Response

from sync.vault.catalogue import desks
from sync.vault.console.console import Console
from sync.vault.console.views.desks import Tile, tile, tiles
from sync.vault.errors import Refused
from sync.vault.services import Services

Req = Request[Any, Any, Any]


@get("/")
async def fleet(request: Req, services: Services, console: Console) -> Response[str]:
    texts = console.rendering.texts(request)
    found = tiles(services, texts)
    https, name = services.settings.https, services.settings.vault.name
    return console.rendering.page(
        request,
        "fleet.html",
        page="fleet",
        tiles=found,
        counts=_counts(found),
        address=f"https://{https.public_host or https.listen_host}:{https.port}",
        name=name,
    )


@get("/desks/{desk_id:str}/tile")
async def one_tile(request: Req, services: Services, console: Console, desk_id: str) -> Response[str]:
    """The tile anew, after an event."""
    desk = desks.desk(services.catalogue.reader, desk_id)
    if desk is None:
        raise Refused(404, "there is no such desk")
    found = tile(services, desk, console.rendering.texts(request))
    return console.rendering.page(request, "tile.html", page="fleet", tile=found)


@get("/fleet/summary")
async def summary(request: Req, services: Services, console: Console) -> Response[str]:
    """The line above the tiles anew."""
    found = tiles(services, console.rendering.texts(request))
    return console.rendering.page(request, "summary.html", page="fleet", counts=_counts(found))


def _counts(found: list[Tile]) -> dict[str, int]:
    return {
        "desks": len(found),
        "online": sum(one.presence == "online" for one in found),
        "calls": sum(one.call is not None for one in found),
        "trouble": sum(bool(one.worst) for one in found),
    }


handlers = (fleet, one_tile, summary)
