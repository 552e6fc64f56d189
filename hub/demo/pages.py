"""The simulator as the hub serves it: its page, and a way through to the parent, which does the work.

Exists only in a hub that a demo's parent has started. Whoever reaches the hub may write as a
customer; only an admin may press the red button.
"""

from __future__ import annotations

import asyncio
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import aiohttp
import msgspec
from aiohttp import web

from hub import http
from hub.console import DIST as CONSOLE
from hub.http import HUB, Call, NoQuery, Route, read_body, route, same_origin
from hub.permissions import Permission
from hub.problems import Problem, busy

PAGE = Path(__file__).parents[1] / "web" / "simulator" / "page"
_FONTS = (
    ("Inter", "inter-latin-wght-normal-*.woff2"),
    ("Vazirmatn", "vazirmatn-arabic-wght-normal-*.woff2"),
)
SECRET = "X-Demo-Secret"  # noqa: S105  a header's name
BODY_BYTES = 30_000_000
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
    "blob:; font-src 'self'; connect-src 'self' ws: wss:; frame-src 'self'; media-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {frame}"
)
_PARENT: web.AppKey[Parent] = web.AppKey("demo_parent")
_SESSION: web.AppKey[aiohttp.ClientSession] = web.AppKey("demo_session")
_STREAMS: web.AppKey[set[asyncio.Task[object]]] = web.AppKey("demo_streams")


@dataclass(frozen=True, slots=True)
class Parent:
    """Where the parent listens, and what opens it."""

    url: str
    secret: str


class Drill(msgspec.Struct, forbid_unknown_fields=True):
    """The red button, pressed and confirmed."""

    confirm: Literal[True]
    seconds: float = 8.0


class Presser(msgspec.Struct):
    """Whether whoever looks may press it: the header that an admin's page needs, else nothing."""

    csrf: str


def attach(app: web.Application, parent: Parent) -> None:
    """Serve the simulator."""
    app[_PARENT] = parent
    app[_STREAMS] = set()
    app.cleanup_ctx.append(_client)
    app.on_shutdown.append(_end_streams)
    app.router.add_get("/simulator", _page)
    app.router.add_get("/simulator/chat", _page)
    app.router.add_get("/simulator/static/fonts.css", _fonts)
    app.router.add_get("/simulator/static/{name}", _static)
    app.router.add_get("/simulator/api/events", _events)
    app.router.add_get(r"/simulator/api/{path:customers|messages|files/[0-9a-f]{32}}", _ask)
    app.router.add_post("/simulator/api/{path:customers|sms|mail}", _ask)
    http.attach(app, _routes())


def _routes() -> list[Route[Any, Any]]:
    return [
        route("GET", "/simulator/api/me", Permission.PUBLIC, _me, answer=Presser),
        route(
            "POST",
            "/simulator/api/drill",
            Permission.USERS,
            _drill,
            body=Drill,
            answer=dict,
            status=202,
        ),
    ]


async def _client(app: web.Application) -> Any:
    timeout = aiohttp.ClientTimeout(total=None, connect=5, sock_connect=5)
    async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session:
        app[_SESSION] = session
        yield


async def _end_streams(app: web.Application) -> None:
    """Open streams would hold up the end."""
    streams = app[_STREAMS]
    for task in list(streams):
        task.cancel()


# ---------------------------------------------------------------- the page


async def _page(request: web.Request) -> web.StreamResponse:
    name, frame = "index.html", "'none'"
    if request.path.endswith("/chat"):
        name, frame = "chat.html", "'self'"
    headers = {"Content-Security-Policy": CSP.format(frame=frame), "Cache-Control": "no-cache"}
    return web.FileResponse(PAGE / name, headers=headers)


async def _static(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    kind = mimetypes.guess_type(name)[0]
    path = PAGE / name
    if path.parent != PAGE or not path.is_file() or kind is None or path.suffix == ".html":
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Content-Type": kind, "Cache-Control": "no-cache"})


async def _fonts(_request: web.Request) -> web.Response:
    """The console's fonts, under the names that its build gave them; none if it is not built."""
    rules = [
        f"@font-face{{font-family:'{family} Variable';font-weight:100 900;font-display:swap;"
        f"src:url(/assets/{file.name}) format('woff2-variations')}}"
        for family, pattern in _FONTS
        for file in sorted((CONSOLE / "assets").glob(pattern))
    ]
    return web.Response(text="\n".join(rules), content_type="text/css")


# ---------------------------------------------------------------- through to the parent


async def _ask(request: web.Request) -> web.StreamResponse:
    body = None
    if request.method == "POST":
        if not same_origin(request, request.app[HUB]):
            raise Problem(403, "this page may not write here")
        if request.content_type != "application/json":
            raise Problem(415, "the body must be JSON")
        body = await read_body(request, BODY_BYTES)
    path = request.match_info["path"]
    return await _through(request, path, body)


async def _through(request: web.Request, path: str, body: bytes | None) -> web.Response:
    parent = request.app[_PARENT]
    headers = {SECRET: parent.secret, "Content-Type": "application/json"}
    try:
        async with request.app[_SESSION].request(
            request.method,
            f"{parent.url}/simulator/{path}",
            params=request.query,
            data=body,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=40),
        ) as answer:
            return web.Response(
                status=answer.status,
                body=await answer.read(),
                headers=_kept(answer),
            )
    except (aiohttp.ClientError, OSError) as err:
        raise busy("the simulator does not answer", 1) from err


def _kept(answer: aiohttp.ClientResponse) -> dict[str, str]:
    names = ("Content-Type", "Content-Disposition", "Cache-Control", "Content-Security-Policy")
    return {name: answer.headers[name] for name in names if name in answer.headers}


async def _me(call: Call[NoQuery, None]) -> Presser:
    """Whether the caller may press the red button (in a demo only)"""
    who = call.principal
    return Presser(who.csrf if who is not None and who.may(Permission.USERS) else "")


async def _drill(call: Call[NoQuery, Drill]) -> web.Response:
    """Kill this hub under load, and count what is left (an admin, in a demo only)"""
    return await _through(call.request, "drill", msgspec.json.encode(call.body))


async def _events(request: web.Request) -> web.StreamResponse:
    parent = request.app[_PARENT]
    task = asyncio.current_task()
    streams = request.app[_STREAMS]
    if task is not None:
        streams.add(task)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    try:
        async with request.app[_SESSION].get(
            f"{parent.url}/simulator/events", headers={SECRET: parent.secret}
        ) as answer:
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
    except (aiohttp.ClientError, ConnectionError) as err:
        if not response.prepared:
            raise busy("the simulator does not answer", 1) from err
    finally:
        if task is not None:
            streams.discard(task)
    return response
