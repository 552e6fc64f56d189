"""A hub over a given store and with given settings, and a channel that fetches, for these tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import aiohttp

from connectors.contract import Capabilities, Cursor, Environment, Event, Outbound, Raw, Sent, Uri
from hub import serve
from storage import views
from tests.hub.office import Office, settings_for
from tests.hub.running import Running

CONFIG = """
channels:
  - {name: loop, kind: loopback}
  - {name: mailbox, kind: fetching}
  - {name: mail, kind: email, settings: {address: help@acme.example, token: mail-token-of-tests}}
queues: [{name: general, modes: {"*": pull}}]
agents: [{email: one@acme.example, name: One, queues: [general]}]
rules: [{id: rest, when: {}, then: {queue: general}}]
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""

    address: str = "tel:+12025550111"


class Fetching:
    """A ``Source`` that only says how often it was asked."""

    asked: list[str] = []  # noqa: RUF012 - of the whole test

    def __init__(self, settings: Settings, env: Environment) -> None:
        self.capabilities = Capabilities(address=Uri(settings.address))
        self._name = env.channel

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def check(self) -> None:
        return None

    async def send(self, part: Outbound) -> Sent:
        raise AssertionError(part)

    def parse(self, raw: Raw) -> Sequence[Event]:
        raise AssertionError(raw)

    async def events(
        self, cursor: Cursor | None
    ) -> AsyncGenerator[tuple[Sequence[Raw], Cursor], None]:
        self.asked.append(self._name)
        yield (), cursor or Cursor("0")
        await asyncio.Event().wait()


def connect(settings: Settings, env: Environment) -> Fetching:
    """For ``connectors.registry.KINDS``."""
    return Fetching(settings, env)


KIND = "fetching"
WHERE = "tests.hub.nights.held:Settings:connect"


@asynccontextmanager
async def running(
    folder: Path, url: str = "", config: str = "", **settings: Any
) -> AsyncIterator[Running]:
    """A hub over the store at ``url``, its files in ``folder``, with these settings."""
    chosen = replace(settings_for(folder, url), **settings)
    async with serve.running(chosen) as (hub, base), aiohttp.ClientSession() as http:
        office = Office(hub, base)
        if config:
            await office.run("apply", text=config)
        found = Running(hub, base, office, http)
        for agent in await hub.db.read(views.agents):
            found.agents[agent.email.partition("@")[0]] = agent
        yield found
