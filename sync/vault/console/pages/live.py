"""Live: the calls that run now."""

from typing import Any

from litestar import Request, get
from litestar.response import Response

from sync.vault.catalogue.calls import CallFilter
from sync.vault.catalogue.people import LISTENERS
from sync.vault.console.console import Console
from sync.vault.console.views import calls as view
from sync.vault.services import Services

Req = Request[Any, Any, Any]


@get(["/live", "/live/rows"], opt={"roles": LISTENERS})
async def running(request: Req, services: Services, console: Console) -> Response[str]:
    """The page, or its list alone after an event."""
    found = view.page(services, CallFilter(state="running"), "")
    rows_only = request.url.path.endswith("/rows")
    return console.rendering.page(
        request,
        "live_rows.html" if rows_only else "live.html",
        page="live",
        rows=found.running,
        listens=bool(console.library.keys),
    )


handlers = (running,)
