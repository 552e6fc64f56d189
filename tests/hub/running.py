"""A running hub with a small office: what a test does to it, and what it asks of it."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from hub import compose, offering
from hub.app import Hub
from hub.compose import Author, Draft
from storage import ledger_counts, views
from storage.views import AgentView, ConversationView, EntryView, Sight
from tests.fakes import loopback
from tests.fakes import twilio as fake_twilio
from tests.hub import office

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from storage.db import Row, Tx
    from tests.fakes.twilio import FakeTwilio

ALL = Sight(all=True)
CUSTOMER = "+12025550199"
SECOND = 1_000_000
PATIENCE = 60.0  # seconds for a condition; nothing sleeps for that long, busy machines do

_numbers = itertools.count(1)


def config(twilio_url: str) -> str:
    """Four channels, five queues (one a mode, one hidden), three agents."""
    return f"""
channels:
  - name: sms
    kind: sms_twilio
    settings: {{account_sid: {fake_twilio.ACCOUNT}, auth_token: {fake_twilio.TOKEN},
      number: "{fake_twilio.NUMBER}", api_base: "{twilio_url}", sends_per_second: 1000}}
  - {{name: loop, kind: loopback, settings: {{attachments: true}}}}
  - {{name: safe, kind: loopback, settings: {{idempotent: true, address: "tel:+12025550101"}}}}
  - {{name: mail, kind: email, settings: {{address: help@acme.example, token: mail-token-of-tests}}}}
queues:
  - {{name: general, modes: {{"*": pull}}}}
  - {{name: pushed, modes: {{"*": push}}}}
  - {{name: asked, modes: {{"*": ask}}, offer_for: 30s}}
  - {{name: secret, visible_to: members, modes: {{"*": pull}}}}
agents:
  - {{email: one@acme.example, name: One, queues: [general, pushed, asked]}}
  - {{email: two@acme.example, name: Two, queues: [general, pushed, asked]}}
  - {{email: three@acme.example, name: Three, queues: [secret]}}
rules:
  - {{id: secret, when: {{field: text, contains: secret}}, then: {{queue: secret}}}}
  - {{id: pushed, when: {{field: text, contains: push}}, then: {{queue: pushed}}}}
  - {{id: asked, when: {{field: text, contains: ask}}, then: {{queue: asked}}}}
  - {{id: quiet, when: {{field: text, contains: quiet}}, then: {{route: none}}}}
  - {{id: rest, when: {{}}, then: {{queue: general}}}}
