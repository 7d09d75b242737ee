"""The console's pages. `console_parts` is what main.py builds the application with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar.plugins import PluginProtocol
from litestar.template.config import TemplateConfig
from litestar.types import ControllerRouterHandler

from sync.vault.services import Services


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """Route handlers (static files too), and the template engine that they use."""

    pages: Sequence[ControllerRouterHandler] = ()
    templates: TemplateConfig[Any] | None = None
    plugins: Sequence[PluginProtocol] = ()


def console_parts(services: Services) -> ConsoleParts:
    """Pages for this vault."""
    del services
    return ConsoleParts()
