"""One browser tab: its frames in, its entries out, without gap and without double.

The order that makes resuming safe: the tab is registered first (live entries are held back), then
history is read and sent, then what was held back, less what history had already.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import WSMessage, WSMsgType, web

from connectors.contract import (
    PayloadInvalid,
    Raw,
    Sessions,
    SignalIn,
    Unavailable,
    Visitor,
    WebhookRejected,
)
from hub.sessions.backend import ChatEntry, Presence, SessionsBackend
from hub.sessions.outbox import Outbox
from hub.sessions.wire import decode, error

if TYPE_CHECKING:
    from hub.limits import Buckets

log = logging.getLogger("hub.sessions")

PAGE = 50  # entries of one read when resuming
HELLO_WITHIN = 15.0  # seconds
CLOSE_WITHIN = 5.0  # seconds until a peer that does not answer a close is cut off
BAD_FRAMES = 20
TYPING_EVERY = 2.0  # seconds

TOO_SLOW = 4408
FORGED = 4401
POLICY = 1008
BROKEN = 1011
RESTART = 1012


class Place(Protocol):
    """Where a visitor's tabs are kept: what a tab needs of the server."""

    messages: Buckets
    signals: Buckets

    def enter(self, tab: Tab) -> None: ...

    def state(self, tab: Tab, state: Presence) -> None: ...

    def wrote(self, tab: Tab) -> None: ...

    def leave(self, tab: Tab, *, properly: bool) -> None: ...


