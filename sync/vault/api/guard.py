"""Who may call what: every route needs a session unless it says `opt={"public": True}`.

`opt={"roles": ("admin",)}` narrows it. A method that changes something needs the session's CSRF token, in the
X-CSRF-Token header or the form field `csrf`; and no request may come from a page of another origin.
"""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from sync.vault.access.access import CSRF_FIELD, CSRF_HEADER, Session, cookie_name
from sync.vault.errors import Refused
from sync.vault.services import Services

Connection = ASGIConnection[Any, Any, Any, Any]
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class LoginNeeded(Refused):
    """Pages lead to the login, the API answers 401."""

    def __init__(self) -> None:
        super().__init__(401, "log in first")


async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
    """App-wide Litestar guard; leaves the session in `connection.state.session` (None on public routes)."""
    method = connection.scope.get("method", "GET")
    if method not in _SAFE:
        _check_origin(connection)
    services: Services = connection.app.state.services
    token = connection.cookies.get(cookie_name(services.settings.vault.name), "")
    # An open page that follows along asks for its parts by itself: that is nobody at work.
    session = await services.access.session(token, prolong="hx-request" not in connection.headers)
    connection.state.session = session
    if handler.opt.get("public"):
        return
    if session is None:
        raise LoginNeeded
    roles = handler.opt.get("roles")
    if roles and session.person.role not in roles:
        raise Refused(403, f"this needs one of the roles {', '.join(roles)}; you are {session.person.role}")
    if method not in _SAFE:
        session.check_csrf(await _csrf(connection))


def current_session(request: Request[Any, Any, Any]) -> Session:
    """Dependency `session` of handlers behind the guard."""
    session = request.state.session
    if not isinstance(session, Session):
        raise LoginNeeded
    return session


def address(connection: Connection) -> str:
    """Where the request came from, for the access log."""
    return connection.client.host if connection.client else ""


def _check_origin(connection: Connection) -> None:
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != connection.headers.get("host"):
        raise Refused(403, "the request comes from a page of another site")


async def _csrf(connection: Connection) -> str:
    given = connection.headers.get(CSRF_HEADER.lower())
    if given is not None:
        return given
    if not connection.headers.get("content-type", "").startswith(_FORMS):
        return ""
    # Litestar keeps the form that was read here in the scope: the handler gets the same.
    form = await Request[Any, Any, Any](connection.scope, receive=connection.receive).form()
    return str(form.get(CSRF_FIELD, ""))
