"""A visitor of a chat, by WebSocket: what it says, and the frames it gets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp

_numbers = count(1)


@dataclass(slots=True)
class Visitor:
    """One browser tab."""

    socket: aiohttp.ClientWebSocketResponse
    token: str = ""
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, text: str) -> None:
        """A message; returns once it is stored."""
        id = f"m{next(_numbers)}"
        await self.socket.send_json({"type": "message", "id": id, "text": text})
        await self.until(lambda frame: frame["type"] == "ack" and frame["id"] == id)

    async def signal(self, type: str) -> None:
        await self.socket.send_json({"type": type})

    async def until(
        self, wanted: Callable[[dict[str, Any]], Any], *, seconds: float = 10.0
    ) -> dict[str, Any]:
        """The next frame that is wanted; the others are kept in ``frames`` too."""
        async with asyncio.timeout(seconds):
            while True:
                frame: dict[str, Any] = await self.socket.receive_json()
                self.frames.append(frame)
                if wanted(frame):
                    return frame

    async def told(self, **members: Any) -> dict[str, Any]:
        """The next ``queue`` frame with these members (None: without it)."""
        return await self.until(
            lambda frame: (
                frame["type"] == "queue"
                and all(frame.get(name) == value for name, value in members.items())
            )
        )

    @property
    def positions(self) -> list[int]:
        return [frame["position"] for frame in self.frames if frame.get("position")]


@asynccontextmanager
async def visiting(
    base: str, channel: str = "chat", token: str | None = None
) -> AsyncIterator[Visitor]:
    """A tab that has said hello; it is closed properly at the end."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{base}/chat/{channel}") as socket,
    ):
        visitor = Visitor(socket)
        await socket.send_json({"type": "hello", "visitor": token})
        hello = await visitor.until(lambda frame: frame["type"] == "hello")
        visitor.token = hello["visitor"]
        yield visitor
