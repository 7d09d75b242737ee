"""Logging in and out over JSON; the console's pages do the same with forms through `log_in` and `clear`."""

from typing import Any, TypeVar

import msgspec
from litestar import Request, delete, get, post
from litestar.response import Response

from sync.vault.access.access import Session, cookie_name
from sync.vault.api.guard import address
from sync.vault.services import Services

R = TypeVar("R", bound=Response[Any])


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    login: str
    password: str


class SessionView(msgspec.Struct, frozen=True):
    login: str
    name: str
    role: str
    csrf: str


def view(session: Session) -> SessionView:
    p = session.person
    return SessionView(p.login, p.name, p.role, session.csrf)


def with_cookie(request: Request[Any, Any, Any], response: R, session: Session) -> R:
    """Secure over HTTPS; over the plain listener, which is loopback only, it cannot be."""
    services: Services = request.app.state.services
    response.set_cookie(
        cookie_name(services.settings.vault.name),
        session.token,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
    return response


@post("/api/v1/session", status_code=200, opt={"public": True}, request_max_body_size=16_384)
async def log_in(request: Request[Any, Any, Any], services: Services, data: Login) -> Response[SessionView]:
    """Log in: sets the session cookie; the answer holds the CSRF token."""
    session = await services.access.log_in(data.login, data.password, address(request))
    return with_cookie(request, Response(view(session)), session)


@get("/api/v1/session")
async def who_am_i(session: Session) -> SessionView:
    """Who is logged in."""
    return view(session)


@delete("/api/v1/session", status_code=204)
async def log_out(request: Request[Any, Any, Any], services: Services, session: Session) -> None:
    """End the session."""
    await services.access.log_out(session, address(request))
