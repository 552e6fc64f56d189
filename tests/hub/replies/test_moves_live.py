"""What screens show while entries move: the entries that they had and the frames after them are
what they would fetch anew, for an admin, an agent and one who sees a hidden queue."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.hub.running import letter, message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import aiohttp

    from tests.hub.office import Caller
    from tests.hub.replies.desk import Mailboxes


@dataclass
class Watcher:
    """A console: conversations by id, and where it shows each entry. What comes into sight (again)
    is fetched, as when somebody opens it; everything after that must come in frames."""

    caller: Caller
    socket: aiohttp.ClientWebSocketResponse
    conversations: dict[int, dict[str, Any]]
    places: dict[int, int] = field(default_factory=dict)
    raw: list[str] = field(default_factory=list)

    async def drain(self) -> None:
        """Take in all frames that are here."""
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(0.02):
                    text = (await self.socket.receive()).data
                known = set(self.conversations)
                self.raw.append(text)
                self._take(json.loads(text))
                for new in self.conversations.keys() - known:
                    self.places |= await self._opened(new)

    def _take(self, frame: dict[str, Any]) -> None:
        subject = frame.get("subject", 0)
        if frame["type"] == "removed":
            self.conversations.pop(subject, None)
            self.places = {entry: at for entry, at in self.places.items() if at != subject}
        if frame["type"] != "event":
            return
        data = frame["data"]
        if (conversation := data.get("conversation")) is not None:
            self.conversations[conversation["id"]] = conversation
        if frame["kind"] == "entry.left":
            assert set(data) == {"left"}, "not where it is, and no word of it"
            if self.places.get(subject) == data["left"]:
                del self.places[subject]
        elif frame["kind"] in ("entry.added", "entry.moved"):
            self.places[subject] = data["entry"]["conversation"]

    def shown(self) -> tuple[dict[int, Any], dict[int, int]]:
        """What is on the screen."""
        there = {entry: at for entry, at in self.places.items() if at in self.conversations}
        return self.conversations, there

    async def fetched(self) -> tuple[dict[int, Any], dict[int, int]]:
        """What a new screen would show."""
        found = (await self.caller.get("conversations", limit=100)).json["items"]
        places: dict[int, int] = {}
        for one in found:
            places |= await self._opened(one["id"])
        return {one["id"]: one for one in found}, places

    async def _opened(self, conversation: int) -> dict[int, int]:
        answer = await self.caller.get(f"conversations/{conversation}/entries", limit=100)
        return {entry["id"]: conversation for entry in answer.json["items"]}


@asynccontextmanager
async def _watching(boxes: Mailboxes, name: str) -> AsyncIterator[Watcher]:
    who = boxes.office.admin() if name == "admin" else boxes.office.person(f"{name}@acme.example")
    async with who as caller:
        seq = (await caller.get("snapshot")).json["seq"]
        url = f"{boxes.base}/api/v1/live?since={seq}"
        async with caller.session.ws_connect(url) as socket:
            watcher = Watcher(caller, socket, {})
            watcher.conversations, watcher.places = await watcher.fetched()
            yield watcher


async def _agree(watcher: Watcher) -> None:
    expected: Any = None
    with suppress(TimeoutError):
        async with asyncio.timeout(30):
            while True:
                await watcher.drain()
                expected = await watcher.fetched()
                if watcher.shown() == expected:
                    return
    assert watcher.shown() == expected


async def test_entries_before_and_frames_are_the_entries_after(boxes: Mailboxes) -> None:
    await boxes.to("mail", letter("Hello", cc="bob@a.example"))
    await boxes.loop(message("one"), message("two"), message("three"))
    await boxes.loop(message("secret plans", sender="tel:+12025550177"))
    await boxes.loop(message("other", sender="tel:+12025550188"))
    mail, talk, hidden, other = (one.id for one in await boxes.conversations())
    rows = await boxes.rows("SELECT id, text FROM timeline_entry WHERE kind = 'message'")
    ids = {row["text"]: row["id"] for row in rows}
    undo: list[int] = []

    async def move(text: str, who: str = "one", **body: Any) -> None:
        undo.append((await boxes.act(f"entries/{ids[text]}/move", body, who=who))["undo"])

    async def back(who: str = "one") -> None:
        await boxes.act(f"moves/{undo.pop()}/undo", who=who)

    steps: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
        ("split off", lambda: move("two", new=True)),
        ("taken back", back),
        ("split off with the rest", lambda: move("two", new=True, later=True)),
        ("and taken back", back),
        ("to another person's matter", lambda: move("one", conversation=other)),
        ("the mail too, of which nothing is left", lambda: move("Hello", conversation=other)),
        ("taken back again", back),
        ("out of sight", lambda: move("three", "three", conversation=hidden)),
        ("back into sight", lambda: back("three")),
        ("all of it", back),
        ("a whole matter out of sight", lambda: move("other", "three", conversation=hidden)),
        ("and back", lambda: back("three")),
    )
    async with AsyncExitStack() as stack:
        watchers = {
            name: await stack.enter_async_context(_watching(boxes, name))
            for name in ("admin", "one", "three")
        }
        for words, step in steps:
            await step()
            for name, watcher in watchers.items():
                try:
                    await _agree(watcher)
                except AssertionError as err:
                    err.add_note(f"after: {words}, on the screen of {name}")
                    raise
        outside = "\n".join(watchers["one"].raw)
        assert "secret plans" not in outside
        assert f'"conversation":{{"id":{hidden},' not in outside
        assert {mail, talk, hidden, other} == set(watchers["admin"].conversations)
