"""Templates, and what every page is given: words, clock, who reads."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request
from litestar.response import Response

from sync.vault.access.access import Session
from sync.vault.console import moments
from sync.vault.console.moments import ZONE_COOKIE, Zone
from sync.vault.console.texts import LANGUAGES, Texts, load_texts

LANGUAGE_COOKIE = "offhook_language"
HERE = Path(__file__).parent
STATIC = HERE / "static"
# A page shows numbers and names: no cache but the browser's own memory of the tab may keep it.
_NO_STORE = {"Cache-Control": "no-store"}
Req = Request[Any, Any, Any]


class Rendering:
    """`page` answers a request with a template; `language` is that of people who have not chosen."""

    def __init__(self, *, vault: str, language: str) -> None:
        self._language = language
        self._env = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.globals.update(vault=vault, languages=LANGUAGES, asset=_assets().__getitem__)
        self._env.filters.update(
            duration=moments.duration, size=moments.size, utc=moments.utc_title, epoch=moments.epoch_ms
        )

    def page(self, request: Req, template: str, status: int = 200, **values: object) -> Response[str]:
        texts, zone = self.texts(request), zone_of(request)
        session = request.scope.get("state", {}).get("session")
        html = self._env.get_template(template).render(
            t=texts,
            zone=zone,
            session=session if isinstance(session, Session) else None,
            here=_here(request),
            **values,
        )
        return Response(html, media_type=MediaType.HTML, status_code=status, headers=_NO_STORE)

    def texts(self, request: Req) -> Texts:
        """By the reader's choice, else by the browser's, else by the vault's settings."""
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        if chosen in LANGUAGES:
            return load_texts(chosen)
        for offer in request.headers.get("accept-language", "").split(","):
            if (code := offer.strip()[:2].lower()) in LANGUAGES:
                return load_texts(code)
        return load_texts(self._language)


def zone_of(request: Req) -> Zone:
    return Zone.named(request.cookies.get(ZONE_COOKIE, "UTC"))


def _here(request: Req) -> str:
    """The address of the page, to come back to."""
    query = request.scope["query_string"].decode("latin-1")
    return quote(request.url.path + (f"?{query}" if query else ""), safe="")


def _assets() -> Mapping[str, str]:
    """Addresses of the static files, each with its hash: a new one is never taken for an old one."""
    files = (path for path in STATIC.iterdir() if path.is_file())
    return {
        path.name: f"/static/{path.name}?{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
        for path in files
    }
