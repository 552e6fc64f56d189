"""Hubs that fetch from a mailbox: their configuration, the mails in it, and what is asked of them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from hub import commands
from storage import mailboxes, views
from tests.fakes.imap_servers import Mail, ScriptedImap
from tests.hub import office
from tests.hub.running import Running

US = "help@acme.example"
OLD = "05-Jan-2020 10:00:00 +0000"
NOW = "01-Jan-2100 00:00:00 +0000"
"""Surely after whatever is happening."""

_numbers = itertools.count(1)


def config(port: int, **more: Any) -> str:
    """One mailbox, one queue, two agents; ``more`` are settings of the channel."""
    given = {"folders": ["INBOX"], "poll_seconds": 1, "imap_host": "127.0.0.1"} | more
    enabled = given.pop("enabled", "true")
    if "oauth_provider" not in given:
        given["imap_password"] = "word"
    extra = ", ".join(f"{name}: {value}" for name, value in given.items())
    return f"""
channels:
  - name: mail
    kind: email
    enabled: {enabled}
    settings: {{address: {US}, imap_port: {port}, imap_security: none,
      token: mail-token-of-tests, {extra}}}
queues:
  - {{name: general, modes: {{"*": pull}}}}
agents:
  - {{email: one@acme.example, name: One, queues: [general]}}
rules:
  - {{id: rest, when: {{}}, then: {{queue: general}}}}
"""


def letter(
    text: str = "Hello",
    *,
    sender: str = "Ann <ann@customer.example>",
    to: str = US,
    id: str = "",
    at: str = NOW,
    **headers: str,
) -> Mail:
    """A mail as a server has it; headers are given as ``in_reply_to=...``."""
    id = id or f"m{next(_numbers)}@customer.example"
    extra = "".join(f"{name.replace('_', '-').title()}: {v}\r\n" for name, v in headers.items())
    return Mail(
        f"From: {sender}\r\nTo: {to}\r\nSubject: {text}\r\nMessage-ID: <{id}>\r\n"
        f"Date: Sun, 05 Jan 2020 10:00:00 +0000\r\n{extra}\r\n{text}\r\n".encode(),
        at=at,
    )


@dataclass
class Mailroom:
    """Hubs over one mailbox and one store."""

    server: ScriptedImap
    folder: Path
    url: str

    def put(self, *mails: Mail, folder: str = "INBOX") -> list[int]:
        """Mails arrive; their numbers."""
        first = self.server.uid_next(folder)
        uids = list(range(first, first + len(mails)))
        self.server.folders[folder].update(zip(uids, mails, strict=True))
        return uids

    @asynccontextmanager
    async def hub(self, **settings: Any) -> AsyncIterator[Running]:
        """A hub that has seen every folder."""
        async with self.closed(**settings) as found:
            several = ("sent_folder" in settings) + ("junk_folder" in settings)
            await found.until(lambda: _has_places(found, 1 + several))
            yield found

    @asynccontextmanager
    async def closed(self, **settings: Any) -> AsyncIterator[Running]:
        """A hub that may not have seen any folder yet."""
        text = config(self.server.port, **settings)
        async with (
            office.opened(self.folder, self.url, text) as opened,
            aiohttp.ClientSession() as http,
        ):
            found = Running(opened.hub, opened.base, opened, http)
            for agent in await opened.hub.db.read(views.agents):
                found.agents[agent.email.partition("@")[0]] = agent
            yield found


async def _has_places(hub: Running, count: int) -> bool:
    """What comes from now on is new in every folder."""
    return len(await places(hub)) == count


async def places(hub: Running) -> list[Any]:
    """How far each folder was read."""
    cursor = await hub.value("SELECT source_cursor FROM channel WHERE name = 'mail'")
    return hub.hub.channels.get("mail").connector.places(cursor)


async def messages(hub: Running) -> list[Any]:
    """All messages of the store, in the order of the timeline."""
    return await hub.rows(
        "SELECT * FROM timeline_entry WHERE kind = 'message' ORDER BY recorded_at, id"
    )


async def until_messages(hub: Running, count: int) -> list[Any]:
    """Wait for so many messages."""

    async def there() -> list[Any] | None:
        rows = await messages(hub)
        return rows if len(rows) >= count else None

    found: list[Any] = await hub.until(there)
    return found


async def until_read(hub: Running) -> None:
    """Wait until every folder has a place and no history is left to read."""

    async def is_read() -> bool:
        return not any(place.history_left for place in await places(hub))

    await hub.until(is_read)


async def folders(hub: Running) -> dict[str, Any]:
    """What the store says of each folder."""
    channel = await hub.value("SELECT id FROM channel WHERE name = 'mail'")
    return {row["folder"]: row for row in await hub.read(mailboxes.folders, channel)}


async def until_recorded(hub: Running, folder: str = "INBOX", **counts: int) -> None:
    """Wait until a folder's counts are these: they are written after the mails."""

    async def are_these() -> bool:
        row = (await folders(hub)).get(folder)
        return row is not None and all(row[name] == n for name, n in counts.items())

    await hub.until(are_these)


async def run(hub: Running, command: str, **args: Any) -> Any:
    """A command of the command line."""
    found: commands.Commands = hub.hub.commands()
    return await found.run(command, args, b"")
