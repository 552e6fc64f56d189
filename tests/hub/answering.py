"""A running hub that answers by itself, and its customers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from storage import automatic, views
from tests.fakes import smtp_servers
from tests.hub import office
from tests.hub.running import Running

if TYPE_CHECKING:
    from storage.db import Row
    from tests.fakes.smtp_servers import Delivery, Inbox

TEMPLATES = """
templates:
  - name: ack
    texts:
      en:
        subject: "Received: {{ conversation.subject }}"
        text: "We have it, your code is {{ conversation.code }}."
        html: "<p>We have it: <b>{{ conversation.subject }}</b></p>"
      fa: {text: "پیام شما رسید. کد پیگیری {{ conversation.code }}"}
  - {name: greet, texts: {en: {text: "Hello {{ contact.name }}!"}}}
  - {name: away, texts: {en: {text: "Closed until {{ opens.day }} {{ opens.time }}."}}}
"""


def config(
    port: int = 25,
    domain: str = "acme.example",
    rules: str = "",
    more: str = "",
    queues: str = "",
    channels: str = "",
    serves: str = "general",
) -> str:
    """Mail by the SMTP server on ``port``, a loopback channel, one queue; ``ack`` for everything."""
    rules = rules or "  - {id: rest, when: {}, then: {queue: general, reply_template: ack}}"
    return f"""
channels:
  - name: mail
    kind: email
    settings: {{address: help@{domain}, aliases: [sales@{domain}], token: mail-token-of-tests,
      smtp_host: 127.0.0.1, smtp_port: {port}, smtp_security: none}}
    form_mailers: ["@forms.example"]
  - {{name: loop, kind: loopback, settings: {{max_text: 60}}}}
{channels}
queues:
  - {{name: general, modes: {{"*": pull}}}}
{queues}
agents:
  - {{email: one@acme.example, name: One, queues: [{serves}]}}
{TEMPLATES}
{more}
rules:
{rules}
"""


@dataclass(slots=True)
class Post(Running):
    """A hub with an SMTP server behind it."""

    inbox: Inbox | None = None

    async def settled(self, conversation: int | None = None) -> list[Row]:
        """What was wanted, once all of it is settled; oldest first."""

        async def done() -> list[Row] | None:
            if await self.value("SELECT COUNT(*) FROM automatic_send WHERE state = 'wanted'"):
                return None
            return await self.rows("SELECT * FROM automatic_send ORDER BY id") or None

        found: list[Row] = await self.until(done)
        return [row for row in found if conversation in (None, row["conversation"])]

    async def listed(self, conversation: int) -> list[Row]:
        found: list[Row] = await self.read(automatic.listed, conversation)
        return found

    async def mails(self, n: int) -> list[Delivery]:
        """The first ``n`` mails that left, once there are so many."""
        inbox = self.inbox
        assert inbox is not None

        async def there() -> bool:
            return len(inbox.mails) >= n

        await self.until(there)
        return inbox.mails[:n]

    async def quiet(self) -> None:
        """Wait until nothing is wanted and nothing is on its way."""

        async def done() -> bool:
            waiting = await self.value(
                "SELECT (SELECT COUNT(*) FROM automatic_send WHERE state = 'wanted') + "
                "(SELECT COUNT(*) FROM delivery WHERE state IN ('queued', 'sending', 'deferred'))"
            )
            return waiting == 0

        await self.until(done)


def read(delivery: Delivery) -> EmailMessage:
    """A mail as its receiver reads it."""
    found = message_from_bytes(delivery.body, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


@asynccontextmanager
async def answering(
    folder: Path, url: str, *, domain: str = "acme.example", **given: Any
) -> AsyncIterator[Post]:
    """A hub over the store at ``url`` with ``config(**given)``."""
    async with AsyncExitStack() as stack:
        inbox = await stack.enter_async_context(smtp_servers.aiosmtpd())
        text = config(inbox.port, domain, **given)
        opened = await stack.enter_async_context(office.opened(folder, url, text))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        found = Post(opened.hub, opened.base, opened, http, inbox=inbox)
        for agent in await opened.hub.db.read(views.agents):
            found.agents[agent.email.partition("@")[0]] = agent
        yield found
