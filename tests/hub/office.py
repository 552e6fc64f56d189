"""A hub that runs for a test, with people who can call it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from hub import serve, settings
from hub.app import Hub
from tests.fakes import twilio

CONFIG = f"""
channels:
  - name: sms
    kind: sms_twilio
    settings: {{account_sid: {twilio.ACCOUNT}, auth_token: {twilio.TOKEN}, number: "+12025550123"}}
queues:
  - {{name: general}}
  - {{name: sales, visible_to: members}}
agents:
  - {{email: one@acme.example, name: One, queues: [general]}}
  - {{email: two@acme.example, name: Two, queues: [general, sales]}}
rules:
  - {{id: sales, when: {{field: text, contains: offer}}, then: {{queue: sales, mode: pull}}}}
  - {{id: rest, when: {{}}, then: {{queue: general, mode: pull}}}}
"""


@dataclass(slots=True)
class Answer:
    """What the hub said."""

    status: int
    json: Any
    headers: Mapping[str, str]
    text: str


@dataclass(slots=True)
class Caller:
    """Somebody with a token, a session, or nothing."""

    session: aiohttp.ClientSession
    base: str

    async def call(self, method: str, path: str, **more: Any) -> Answer:
        url = self.base + (path if path.startswith("/") else f"/api/v1/{path}")
        async with self.session.request(method, url, **more) as response:
            text = await response.text()
            is_json = "json" in response.content_type
            json = await response.json(content_type=None) if is_json and text else None
            return Answer(response.status, json, response.headers, text)

    async def get(self, path: str, **params: Any) -> Answer:
        return await self.call("GET", path, params=params)

    async def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return await self.call("POST", path, json={} if body is None else body, **more)


@dataclass(slots=True)
class Office:
    """A running hub, its address, and its callers."""

    hub: Hub
    base: str

    async def run(self, command: str, body: bytes = b"", **args: Any) -> Any:
        """A command, as the command line asks for it."""
        return await self.hub.commands().run(command, args, body)

    @asynccontextmanager
    async def caller(self, token: str | None = None) -> AsyncIterator[Caller]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(headers=headers, cookie_jar=jar) as session:
            yield Caller(session, self.base)

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[Caller]:
        async with self.caller(await self.run("token", role="admin")) as caller:
            yield caller

    @asynccontextmanager
    async def person(self, email: str) -> AsyncIterator[Caller]:
        async with self.caller(await self.run("token", user=email)) as caller:
            yield caller

    async def customer_writes(self, text: str, *, sender: str = "+12025550199") -> dict[str, str]:
        """An SMS, by its webhook; the fields it had."""
        fields = twilio.sms(text, sender=sender)
        headers, body = twilio.signed(f"{self.hub.settings.public_url}/in/sms", fields)
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.base}/in/sms", data=body, headers=headers) as response,
        ):
            assert response.status == 200, await response.text()
        return fields


def settings_for(folder: Path, url: str = "") -> settings.Settings:
    """Settings of a hub in ``folder``, on a free port."""
    environment = {"HUB_DATA": str(folder / "data"), "HUB_LISTEN": "127.0.0.1:0"}
    if url:
        environment["HUB_DATABASE"] = url
    return settings.load(None, environment)


@asynccontextmanager
async def opened(folder: Path, url: str = "", config: str = CONFIG) -> AsyncIterator[Office]:
    """A hub that runs, with ``config`` applied."""
    async with serve.running(settings_for(folder, url)) as (hub, base):
        office = Office(hub, base)
        if config:
            await office.run("apply", text=config)
        yield office
