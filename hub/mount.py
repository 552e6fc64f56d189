"""Standing below a path of a host: ``public_url = "https://example.com/hub"``.

A reverse proxy may hand on the path as it came or without the prefix; both are served, so that
neither kind of proxy needs a rewrite. What leaves (cookies, redirects) is put below the path.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from hub.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def mount(app: web.Application, face: web.Application, base: str) -> None:
    """Serve ``face`` below ``base`` in ``app``, which itself serves the same at its root."""

    async def to_page(request: web.Request) -> web.StreamResponse:
        query = f"?{request.query_string}" if request.query_string else ""
        return web.Response(status=308, headers={"Location": f"{base}/{query}"})

    app.router.add_get(base, to_page)
    app.add_subapp(base, face)


def below(base: str, raw_path: str) -> str:
    """``raw_path`` as it is without the prefix, whichever way the proxy handed it on."""
    if base and (raw_path == base or raw_path.startswith((f"{base}/", f"{base}?"))):
        return raw_path[len(base) :]
    return raw_path


def called(settings: Settings, raw_path: str) -> str:
    """The URL as the world called it: what providers sign."""
    return settings.public_url + below(settings.base, raw_path)


def leaving(base: str) -> Any:
    """A middleware: cookies and redirects of ours, put below ``base``."""

    @web.middleware
    async def put_below(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        for cookie in response.cookies.values():
            path = cookie["path"]
            if path.startswith("/") and below(base, path) == path:
                cookie["path"] = base + path.rstrip("/")
        location = response.headers.get("Location", "")
        if location.startswith("/") and not location.startswith("//") and not response.prepared:
            response.headers["Location"] = base + below(base, location)
        return response

    return put_below
