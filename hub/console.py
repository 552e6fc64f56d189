"""The console's built files: one page at ``/``, its assets cached for ever, nothing from elsewhere.

The build names its files relative to the page (``./assets/..``); the page is served at every path
of its router, so they are made absolute here, below the path at which the hub stands.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

DIST = Path(__file__).parent / "web" / "console" / "dist"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; "
    "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_BASE = 'content="hub-base"'  # in the page's meta element of that name
_MISSING = "The console is not built. Run: make build"


def attach(app: web.Application, base: str = "", dist: Path = DIST) -> None:
    """Serve the console; every path of its own router gets the same page.

    ``base``: the path below which the hub stands, as the world calls it.
    """

    async def page(_request: web.Request) -> web.StreamResponse:
        index = _file(dist, "index.html")
        if index is None:
            return web.Response(status=503, text=_MISSING)
        headers = {"Content-Security-Policy": CSP, "Cache-Control": "no-cache"}
        text = index.read_text(encoding="utf-8").replace(_BASE, f'content="{base}"')
        text = text.replace('"./', f'"{base}/')
        return web.Response(text=text, content_type="text/html", headers=headers)

    def files(folder: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def file(request: web.Request) -> web.StreamResponse:
            path = _file(dist, folder + request.match_info["path"])
            if path is None:
                raise web.HTTPNotFound
            headers = {"Cache-Control": "public, max-age=31536000, immutable"}
            return web.FileResponse(path, headers=headers)

        return file

    app.router.add_get("/assets/{path:.+}", files("assets/"))
    app.router.add_get(r"/{path:[a-z0-9_-]+\.(?:svg|ico|png|webmanifest)}", files(""))
    app.router.add_get(r"/{path:(?!api/|in/|chat/|attachments/|assets/)[^.]*}", page)


def _file(dist: Path, name: str) -> Path | None:
    """A built file, looked for anew each time: a rebuild under a running hub is picked up."""
    path = (dist / name).resolve()
    return path if path.is_relative_to(dist.resolve()) and path.is_file() else None
