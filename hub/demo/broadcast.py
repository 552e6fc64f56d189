"""Server-sent events: what happens, to every simulator page that looks on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

WAITING = 2_000
"""Events a page may be behind before it is sent away to begin anew."""
PING_SECONDS = 10.0


class Broadcast:
    """All open pages."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[bytes | None]] = set()

    def say(self, event: str, data: Any) -> None:
        """Tell every page."""
        frame = encoded(event, data)
        for page in list(self._pages):
            try:
                page.put_nowait(frame)
            except asyncio.QueueFull:
                self._pages.discard(page)

    def close(self) -> None:
        """Let every page go."""
        for page in list(self._pages):
            self._pages.discard(page)
            while not page.empty():
                page.get_nowait()
            page.put_nowait(None)

    async def serve(
        self, request: web.Request, hello: Callable[[], dict[str, Any]]
    ) -> web.StreamResponse:
        """One page, until it goes: first ``hello``, then what happens."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        page: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING)
        self._pages.add(page)
        try:
            await response.write(b"retry: 600\n\n" + encoded("hello", hello()))
            while page in self._pages or not page.empty():
                try:
                    frame = await asyncio.wait_for(page.get(), PING_SECONDS)
                except TimeoutError:
                    frame = b": here\n\n"
                if frame is None:
                    break
                await response.write(frame)
        except ConnectionError:
            pass
        finally:
            self._pages.discard(page)
        return response


def encoded(event: str, data: Any) -> bytes:
    """One event."""
    return b"event: %s\ndata: %s\n\n" % (event.encode(), msgspec.json.encode(data))
