"""/api/docs: the OpenAPI document as a plain page; the viewers that exist load scripts from other hosts."""

from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><h1>{title}</h1>
<p>{description} The document itself: <a href="/api/docs/openapi.json">openapi.json</a>.</p>
{operations}</body></html>"""
_METHODS = ("get", "post", "put", "patch", "delete")


class PlainDocs(OpenAPIRenderPlugin):
    """Server-rendered, no script, no style: it also reads well in a terminal."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        del request
        info = openapi_schema["info"]
        operations = "\n".join(
            _operation(method, path, item[method])
            for path, item in sorted(openapi_schema["paths"].items())
            for method in _METHODS
            if method in item
        )
        page = _PAGE.format(
            title=escape(info["title"]),
            description=escape(info.get("description", "")),
            operations=operations,
        )
        return page.encode()


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{escape(p['name'])}</code> ({escape(p['in'])}"
        f"{', required' if p.get('required') else ''}) {escape(p.get('description', ''))}</li>"
        for p in operation.get("parameters", [])
    )
    text = operation.get("description") or operation.get("summary", "")
    return f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(text)}</p><ul>{parameters}</ul>"
