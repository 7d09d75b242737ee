"""The console's pages. `console_parts` is what main.py builds the application with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Router
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.plugins import PluginProtocol
from litestar.response import Response
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from litestar.types import ControllerRouterHandler

from sync.vault.console.console import Console
from sync.vault.console.pages import call, calls, fleet, following, live, login, records, sound
from sync.vault.console.rendering import STATIC, Rendering
from sync.vault.console.sound.heard import Heard
from sync.vault.console.sound.library import Library
from sync.vault.services import Services

YEAR_S = 365 * 86_400  # static files carry their hash in their address
ErrorPage = Callable[[Request[Any, Any, Any], int, str], Response[str]]
PAGES = (login, fleet, calls, call, sound, live, records, following)


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """Route handlers (static files too), and what a page answers when a request is refused or fails."""

    pages: Sequence[ControllerRouterHandler]
    error_page: ErrorPage
    templates: TemplateConfig[Any] | None = None
    plugins: Sequence[PluginProtocol] = ()


def console_parts(services: Services) -> ConsoleParts:
    """Pages for this vault."""
    settings = services.settings.vault
    rendering = Rendering(vault=settings.name, language=settings.language)
    console = Console(
        services=services,
        rendering=rendering,
        library=Library(services.objects, services.audio_keys),
        heard=Heard(),
    )
    pages = Router(
        "/",
        route_handlers=[handler for page in PAGES for handler in page.handlers],
        dependencies={"console": Provide(lambda: console, sync_to_thread=False)},
        include_in_schema=False,
    )
    static = create_static_files_router(
        "/static",
        [STATIC],
        opt={"public": True},
        include_in_schema=False,
        cache_control=CacheControlHeader(max_age=YEAR_S, public=True, immutable=True),
    )

    def error_page(request: Request[Any, Any, Any], status: int, sentence: str) -> Response[str]:
        return rendering.page(request, "error.html", status, page="", code=status, sentence=sentence)

    return ConsoleParts([pages, static], error_page)
