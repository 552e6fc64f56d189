"""A hub with a provider, and a browser that goes there and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from hub import serve
from hub.access.oidc.settings import Section, read
from tests.fakes.oidc_provider import CLIENT, SECRET, FakeProvider
from tests.hub.office import CONFIG, Caller, Office, settings_for

PASSWORD = "correct horse battery"


@asynccontextmanager
async def with_provider(
    folder: Path, url: str, provider: FakeProvider, config: str = CONFIG, **more: Any
) -> AsyncIterator[Office]:
    """A running hub that believes ``provider``; ``more``: settings of ``[oidc]``."""
    section = Section(
        issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, name="Acme", **more
    )
    settings = replace(settings_for(folder, url), oidc=read(section, frozenset()))
    async with serve.running(settings) as (hub, base):
        office = Office(hub, base)
        if config:
            await office.run("apply", text=config)
        yield office


@dataclass(slots=True)
class Journey:
    """A browser: one jar of cookies."""

    caller: Caller

    async def begin(self, to: str = "/") -> str:
        """Press the button; where the browser is sent."""
        return await self._next(f"{self.caller.base}/api/v1/oidc/start", {"to": to})

    async def at_provider(self, location: str) -> str:
        """Sign in there; where the browser is sent back to, at the hub's real port."""
        back = urlsplit(await self._next(location))
        return f"{self.caller.base}{back.path}?{back.query}"

    async def back(self, location: str) -> str:
        """Come back; where one ends up."""
        return await self._next(location)

    async def whole(self, to: str = "/") -> str:
        """All of it; where one ends up."""
        first = await self.begin(to)
        if first.startswith("/#"):
            return first
        return await self.back(await self.at_provider(first))

    async def _next(self, url: str, params: dict[str, str] | None = None) -> str:
        session = self.caller.session
        async with session.get(url, params=params, allow_redirects=False) as response:
            assert response.status in (302, 303), await response.text()
            return response.headers["Location"]


async def sign_in_by_link(office: Office, caller: Caller, email: str) -> dict[str, str]:
    """Sign in by a one-time link that sets PASSWORD; the headers of unsafe calls."""
    link = await office.run("user-link", email=email)
    answer = await caller.post(f"links/{link.rpartition('/')[2]}", {"password": PASSWORD})
    assert answer.status == 200, answer.text
    return {"X-CSRF-Token": answer.json["csrf"]}


async def audited(office: Office, action: str) -> list[dict[str, Any]]:
    """The audit's lines of one kind, oldest first."""
    found = await office.run("audit", wanted={"action": action}, after=0)
    return list(found)


@asynccontextmanager
async def browser(office: Office) -> AsyncIterator[Journey]:
    """A browser that nobody has used yet."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Journey(Caller(session, office.base))
