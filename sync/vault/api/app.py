"""The Litestar application: API, uploads, and the console's pages."""

import logging
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from litestar import Litestar, MediaType, Request, asgi, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins import PluginProtocol
from litestar.response import Redirect, Response
from litestar.template.config import TemplateConfig
from litestar.types import ControllerRouterHandler, Message, Receive, Scope, Send

from firmware.log import event
from sync.vault.api import calls, desks, enrol, session
from sync.vault.api.docs import PlainDocs
from sync.vault.api.guard import LoginNeeded, current_session, guard
from sync.vault.api.uploads import TusEndpoint
from sync.vault.errors import Refused, VaultError
from sync.vault.services import Services
from sync.wire.tus import UPLOADS_PATH

log = logging.getLogger("vault")
LOGIN_PAGE = "/login"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src 'self'; "
    "img-src 'self'; font-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _CSP.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
]
# What is a stream, asked for in ranges, or does not compress.
_AS_IT_IS = [UPLOADS_PATH, "/live$", "/recording", "/events", "/sound/", "/export/", "/evidence"]
ErrorPage = Callable[[Request[Any, Any, Any], int, str], Response[str]]
API: tuple[ControllerRouterHandler, ...] = (
    calls.list_calls,
    calls.one_call,
    calls.sealed_recording,
    calls.live_recording,
    calls.receipt,
    desks.list_desks,
    desks.one_desk,
    desks.desk_ledger,
    desks.events,
    enrol.ca_certificate,
    enrol.enrol,
    session.log_in,
    session.log_out,
    session.who_am_i,
)


@get("/api/v1/alive", opt={"public": True}, media_type=MediaType.TEXT)
async def alive() -> str:
    """The process answers."""
    return "alive"


def create_app(
    services: Services,
    *,
    pages: Sequence[ControllerRouterHandler] = (),
    templates: TemplateConfig[Any] | None = None,
    plugins: Sequence[PluginProtocol] = (),
    error_page: ErrorPage | None = None,
) -> Litestar:
    """All but `services` is the console's. Handlers may ask for `services` and `session`."""
    tus = TusEndpoint(services)

    @asgi(UPLOADS_PATH, is_mount=True, opt={"public": True}, copy_scope=True)
    async def uploads(scope: Scope, receive: Receive, send: Send) -> None:
        await tus(scope, receive, send)

    return Litestar(
        route_handlers=[*API, alive, uploads, *pages],
        state=State({"services": services, "error_page": error_page}),
        dependencies={
            "services": Provide(lambda: services, sync_to_thread=False),
            "session": Provide(current_session, sync_to_thread=False),
        },
        guards=[guard],
        exception_handlers={Refused: _refused, VaultError: _failed, HTTPException: _http, 500: _failed},
        before_send=[_add_headers],
        openapi_config=OpenAPIConfig(
            title="Offhook vault",
            version="1",
            path="/api/docs",
            use_handler_docstrings=True,
            render_plugins=[PlainDocs(), JsonRenderPlugin(path="/openapi.json")],
            description="Uploads (tus 1.0 at /api/v1/uploads) are described in PROTOCOL.md.",
        ),
        signature_namespace={"Services": Services},
        template_config=templates,
        plugins=list(plugins),
        compression_config=CompressionConfig(backend="gzip", exclude=_AS_IT_IS),
        logging_config=None,
        debug=False,
    )


async def _add_headers(message: Message, _scope: Scope) -> None:
    if message["type"] == "http.response.start":
        present = {name for name, _ in message["headers"]}
        message["headers"] = [*message["headers"], *(h for h in _HEADERS if h[0] not in present)]


def _refused(request: Request[Any, Any, Any], error: Refused) -> Response[Any]:
    if isinstance(error, LoginNeeded) and _wants_page(request):
        if "hx-request" in request.headers:  # part of a page: the whole page leads to the login
            return Response(b"", status_code=401, headers={"HX-Refresh": "true"})
        query = request.scope["query_string"].decode("latin-1")
        path = quote(f"{request.url.path}?{query}" if query else request.url.path)
        return Redirect(f"{LOGIN_PAGE}?next={path}", status_code=303)
    return _problem(request, error.status, str(error), error.headers)


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    return _problem(request, error.status_code, error.detail, error.headers)


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    event(log, "request_failed", level=logging.ERROR, path=request.url.path, error=error)
    return _problem(request, 500, "the vault failed at this; its log says why", None)


def _wants_page(request: Request[Any, Any, Any]) -> bool:
    """People at a browser; programs and scripts get JSON."""
    return not request.url.path.startswith("/api/") and "json" not in request.headers.get("accept", "")


def _problem(
    request: Request[Any, Any, Any], status: int, sentence: str, headers: dict[str, str] | None
) -> Response[Any]:
    error_page: ErrorPage | None = request.app.state.error_page
    if error_page is not None and _wants_page(request):
        return error_page(request, status, sentence)
    return Response({"status": status, "detail": sentence}, status_code=status, headers=headers)
