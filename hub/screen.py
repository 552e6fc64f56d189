"""One agent's socket: what its person may see, and the frames that wait for it."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from aiohttp import WSMsgType

from storage.views import Sight

if TYPE_CHECKING:
    from aiohttp import web

    from hub.access.principal import Principal
    from hub.frames import Frame

FRAMES = 1_000  # waiting for one socket
BYTES = 1_000_000  # likewise
TOO_SLOW = 4408
CLOSING = 5.0  # seconds
NOTHING = Sight(all=False)
_encode = msgspec.json.encode


@dataclass(eq=False, slots=True)
class Screen:
    """One socket and what its person may see."""

    socket: web.WebSocketResponse
    principal: Principal
    since: int
    """It has what came up to here."""
    sight: Sight = NOTHING
    known: set[int] = field(default_factory=set)
    """Conversations that it was shown, kept only where something is hidden from it."""
    waiting: deque[bytes] = field(default_factory=deque)
    size: int = 0
    more: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    close: int = 0
    transport: asyncio.WriteTransport | None = None
    board: int | None = None
    """Number of the board's frame that it has; None: it did not ask for the board."""

    def push(self, body: bytes) -> None:
        """Queue one frame; over the bound the socket is closed."""
        if self.close:
            return
        self.waiting.append(body)
        self.size += len(body)
        if len(self.waiting) > FRAMES or self.size > BYTES:
            self.end(TOO_SLOW)
        self.more.set()

    async def write(self) -> None:
        """Write what is pushed, until the socket takes nothing more."""
        while True:
            await self.more.wait()
            self.more.clear()
            while self.waiting:
                if self._write_many():
                    continue
                body = self.waiting.popleft()
                self.size -= len(body)
                try:
                    await self.socket.send_frame(body, WSMsgType.TEXT)
                except (ConnectionError, RuntimeError):
                    return

    async def until_ended(self, writer: asyncio.Task[None]) -> None:
        """Close the socket once it is to end, also where it takes nothing any more."""
        await self.ended.wait()
        writer.cancel()
        with suppress(ConnectionError, RuntimeError, TimeoutError):
            async with asyncio.timeout(CLOSING):
                await self.socket.close(code=self.close)

    def _write_many(self) -> bool:
        """Write all that waits at once: a frame each would be a system call each, and there are
        hundreds of screens. False: there is only one, or the socket is behind (then each frame
        waits for room, by the library).

        An unmasked text frame: https://www.rfc-editor.org/rfc/rfc6455#section-5.2
        """
        transport = self.transport
        if len(self.waiting) < 2 or transport is None or transport.is_closing():
            return False
        if self.socket.closed or transport.get_write_buffer_size():
            return False
        transport.write(b"".join(part for body in self.waiting for part in (_head(body), body)))
        self.waiting.clear()
        self.size = 0
        return True

    def end(self, code: int) -> None:
        """Close it, with what is waiting left out."""
        self.close = code
        self.waiting.clear()
        self.ended.set()

    def show(self, frame: Frame) -> None:
        """Push a frame if this person may see it; what leaves their sight is ``removed``."""
        if frame.seq <= self.since:
            return
        if frame.only is not None:
            if frame.only == self.principal.agent:
                self.push(frame.body)
            return
        if frame.places and not any(self.sight.sees(*place) for place in frame.places):
            return
        if self.sight.sees(frame.queue, frame.owner):
            if self.sight.hidden and frame.conversation is not None:
                self.known.add(frame.conversation)
            whole = frame.inner and all(self.sight.sees(*place) for place in frame.inner)
            self.push(frame.whole if whole else frame.body)
        elif frame.conversation in self.known:
            self.known.discard(frame.conversation)
            gone = {"type": "removed", "seq": frame.seq, "subject": frame.conversation}
            self.push(_encode(gone))


def _head(body: bytes) -> bytes:
    """The head of a text frame from us."""
    size = len(body)
    if size < 126:
        return bytes((0x81, size))
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2)
    return b"\x81\x7f" + size.to_bytes(8)
