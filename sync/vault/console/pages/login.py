"""Logging in and out with forms, and the choice of language."""

import hmac
import secrets
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect, Response

from sync.vault.access.access import CSRF_FIELD, Session, cookie_name
from sync.vault.api.guard import address
from sync.vault.api.session import with_cookie
from sync.vault.console.console import Console
from sync.vault.console.pages.ways import local
from sync.vault.console.rendering import LANGUAGE_COOKIE
from sync.vault.console.texts import LANGUAGES
from sync.vault.errors import Refused
from sync.vault.services import Services

LOGIN_COOKIE = "offhook_login"  # its value stands in the form too: only this console's page can have put both
YEAR_S = 365 * 86_400
Req = Request[Any, Any, Any]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/login", opt={"public": True})
async def login_page(request: Req, console: Console) -> Response[str] | Redirect:
    """The form; who is logged in already goes on."""
    if request.state.session is not None:
        return Redirect(_next(request), status_code=303)
    return _form(request, console, _next(request))


@post("/login", status_code=200, opt={"public": True}, request_max_body_size=16_384)
async def log_in(request: Req, services: Services, console: Console, data: Form) -> Response[Any] | Redirect:
    next_path, login = local(data.get("next", "/")), data.get("login", "").strip()
    expected, given = request.cookies.get(LOGIN_COOKIE, ""), data.get(CSRF_FIELD, "")
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        return _form(request, console, next_path, login=login, error="login.stale", status=403)
    try:
        session = await services.access.log_in(login, data.get("password", ""), address(request))
    except Refused as refused:
        error = "login.too_many" if refused.status == 429 else "login.wrong"
        return _form(request, console, next_path, login=login, error=error, status=refused.status)
    return with_cookie(request, Redirect(next_path, status_code=303), session)


@post("/logout", status_code=303, request_max_body_size=16_384)
async def log_out(request: Req, services: Services, session: Session) -> Redirect:
    await services.access.log_out(session, address(request))
    answer = Redirect("/login", status_code=303)
    answer.delete_cookie(cookie_name(services.settings.vault.name))
    return answer


@get("/language/{code:str}", opt={"public": True})
async def choose_language(request: Req, code: str) -> Redirect:
    """Remembered for a year; a GET, since it changes nothing but how pages read."""
    if code not in LANGUAGES:
        raise Refused(404, "there is no such language")
    answer = Redirect(_next(request), status_code=303)
    answer.set_cookie(LANGUAGE_COOKIE, code, max_age=YEAR_S, samesite="strict", path="/", httponly=True)
    return answer


def _next(request: Req) -> str:
    return local(str(request.query_params.get("next", "/")))


def _form(
    request: Req, console: Console, next_path: str, *, login: str = "", error: str = "", status: int = 200
) -> Response[str]:
    token = secrets.token_urlsafe(24)
    answer = console.rendering.page(
        request, "login.html", status, next=next_path, login=login, error=error, token=token
    )
    secure = request.url.scheme == "https"
    answer.set_cookie(LOGIN_COOKIE, token, httponly=True, samesite="strict", path="/login", secure=secure)
    return answer


handlers = (login_page, log_in, log_out, choose_language)
