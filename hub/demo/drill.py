"""The red button: load, ``kill -9``, restart, and then a count of what is left.

Everything goes by the doors that customers use and is counted by the API: nothing here looks into
the store. A message counts as acknowledged once a 2xx or an ``ack`` has come; one that was not is
sent again under its own id, as providers and the widget do.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
import msgspec

from connectors.contract import ChannelError
from hub.demo import wire
from hub.demo.config import DRILL
from hub.demo.door import Door
from hub.demo.process import HubProcess

SENDERS = 16
VISITORS = 6
BIG_EVERY = 100
BIG_BYTES = 100_000
PAUSE = 0.02  # seconds between two messages of a sender
CHAT_PAUSE = 0.45  # below the chat's rate limit
AGAIN = 0.15  # seconds before something is sent again
SETTLE_SECONDS = 30.0  # for what is not acknowledged yet, after the load has ended

Phase = Literal["loading", "killed", "back", "settling", "comparing", "done", "failed"]


class Progress(msgspec.Struct, kw_only=True):
    """How far a run is, and in the end what it found."""

    phase: Phase
    sent: int = 0
    acknowledged: int = 0
    stored: int | None = None
    lost: int | None = None
    doubled: int | None = None
    stranded: int | None = None
    pid: int | None = None
    """The process that was killed."""
    down_ms: int | None = None
    """From the kill to the first healthy answer."""
    words: str = ""


@dataclass(slots=True)
class Load:
    """Sends until told to stop; keeps what was sent and what was acknowledged."""

    door: Door
    line: wire.Line
    channel: str = "chat"
    senders: int = SENDERS
    visitors: int = VISITORS
    big_every: int = BIG_EVERY
    """One in so many texts is of 100 kB."""
    run_id: str = field(default_factory=lambda: secrets.token_hex(5))
    sent: set[str] = field(default_factory=set)
    """Provider ids."""
    acknowledged: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    """Identities that have written."""
    _until: float = 0.0
    _number: int = 0

    async def run(self, seconds: float) -> None:
        """Send for so long, then until everything is acknowledged. Raises TimeoutError."""
        self._until = time.monotonic() + seconds
        async with asyncio.timeout(seconds + SETTLE_SECONDS), asyncio.TaskGroup() as group:
            for n in range(self.senders):
                group.create_task(self._texts(f"+1800555{n:04d}"))
            for _ in range(self.visitors):
                group.create_task(self._chats())

    def stop(self) -> None:
        """Send nothing new from now on."""
        self._until = 0.0

    @property
    def left(self) -> float:
        """Seconds until nothing new is sent."""
        return max(0.0, self._until - time.monotonic())

    @property
    def _running(self) -> bool:
        return time.monotonic() < self._until

    def _text(self) -> str:
        self._number += 1
        text = f"{DRILL} {self.run_id} {self._number}"
        return text + " x" * (BIG_BYTES // 2) if self._number % self.big_every == 0 else text

    # ---------------------------------------------------------------- SMS

    async def _texts(self, number: str) -> None:
        self.people.add(f"tel:{number}")
        while self._running:
            sid = "SM" + secrets.token_hex(16)
            fields = wire.message_form(self.line, sid=sid, sender=number, text=self._text())
            self.sent.add(sid)
            await self._until_taken(fields)
            self.acknowledged.add(sid)
            await asyncio.sleep(PAUSE)

    async def _until_taken(self, fields: dict[str, str]) -> None:
        while True:
            with suppress(ChannelError):
                if (await self.door.webhook(self.line, fields)).status == 200:
                    return
            await asyncio.sleep(AGAIN)

    # ---------------------------------------------------------------- chat

    async def _chats(self) -> None:
        """One visitor: comes back as the same after every loss, and says again what was not heard."""
        visitor = _Chatter(self)
        while not visitor.done:
            with suppress(aiohttp.ClientError, OSError, TypeError):
                async with self.door.socket(f"/chat/{self.channel}") as socket:
                    await visitor.talk(socket)
            if not visitor.done:
                await asyncio.sleep(AGAIN)


@dataclass(slots=True)
class _Chatter:
    load: Load
    token: str = ""
    waiting: dict[str, str] = field(default_factory=dict)
    """Client id -> text that is not acknowledged yet."""

    @property
    def done(self) -> bool:
        return not self.load._running and not self.waiting and bool(self.token)

    async def talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_json({"type": "hello", **({"visitor": self.token} if self.token else {})})
        hello = await self._next(socket, "hello")
        self.token = hello["visitor"]
        self.load.people.add(f"webchat:{self.load.channel}/{self._id}")
        for id, text in list(self.waiting.items()):
            await self._say(socket, id, text)
        while self.load._running:
            id = secrets.token_hex(8)
            self.waiting[id] = f"{DRILL} {self.load.run_id} {id}"
            self.load.sent.add(f"{self._id}/{id}")
            await self._say(socket, id, self.waiting[id])
            await asyncio.sleep(CHAT_PAUSE)

    @property
    def _id(self) -> str:
        return self.token.partition(".")[0]

    async def _say(self, socket: aiohttp.ClientWebSocketResponse, id: str, text: str) -> None:
        await socket.send_json({"type": "message", "id": id, "text": text})
        while (await self._next(socket, "ack"))["id"] != id:
            pass
        self.waiting.pop(id, None)
        self.load.acknowledged.add(f"{self._id}/{id}")

    async def _next(self, socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
        """The next frame of that type. Raises TypeError where the socket has ended."""
        while True:
            frame: dict[str, Any] = await socket.receive_json(timeout=10)
            if frame["type"] == kind:
                return frame


# ---------------------------------------------------------------- counting


async def count(door: Door, load: Load, progress: Progress) -> list[int]:
    """Fill in what is stored, lost, doubled and stranded; the conversations of the load.

    Raises ChannelError.
    """
    found: Counter[str] = Counter()
    matters: list[int] = []
    stranded = 0
    for uri in sorted(load.people):
        people = (await door.api("GET", "/contacts", identity=uri))["items"]
        for person in people:
            async for entry in door.pages(f"/contacts/{person['id']}/timeline"):
                if entry["direction"] == "in" and entry["provider_id"] in load.sent:
                    found[entry["provider_id"]] += 1
            open_ones = [one for one in person["conversations"] if one["status"] == "open"]
            matters += [one["id"] for one in open_ones]
            stranded += sum(one["work_item"] is None for one in open_ones)
            stranded += not open_ones
    progress.stored = len(found)
    progress.lost = len(load.acknowledged - found.keys())
    progress.doubled = sum(n > 1 for n in found.values())
    progress.stranded = stranded
    return matters


async def run(
    door: Door,
    line: wire.Line,
    hub: HubProcess,
    *,
    seconds: float,
    tell: Callable[[Progress], None],
) -> Progress:
    """One run with one kill in its middle; what it found. Everything it made is resolved."""
    load, progress = Load(door, line), Progress(phase="loading")

    def now(phase: Phase) -> None:
        progress.phase = phase
        show()

    def show() -> None:
        progress.sent, progress.acknowledged = len(load.sent), len(load.acknowledged)
        tell(progress)

    ticking = asyncio.create_task(_tick(show))
    loading = asyncio.create_task(load.run(seconds))
    try:
        await asyncio.sleep(seconds * 0.4)
        progress.pid = hub.kill()
        now("killed")
        await hub.wait_up()
        progress.down_ms = hub.down_ms
        now("back")
        await asyncio.sleep(load.left)
        now("settling")
        await loading
        now("comparing")
        matters = await count(door, load, progress)
        now("done")
        for id in matters:
            await door.api("POST", f"/conversations/{id}/resolve", {})
    except (ChannelError, TimeoutError, OSError, ExceptionGroup) as err:
        progress.words = f"{type(err).__name__}: {err}"
        now("failed")
    finally:
        for task in (ticking, loading):
            task.cancel()
        await asyncio.gather(ticking, loading, return_exceptions=True)
    return progress


async def _tick(show: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(0.2)
        show()