class Tab:
    """One socket from its upgrade to its end. ``run`` is its whole life."""

    def __init__(
        self,
        request: web.Request,
        ws: web.WebSocketResponse,
        connector: Sessions,
        backend: SessionsBackend,
        place: Place,
        channel: str,
        outbox: Outbox,
    ) -> None:
        self.channel = channel
        self.visitor: Visitor | None = None
        self._request = request
        self._ws = ws
        self._connector = connector
        self._backend = backend
        self._place = place
        self._outbox = outbox
        self._tasks: asyncio.TaskGroup | None = None
        self._writer: asyncio.Task[None] | None = None
        self._closing = False
        self._held: list[ChatEntry] | None = []  # None: history is out, entries go straight
        self._shown: set[int] = set()
        self._newest = 0
        self._filing: str | None = None
        self._matter: int | None = None
        self._code = ""
        self._told = {"delivered": 0, "read": 0}
        self._bad = 0
        self._typed_at = float("-inf")

    async def run(self, origin: str, remote: str) -> None:
        """Until either side closes."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._writer = tasks.create_task(self._write())
            try:
                await self._read(origin, remote)
            finally:
                self._closing = True
                self._tasks = None
                self._writer.cancel()
                if self.visitor is not None:
                    properly = self._ws.close_code in (1000, 1001, 1005)
                    self._place.leave(self, properly=properly)

    @property
    def who(self) -> Visitor:
        """The visitor; said hello by now."""
        if self.visitor is None:
            raise RuntimeError("no hello yet")
        return self.visitor

    # ------------------------------------------------------------ out

    def offer(self, entry: ChatEntry) -> None:
        """A new entry of this visitor: shown unless it is already, or is about to be acked."""
        if entry.id in self._shown or (entry.client_id and entry.client_id == self._filing):
            return
        if self._held is not None:
            self._held.append(entry)
            return
        self._show(entry)
        self.push({"type": "message", "entry": entry.frame()})

    def tell(self, item: Mapping[str, Any]) -> None:
        """What holds now; who is still catching up is told at the end of that."""
        if self._held is None:
            self.push(item)

    def push(self, item: Mapping[str, Any], *, droppable: bool = False) -> None:
        """Queue a frame. A browser that does not keep up is closed and comes back by ``since``."""
        if self._closing or (droppable and self._outbox.crowded):
            return
        if not self._outbox.put(self._connector.frame(item)):
            self.close_soon(TOO_SLOW, "too slow: come back with since")

    def close_soon(self, code: int, words: str) -> None:
        """Close from inside the loop, without waiting for it."""
        if not self._closing and self._tasks is not None:
            self._closing = True
            self._tasks.create_task(self.close(code, words))

    async def close(self, code: int, words: str) -> None:
        """Close now; a peer that does not read is cut off after a few seconds."""
        self._closing = True
        if self._writer is not None:
            self._writer.cancel()
        try:
            async with asyncio.timeout(CLOSE_WITHIN):
                await self._ws.close(code=code, message=words.encode()[:120])
        except TimeoutError:
            if self._request.transport is not None:
                self._request.transport.abort()

    async def _write(self) -> None:
        try:
            while True:
                await self._ws.send_frame(await self._outbox.get(), WSMsgType.TEXT)
        except ConnectionError:
            return  # the reading side sees the end too

    def _show(self, entry: ChatEntry) -> None:
        self._shown.add(entry.id)
        self._newest = max(self._newest, entry.id)

    # ------------------------------------------------------------ in

    async def _read(self, origin: str, remote: str) -> None:
        try:
            async with asyncio.timeout(HELLO_WITHIN):
                said = await self._hello(origin, remote)
        except TimeoutError:
            return await self.close(POLICY, "no hello")
        if said is None or not await self._resumed(said.get("since")):
            return None
        async for message in self._ws:
            if self._closing:
                return None
            await self._take(message)
        return None

    async def _hello(self, origin: str, remote: str) -> Mapping[str, Any] | None:
        """Wait for a hello that holds. None: the socket is closed or refused."""
        async for message in self._ws:
            frame: Mapping[str, Any] = {}
            try:
                frame = decode(message)
                if frame.get("type") != "hello":
                    raise PayloadInvalid("type: hello comes first")
                self.visitor = self._connector.open(frame, origin=origin, remote=remote)
                return frame
            except PayloadInvalid as err:
                self._invalid(str(err), frame)
            except WebhookRejected as err:
                refusal = self._connector.frame(error("refused", str(err)))
                await self._ws.send_frame(refusal, WSMsgType.TEXT)
                await self.close(FORGED, "refused")
                return None
            if self._closing:
                return None
        return None

    async def _resumed(self, since: int | None) -> bool:
        try:
            await self._resume(since)
        except Unavailable as err:
            await self.close(RESTART, str(err))
            return False
        except Exception:
            log.exception("history on chat channel %s could not be read", self.channel)
            await self.close(BROKEN, "something went wrong here")
            return False
        return True

    async def _resume(self, since: int | None) -> None:
        self._newest = since or 0
        self._place.enter(self)
        limit = self._connector.limits.history if since is None else PAGE
        uri = self.who.uri
        page = await self._backend.entries(self.channel, uri, after=since, limit=limit)
        for entry in page:
            self._show(entry)
        entries = [entry.frame() for entry in page]
        more = since is None and len(page) == limit
        self.push({"type": "hello", "visitor": self.who.token, "entries": entries, "more": more})
        while since is not None and len(page) == PAGE and not self._closing:
            page = await self._backend.entries(self.channel, uri, after=page[-1].id, limit=PAGE)
            for entry in page:
                await self._outbox.room()
                self._show(entry)
                self.push({"type": "message", "entry": entry.frame()})
        held, self._held = self._held or [], None
        for entry in held:
            self.offer(entry)
        if standing := self._backend.standing(self.channel, uri):
            self.push(standing)
        if page:
            await self._tell_code()
        if since is not None:
            await self._receipt("delivered", since)

    async def _take(self, message: WSMessage) -> None:
        frame: Mapping[str, Any] = {}
        try:
            frame = decode(message)
            for item in self._connector.receive(self.who, frame):
                if isinstance(item, Raw):
                    await self._message(item)
                else:
                    await self._signal(item)
        except PayloadInvalid as err:
            self._invalid(str(err), frame)
        except Unavailable as err:
            after = err.retry_after.total_seconds() if err.retry_after else 1.0
            words = "the hub cannot take it now, send it again soon"
            self.push({**error("busy", words, frame), "retry_after": after})
        except Exception:
            log.exception("a frame on chat channel %s could not be taken", self.channel)
            self.push(error("failed", "something went wrong here; try again", frame))

    def _invalid(self, words: str, frame: Mapping[str, Any]) -> None:
        self.push(error("invalid", words, frame))
        self._bad += 1
        if self._bad >= BAD_FRAMES:
            self.close_soon(POLICY, "too many bad frames")

    async def _message(self, raw: Raw) -> None:
        if not self._place.messages.take(self.who.uri):
            after = self._place.messages.retry_after(self.who.uri)
            refusal = error("rate_limited", f"too many messages: wait {after} s")
            self.push({**refusal, "id": raw.key, "retry_after": float(after)})
            return
        self._filing = raw.key
        try:
            filed = await self._backend.file(self.channel, raw)
        finally:
            self._filing = None
        self._typed_at = float("-inf")  # typing the next one is news
        self._place.wrote(self)
        if filed.entry_id is not None:
            self._shown.add(filed.entry_id)
            self._newest = max(self._newest, filed.entry_id)
        self.push({"type": "ack", "id": raw.key, "entry": filed.entry_id})
        if filed.matter is not None and filed.matter != self._matter:
            self._matter = filed.matter
            await self._tell_code()

    async def _tell_code(self) -> None:
        """The number of their matter, whenever it is another one; without it the chat goes on."""
        with suppress(Unavailable):
            code = await self._backend.code(self.channel, self.who.uri)
            if code and code != self._code:
                self._code = code
                self.push({"type": "code", "code": code})

    async def _signal(self, signal: SignalIn) -> None:
        if not self._place.signals.take(signal.sender):
            return
        match signal.signal:
            case "typing":
                await self._typing(signal)
            case "delivered" | "read":
                await self._receipt(signal.signal, min(int(signal.about), self._newest))
            case "here" | "away" | "left":
                self._place.state(self, signal.signal)

    async def _typing(self, signal: SignalIn) -> None:
        now = monotonic()
        if now - self._typed_at >= TYPING_EVERY:
            self._typed_at = now
            await self._backend.signal(self.channel, signal)

    async def _receipt(self, state: Any, upto: int) -> None:
        if upto > self._told[state]:
            self._told[state] = upto
            await self._backend.receipt(self.channel, self.who.uri, upto, state)
