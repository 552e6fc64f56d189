"""All customers' sockets of this process: routes, who is connected, what is pushed to whom."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from aiohttp import web

from connectors import webchat
from connectors.contract import (
    Connector,
    PayloadInvalid,
    Sessions,
    Unavailable,
    Uri,
    Visitor,
    WebhookRejected,
)
from hub.problems import Problem, busy, invalid, not_found, too_many
from hub.sessions import upload
from hub.sessions.backend import ChatEntry, Presence, SessionsBackend
from hub.sessions.outbox import BYTES, FRAMES, Outbox
from hub.sessions.socket import RESTART, Tab
from hub.sessions.static import WIDGET, Script
from hub.sessions.visitors import Visitors

log = logging.getLogger("hub.sessions")

FRAME_BYTES = 256 * 1024
"""Of one frame from a browser: 10,000 characters fit however they are escaped."""
HEARTBEAT = 25.0  # seconds; a browser that does not answer in half of it is gone
SOCKETS_PER_ADDRESS = 1_000
NEWEST = 50  # entries that a visitor is shown again after a hold
MOST_DIGITS = 17  # of an entry's number
_CORS = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, X-Visitor",
    "Access-Control-Max-Age": "600",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class SessionServer:
    """Owns ``WS /chat/{channel}`` and what belongs to it.

    ``connector`` gives the running connector of a channel's name, or None. The hub runs ``run``
    in its task group, and calls ``deliver``, ``receipt`` and ``typing`` on the event loop.
    """

    def __init__(
        self,
        backend: SessionsBackend,
        connector: Callable[[str], Connector | None],
        *,
        address: Callable[[web.Request], str] = lambda request: request.remote or "",
        widget: Path = WIDGET,
        queue_frames: int = FRAMES,
        queue_bytes: int = BYTES,
    ) -> None:
        self._backend = backend
        self._connector = connector
        self._address = address
        self._script = Script(widget)
        self._queue = (queue_frames, queue_bytes)
        self._channels: dict[str, Visitors] = {}
        self._tabs: set[Tab] = set()
        self._addresses: Counter[str] = Counter()
        self._untold: dict[tuple[str, Uri], Presence] = {}
        self._news = asyncio.Event()
        self._closing = False

    # ------------------------------------------------------------ what the hub calls

    def routes(self) -> list[web.RouteDef]:
        """To be put on the application as they are; Problems are the outer middleware's."""
        return [
            web.get("/widget.js", self._widget),
            web.get("/chat/schema.json", self._schema),
            web.get("/chat/{channel}", self._chat),
            web.options("/chat/{channel}", self._preflight),
            web.get("/chat/{channel}/entries", self._entries),
            web.options("/chat/{channel}/entries", self._preflight),
            web.post("/chat/{channel}/files", self._files),
            web.options("/chat/{channel}/files", self._preflight),
        ]

    def deliver(self, channel: str, uri: Uri, entry: ChatEntry) -> None:
        """A new entry of that visitor, either direction: to all its tabs that lack it."""
        for tab in self._tabs_of(channel, uri):
            tab.offer(entry)

    def receipt(
        self, channel: str, uri: Uri, upto: int, state: Literal["delivered", "read"] = "read"
    ) -> None:
        """An agent has seen what the visitor wrote, up to that entry."""
        for tab in self._tabs_of(channel, uri):
            tab.push({"type": "receipt", "upto": upto, "state": state}, droppable=True)

    def typing(self, channel: str, uri: Uri, name: str = "") -> None:
        """An agent is writing to that visitor."""
        for tab in self._tabs_of(channel, uri):
            tab.push({"type": "typing", "name": name}, droppable=True)

    def queue(self, channel: str, uri: Uri | None, frame: Mapping[str, Any]) -> None:
        """What a visitor is told of the wait changed; without ``uri``: all of whom nothing of their
        own is known (``SessionsBackend.standing`` says the same to who comes later)."""
        place = self._channels.get(channel)
        for one in [uri] if uri is not None else list(place.tabs) if place else []:
            own = frame if uri is not None else self._backend.standing(channel, one) or frame
            for tab in self._tabs_of(channel, one):
                tab.tell(own)

    def presence(self, channel: str, uri: Uri) -> Presence:
        """Of one visitor, as this process sees it."""
        place = self._channels.get(channel)
        found = place.presences.get(uri) if place else None
        return found.now if found else "left"

    async def catch_up(self) -> None:
        """What was held back may be seen now: each visitor is shown what they lack."""
        for name, place in list(self._channels.items()):
            for uri in list(place.tabs):
                try:
                    newest = await self._backend.entries(name, uri, after=None, limit=NEWEST)
                except Exception:
                    log.exception("a visitor of chat channel %s has to come back to see all", name)
                    continue
                for entry in newest:
                    self.deliver(name, uri, entry)

    @property
    def sockets(self) -> int:
        """How many are open, for metrics."""
        return len(self._tabs)

    async def run(self) -> None:
        """Tell the backend of presences, in order, newest only. Until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._untold:
                (channel, uri), state = self._untold.popitem()
                await self._tell(channel, uri, state)

    async def _tell(self, channel: str, uri: Uri, state: Presence) -> None:
        try:
            await self._backend.presence(channel, uri, state)
        except Unavailable:
            log.warning("a presence on chat channel %s was not taken", channel)
        except Exception:
            log.exception("a presence on chat channel %s failed", channel)

    def forget(self, channel: str) -> None:
        """The channel was changed or stopped: its tabs come back to the new one."""
        if place := self._channels.pop(channel, None):
            place.stop()
            for tab in [tab for tabs in place.tabs.values() for tab in tabs]:
                tab.close_soon(RESTART, "the chat has changed")

    async def close(self) -> None:
        """No more sockets; those that are open are told to come back."""
        self._closing = True
        for place in self._channels.values():
            place.stop()
        await asyncio.gather(*(tab.close(RESTART, "restarting") for tab in list(self._tabs)))
        for place in self._channels.values():
            place.stop()

    # ------------------------------------------------------------ routes

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        """The socket; without an upgrade: what a widget needs to know before it connects."""
        name, connector = self._find(request)
        origin = request.headers.get("Origin", "")
        self._admit(connector, {"type": "hello"}, request)
        ws = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=FRAME_BYTES, timeout=3.0)
        if not ws.can_prepare(request):
            body = connector.frame({"type": "chat"})
            headers = {**_cors(origin), "Cache-Control": "public, max-age=60"}
            return web.Response(body=body, content_type="application/json", headers=headers)
        remote = self._address(request)
        if self._closing:
            raise busy("the hub is restarting")
        if self._addresses[remote] >= SOCKETS_PER_ADDRESS:
            raise too_many(10)
        await ws.prepare(request)
        await self._serve(request, ws, name, connector, origin, remote)
        return ws

    async def _serve(
        self,
        request: web.Request,
        ws: web.WebSocketResponse,
        name: str,
        connector: Sessions,
        origin: str,
        remote: str,
    ) -> None:
        place = self._place(name, connector)
        tab = Tab(request, ws, connector, self._backend, place, name, Outbox(*self._queue))
        self._tabs.add(tab)
        self._addresses[remote] += 1
        try:
            await tab.run(origin, remote)
        finally:
            self._tabs.discard(tab)
            self._addresses[remote] -= 1
            if not self._addresses[remote]:
                del self._addresses[remote]
            if self._closing:
                place.stop()

    async def _entries(self, request: web.Request) -> web.StreamResponse:
        """Earlier entries of a visitor: ``?before=ENTRY``, a page at a time."""
        return await self._answered(request, self._earlier(request), 200)

    async def _earlier(self, request: web.Request) -> bytes:
        name, connector = self._find(request)
        visitor = self._admit(
            connector, {"type": "upload", "visitor": upload.token(request)}, request
        )
        given = request.query.get("before", "")
        if not (given.isascii() and given.isdigit() and len(given) < MOST_DIGITS):
            raise invalid("before", "is not an entry")
        signals = self._place(name, connector).signals
        if not signals.take(visitor.uri):
            raise too_many(signals.retry_after(visitor.uri))
        limit = connector.limits.history
        page = await self._backend.entries(
            name, visitor.uri, after=None, before=int(given), limit=limit
        )
        entries = [entry.frame() for entry in page]
        return connector.frame({"type": "earlier", "entries": entries, "more": len(page) == limit})

    async def _files(self, request: web.Request) -> web.StreamResponse:
        return await self._answered(request, self._upload(request), 201)

    async def _answered(
        self, request: web.Request, making: Awaitable[bytes], status: int
    ) -> web.StreamResponse:
        """A call by HTTP from another site's page: refusals must be readable there too."""
        headers = _cors(request.headers.get("Origin", ""))
        try:
            body = await making
        except Problem as err:
            err.headers.update(headers)
            raise
        except Unavailable as err:
            problem = busy(str(err))
            problem.headers.update(headers)
            raise problem from err
        return web.Response(
            status=status, body=body, content_type="application/json", headers=headers
        )

    async def _upload(self, request: web.Request) -> bytes:
        name, connector = self._find(request)
        visitor = self._admit(
            connector, {"type": "upload", "visitor": upload.token(request)}, request
        )
        messages = self._place(name, connector).messages
        if not messages.take(visitor.uri):
            raise too_many(messages.retry_after(visitor.uri))
        most = _most_bytes(connector)
        found = await upload.open_upload(request, most)
        stored = await self._backend.store_file(
            name, visitor.uri, found.name, found.type, found.stream()
        )
        return connector.frame(
            upload.answer(found.name, found.type, found.size, visitor.uri, stored)
        )

    async def _preflight(self, request: web.Request) -> web.Response:
        _, connector = self._find(request)
        self._admit(connector, {"type": "hello"}, request)
        return web.Response(status=204, headers=_cors(request.headers.get("Origin", "")))

    async def _schema(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=msgspec.json.format(msgspec.json.encode(webchat.json_schema())),
            content_type="application/schema+json",
            headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"},
        )

    async def _widget(self, request: web.Request) -> web.Response:
        return self._script.respond(request)

    # ------------------------------------------------------------ parts

    def _find(self, request: web.Request) -> tuple[str, Sessions]:
        name = request.match_info["channel"]
        connector = self._connector(name)
        if not isinstance(connector, Sessions):
            raise not_found("chat")
        return name, connector

    def _admit(
        self, connector: Sessions, hello: Mapping[str, Any], request: web.Request
    ) -> Visitor:
        """Who calls by HTTP. Raises Problem: 403 (origin), 401 (token), 400."""
        origin = request.headers.get("Origin", "")
        try:
            return connector.open(hello, origin=origin, remote=self._address(request))
        except WebhookRejected as err:
            status = 403 if str(err).startswith("origin") else 401
            raise Problem(status, str(err)) from err
        except PayloadInvalid as err:
            field, _, reason = str(err).partition(": ")
            raise invalid(field, reason) from err

    def _place(self, name: str, connector: Sessions) -> Visitors:
        place = self._channels.get(name)
        if place is not None and place.connector is not connector:
            self.forget(name)
            place = None
        if place is None:
            place = self._channels[name] = Visitors(name, connector, self._changed)
        return place

    def _changed(self, channel: str, uri: Uri, state: Presence) -> None:
        self._untold[channel, uri] = state
        self._news.set()

    def _tabs_of(self, channel: str, uri: Uri) -> list[Tab]:
        place = self._channels.get(channel)
        return list(place.tabs.get(uri, ())) if place else []


def _most_bytes(connector: Sessions) -> int:
    most = connector.capabilities.max_attachment_bytes if isinstance(connector, Connector) else 0
    if not most:
        raise Problem(403, "this chat takes no files")
    return most


def _cors(origin: str) -> dict[str, str]:
    """For an origin that was admitted, or to say why it was not."""
    return {**_CORS, "Access-Control-Allow-Origin": origin, "Vary": "Origin"} if origin else {}
