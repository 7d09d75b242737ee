"""Access log and quarantine: what people did, and what was refused."""

from typing import Any

from litestar import Request, get
from litestar.response import Response

from sync.vault import quarantine
from sync.vault.catalogue import people
from sync.vault.catalogue.people import LISTENERS
from sync.vault.console.console import Console
from sync.vault.services import Services

Req = Request[Any, Any, Any]
PAGE = 100


@get("/access", opt={"roles": LISTENERS})
async def access_log(
    request: Req, services: Services, console: Console, before: int = 1 << 62, subject: str = ""
) -> Response[str]:
    """Newest first; all of it, or that of one call."""
    rows = people.access_log(services.catalogue.reader, subject=subject, before_id=before, limit=PAGE + 1)
    return console.rendering.page(
        request,
        "access.html",
        page="access",
        rows=rows[:PAGE],
        before=rows[PAGE - 1].id if len(rows) > PAGE else 0,
        subject=subject,
    )


@get("/quarantine")
async def quarantine_page(
    request: Req, services: Services, console: Console, desk: str = ""
) -> Response[str]:
    """What failed verification, and why."""
    rows = quarantine.kept(services.catalogue.reader, desk)
    return console.rendering.page(request, "quarantine.html", page="quarantine", rows=rows, desk=desk)


handlers = (access_log, quarantine_page)
