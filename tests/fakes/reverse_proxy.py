"""A reverse proxy on loopback, as strict as the common ones: it serves one path of its host.

Everything else is 404. With ``strip`` the path goes on without the prefix (Caddy's ``handle_path``,
nginx's ``proxy_pass`` with a path), else as it came. It tells the caller's address and the scheme
in headers, after what the caller claimed, and joins WebSockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

_HOP = frozenset({"connection", "upgrade", "keep-alive", "transfer-encoding", "te", "trailer",
                  "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"})  # fmt: skip


@dataclass(slots=True)
class ReverseProxy:
    """Where it listens, and what it serves."""

    url: str
    """With the prefix: what the world calls."""
    prefix: str
    strip: bool
    target: str = ""
    """``http://127.0.0.1:PORT``, set once the server behind it runs."""
    session: aiohttp.ClientSession | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path
        if path.partition("?")[0] != self.prefix and not path.startswith(f"{self.prefix}/"):
            return web.Response(status=404, text="not this path")
        if self.strip:
            path = path[len(self.prefix) :] or "/"
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._join(request, path)
        return await self._pass(request, path)

    def _headers(self, request: web.Request) -> CIMultiDict[str]:
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in _HOP
        )
        said = headers.popall("X-Forwarded-For", [])
        headers["X-Forwarded-For"] = ", ".join([*said, request.remote or ""])
        headers["X-Forwarded-Proto"] = "http"
        return headers

    async def _pass(self, request: web.Request, path: str) -> web.StreamResponse:
        assert self.session is not None
        body = await request.read()
        async with self.session.request(
            request.method, self.target + path, data=body, headers=self._headers(request),
            allow_redirects=False,
        ) as answer:  # fmt: skip
            headers = CIMultiDict(
                (name, value)
                for name, value in answer.headers.items()
                if name.lower() not in _HOP | {"content-length", "content-encoding"}
            )
            return web.Response(status=answer.status, headers=headers, body=await answer.read())

    async def _join(self, request: web.Request, path: str) -> web.StreamResponse:
        assert self.session is not None
        asked = [
            item.strip() for item in request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        ]
        near = web.WebSocketResponse(protocols=[item for item in asked if item])
        async with self.session.ws_connect(
            self.target + path, headers=self._headers(request), protocols=near._protocols
        ) as far:
            await near.prepare(request)
            await asyncio.wait(
                [asyncio.create_task(_pump(near, far)), asyncio.create_task(_pump(far, near))],
                return_when=asyncio.FIRST_COMPLETED,
            )
            await near.close(code=far.close_code or 1000)
        return near


_Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _pump(source: _Socket, sink: _Socket) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await sink.send_bytes(message.data)


@asynccontextmanager
async def reverse_proxy(prefix: str, *, strip: bool) -> AsyncIterator[ReverseProxy]:
    """A proxy that listens; set its ``target`` when the server runs."""
    proxy = ReverseProxy("", prefix, strip)
    app = web.Application(client_max_size=0)
    app.router.add_route("*", "/{path:.*}", proxy.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    proxy.url = f"http://{host}:{port}{prefix}"
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True
    ) as session:
        proxy.session = session
        yield proxy
    await runner.cleanup()