"""


@dataclass(slots=True)
class Running:
    """A running hub, its address, and short words for what tests do."""

    hub: Hub
    base: str
    office: office.Office
    http: aiohttp.ClientSession
    agents: dict[str, AgentView] = field(default_factory=dict)

    # ---------------------------------------------------------------- coming in

    async def post(
        self, channel: str, body: bytes, headers: dict[str, str], *, query: str = ""
    ) -> tuple[int, dict[str, str], str]:
        """POST /in/{channel}: (status, headers, text)."""
        url = f"{self.base}/in/{channel}{query}"
        async with self.http.post(url, data=io.BytesIO(body), headers=headers) as response:
            return response.status, dict(response.headers), await response.text()

    async def sms(self, text: str, *, sender: str = CUSTOMER, **fields: str) -> dict[str, str]:
        """A signed SMS by its webhook; the fields it had."""
        given = fake_twilio.sms(text, sender=sender, **fields)
        assert await self.form(given) == 200
        return given

    async def form(self, fields: dict[str, str]) -> int:
        """A signed form of Twilio's; the status."""
        url = f"{self.hub.settings.public_url}/in/sms"
        headers, body = fake_twilio.signed(url, fields)
        status, _, _ = await self.post("sms", body, headers)
        return status

    async def loop(self, *events: dict[str, Any], channel: str = "loop") -> int:
        """Events by the loopback channel's door; the status."""
        body = json.dumps(list(events)).encode()
        status, _, _ = await self.post(channel, body, {"X-Loopback": "yes"})
        return status

    async def mail(self, text: str) -> int:
        """A MIME mail by its door; the status."""
        headers = {"Content-Type": "message/rfc822", "Authorization": "Bearer mail-token-of-tests"}
        status, _, _ = await self.post("mail", text.encode(), headers)
        return status

    # ---------------------------------------------------------------- looking

    async def read(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await self.hub.db.read(fn, *args, **kwargs)

    async def write(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await self.hub.db.write(fn, *args, **kwargs)

    async def rows(self, sql: str, **params: Any) -> list[Row]:
        found: list[Row] = await self.read(_rows, sql, params)
        return found

    async def value(self, sql: str, **params: Any) -> Any:
        rows = await self.rows(sql, **params)
        return rows[0][0] if rows else None

    async def ledger(self) -> dict[str, int]:
        """The counts, without the states that are 0."""
        counts = await self.read(ledger_counts.counts)
        return {state: n for state, n in counts.items() if n}

    async def conversations(self) -> list[ConversationView]:
        """All of them, oldest first."""
        found: list[ConversationView] = await self.read(views.conversations, ALL, limit=1000)
        return sorted(found, key=lambda one: one.id)

    async def conversation(self) -> ConversationView:
        """The only one."""
        (found,) = await self.conversations()
        return found

    async def entries(self, conversation: int) -> list[EntryView]:
        """The messages of a conversation, oldest first."""
        found: list[EntryView] = await self.read(views.matter, conversation, limit=1000)
        return [one for one in reversed(found) if one.kind == "message"]

    async def until(
        self, condition: Callable[[], Awaitable[Any]], *, seconds: float = PATIENCE
    ) -> Any:
        """Wait until ``condition`` gives something true, looking again after each commit."""
        moved = asyncio.Event()
        self.hub.db.on_commit(lambda _seq, _logged: moved.set())
        async with asyncio.timeout(seconds):
            while not (found := await condition()):
                moved.clear()
                try:
                    await asyncio.wait_for(moved.wait(), 0.02)
                except TimeoutError:
                    continue
            return found

    async def item(self, conversation: int) -> Row:
        """The newest work item of a conversation."""
        rows = await self.rows(
            "SELECT * FROM work_item WHERE conversation = :c ORDER BY id DESC LIMIT 1",
            c=conversation,
        )
        return rows[0]

    async def until_item(self, conversation: int, state: str) -> Row:
        """Wait until the newest item of a conversation is in that state."""

        async def there() -> Row | None:
            row = await self.item(conversation)
            return row if row["state"] == state else None

        found: Row = await self.until(there)
        return found

    async def until_delivered(self, entry: int, *states: str) -> list[Row]:
        """Wait until the parts of an entry are in these states."""

        async def there() -> list[Row] | None:
            rows = await self.rows("SELECT * FROM delivery WHERE entry = :e ORDER BY part", e=entry)
            return rows if [row["state"] for row in rows] == list(states) else None

        found: list[Row] = await self.until(there)
        return found

    # ---------------------------------------------------------------- acting

    def author(self, name: str = "one") -> Author:
        """An agent, as a writer."""
        agent = self.agents[name]
        return Author(agent.id, agent.name, f"agent:{agent.id}", f"user:{agent.user}")

    async def come(self, *names: str, presence: str = "available") -> None:
        """Agents come, or go."""
        for name in names:
            await self.write(
                offering.set_presence,
                self.agents[name].id,
                presence,
                "",
                lease_until=None,
                now=self.hub.clock(),
            )

    async def reply(
        self, conversation: int, text: str, *, by: str = "one", key: str = "", **more: Any
    ) -> int:
        """An agent's answer; its entry."""
        draft = Draft(
            conversation=conversation,
            text=text,
            client_key=key or f"key-{next(_numbers)}",
            **more,
        )
        entry: int = await self.write(
            compose.reply, self.hub.channels, draft, self.author(by), now=self.hub.clock()
        )
        return entry

    async def do(self, act: Callable[..., Any], *args: Any, by: str = "one", **more: Any) -> Any:
        """One of ``hub.actions`` by an agent."""
        return await self.write(act, *args, self.author(by), **more, now=self.hub.clock())

    def provider(self, channel: str = "loop") -> loopback.Provider:
        return loopback.PROVIDERS[channel]

    def queue(self, name: str) -> int:
        return self.hub.desk.names[name]


def message(
    text: str = "hello", *, id: str = "", sender: str = f"tel:{CUSTOMER}", **more: Any
) -> dict[str, Any]:
    """A message for ``Running.loop``, with an id of its own if none is given."""
    id = id or f"M{next(_numbers)}"
    return {"message": {"provider_id": id, "sender": sender, "text": text, **more}}


def receipt(id: str, state: str, **more: Any) -> dict[str, Any]:
    """A receipt for ``Running.loop``."""
    return {"receipt": {"provider_id": id, "state": state, **more}}


def letter(
    text: str = "Hello",
    *,
    sender: str = "Ann <ann@customer.example>",
    subject: str = "Question",
    id: str = "",
    **headers: str,
) -> str:
    """A simple mail to the mailbox, with headers given as ``in_reply_to=...``."""
    id = id or f"m{next(_numbers)}@customer.example"
    extra = "".join(
        f"{name.replace('_', '-').title()}: {value}\r\n" for name, value in headers.items()
    )
    to = "" if "to" in headers else "To: help@acme.example\r\n"
    return (
        f"From: {sender}\r\n{to}Subject: {subject}\r\nMessage-ID: <{id}>\r\n"
        f"Date: Mon, 05 Jan 2026 10:00:00 +0000\r\n{extra}\r\n{text}\r\n"
    )


def _rows(tx: Tx, sql: str, params: dict[str, Any]) -> list[Row]:
    return tx.all(sql, **params)


@asynccontextmanager
async def running(folder: Path, url: str, twilio: FakeTwilio) -> AsyncIterator[Running]:
    """A hub over the store at ``url``, its files in ``folder``."""
    async with (
        office.opened(folder, url, config(twilio.url)) as opened,
        aiohttp.ClientSession() as http,
    ):
        found = Running(opened.hub, opened.base, opened, http)
        for agent in await opened.hub.db.read(views.agents):
            found.agents[agent.email.partition("@")[0]] = agent
        yield found
