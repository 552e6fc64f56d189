"""The console's built files: one page at ``/``, its assets cached for ever, nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

DIST = Path(__file__).parent / "web" / "console" / "dist"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; "
    "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_MISSING = "The console is not built. Run: make build"


def attach(app: web.Application, dist: Path = DIST) -> None:
    """Serve the console; every path of its own router gets the same page."""

    async def page(_request: web.Request) -> web.StreamResponse:
        index = _file(dist, "index.html")
        if index is None:
            return web.Response(status=503, text=_MISSING)
        headers = {"Content-Security-Policy": CSP, "Cache-Control": "no-cache"}
        return web.FileResponse(index, headers=headers)

    async def asset(request: web.Request) -> web.StreamResponse:
        path = _file(dist, request.path.lstrip("/"))
        if path is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return web.FileResponse(path, headers=headers)

    app.router.add_get("/assets/{path:.+}", asset)
    app.router.add_get(r"/{path:[a-z0-9_-]+\.(?:svg|ico|png|webmanifest)}", asset)
    app.router.add_get(r"/{path:(?!api/|in/|chat/|attachments/|assets/)[^.]*}", page)


def _file(dist: Path, name: str) -> Path | None:
    """A built file, looked for anew each time: a rebuild under a running hub is picked up."""
    path = (dist / name).resolve()
    return path if path.is_relative_to(dist.resolve()) and path.is_file() else None
