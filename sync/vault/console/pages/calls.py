"""Calls: the list, running ones first."""

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from litestar import Request, get
from litestar.response import Response

from sync.vault.catalogue import desks
from sync.vault.catalogue.calls import CallFilter
from sync.vault.catalogue.people import LISTENERS
from sync.vault.console.console import Console
from sync.vault.console.moments import Zone
from sync.vault.console.rendering import zone_of
from sync.vault.console.views import calls as view
from sync.vault.services import Services

Req = Request[Any, Any, Any]
CallState = Literal["", "running", "ended", "recorded", "not_recorded"]
FILTERABLE: tuple[CallState, ...] = ("running", "ended", "recorded", "not_recorded")


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as it was filled in. `since` and `until` by the reader's clock."""

    desk: str
    state: CallState
    direction: str
    number: str
    since: str
    until: str

    def filter(self, zone: Zone) -> CallFilter:
        return CallFilter(
            desk=self.desk,
            state=self.state,
            direction=self.direction,
            number=self.number.strip(),
            since=zone.from_input(self.since),
            until=zone.from_input(self.until),
        )

    @property
    def any(self) -> bool:
        return bool(self.query)

    @property
    def query(self) -> str:
        """As in an address, without what is empty."""
        pairs = {
            "desk": self.desk, "status": self.state, "direction": self.direction,
            "number": self.number, "since": self.since, "until": self.until,
        }  # fmt: skip
        return urlencode({name: value for name, value in pairs.items() if value})


@get(["/calls", "/calls/rows"], opt={"roles": LISTENERS})
async def call_list(
    request: Req,
    services: Services,
    console: Console,
    desk: str = "",
    status: CallState = "",
    direction: Literal["", "incoming", "outgoing", "unknown"] = "",
    number: str = "",
    since: str = "",
    until: str = "",
    after: str = "",
) -> Response[str]:
    """The page, or its rows alone after an event."""
    asked = Asked(desk, status, direction, number[:40], since, until)
    found = view.page(services, asked.filter(zone_of(request)), after)
    rows_only = request.url.path.endswith("/rows")
    return console.rendering.page(
        request,
        "call_rows.html" if rows_only else "calls.html",
        page="calls",
        found=found,
        asked=asked,
        first=not after,
        desks=[one.desk for one in desks.all_desks(services.catalogue.reader)],
        states=FILTERABLE,
        searchable=bool(services.details_keys),
    )


handlers = (call_list,)
