"""``hub channel authorize``: somebody consents, and the mailbox is open from then on."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import aiohttp
import pytest

from hub.mailboxes import consent
from hub.office import Failed
from storage import tokens
from tests.fakes.oauth_server import SECRET, OAuthServer, oauth_server
from tests.hub.mailbox.mailroom import Mailroom, folders, letter, run, until_messages
from tests.hub.running import Running


class NoKeyboard:
    """Standard input that is a file: only the browser is waited for."""

    def fileno(self) -> int:
        raise ValueError("not a terminal")


async def channel(hub: Running) -> Any:
    (row,) = await hub.rows("SELECT * FROM channel WHERE name = 'mail'")
    return row


async def authorize(hub: Running, visit: Any) -> str:
    """The command, with a browser that does ``visit(url)``."""
    loop = asyncio.get_running_loop()
    visited: list[Any] = []

    def say(words: str) -> None:
        found = re.search(r"http\S+", words)
        if found:
            visited.append(asyncio.run_coroutine_threadsafe(visit(found[0]), loop))

    words = await asyncio.to_thread(
        consent.run, hub.hub.settings, "mail", say=say, typed=NoKeyboard()
    )
    for one in visited:
        await asyncio.wrap_future(one)
    return words


async def browser(url: str) -> None:
    """Somebody signs in, consents, and is sent back."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert "Done." in await response.text()


def oauth_only(provider: OAuthServer) -> dict[str, Any]:
    """Settings without a password."""
    return provider.settings | {"oauth_scope": "mail"}


async def test_consent_opens_the_mailbox_and_the_tokens_are_sealed(each_engine: Mailroom):
    async with oauth_server() as provider:
        each_engine.server.takes = lambda secret: any(one in secret for one in provider.given)
        async with each_engine.closed(**oauth_only(provider)) as hub:
            await hub.until(lambda: _state(hub, "unauthorized"))
            assert "hub channel authorize mail" in (await channel(hub))["state_detail"]
            words = await authorize(hub, browser)
            assert words.startswith("mail: authorized")
            await hub.until(lambda: _state(hub, "connected"))
            await hub.until(lambda: folders_known(hub))
            each_engine.put(letter("hello"))
            await until_messages(hub, 1)
            kept = await hub.read(tokens.get, (await channel(hub))["id"])
            assert kept["expires_at"] > hub.hub.clock()
            assert kept["trouble"] == ""
            for secret in (*provider.given, *provider.refresh, SECRET):
                assert secret not in kept["sealed"]
            assert "mail" in await hub.value(
                "SELECT subject FROM audit WHERE action = 'channel.authorized'"
            )
            await run(hub, "key-rotate")
            assert (await hub.read(tokens.get, kept["channel"]))["sealed"] != kept["sealed"]
        asked = len(provider.asked)
        async with each_engine.hub(**oauth_only(provider)):
            assert len(provider.asked) == asked  # after a restart the kept token is good


async def folders_known(hub: Running) -> bool:
    return bool(await hub.value("SELECT source_cursor FROM channel WHERE name = 'mail'"))


async def _state(hub: Running, wanted: str) -> bool:
    return (await channel(hub))["state"] == wanted


async def test_who_says_no_and_who_brings_another_state(mailroom: Mailroom):
    async with oauth_server() as provider:

        async def stranger(url: str) -> None:
            port = re.search(r"localhost%3A(\d+)", url)[1]
            state = re.search(r"state=(\w+)", url)[1]
            base = f"http://127.0.0.1:{port}/"
            async with aiohttp.ClientSession() as session:
                async with session.get(f"{base}?code=stolen&state=guessed") as response:
                    assert response.status == 404
                async with session.get(f"{base}?error=access_denied&state={state}"):
                    pass

        async with mailroom.closed(**oauth_only(provider)) as hub:
            with pytest.raises(Failed, match="access_denied"):
                await authorize(hub, stranger)
            assert provider.asked == []


async def test_client_credentials_need_nobody(mailroom: Mailroom):
    async with oauth_server() as provider:
        mailroom.server.takes = lambda secret: any(one in secret for one in provider.given)
        given = oauth_only(provider) | {"oauth_flow": "client_credentials", "enabled": "false"}
        async with mailroom.closed(**given) as hub:  # before it is in use
            words = await asyncio.to_thread(consent.run, hub.hub.settings, "mail")
            assert words.startswith("mail: authorized")
            assert {form["grant_type"] for form in provider.asked} == {"client_credentials"}


async def test_a_pasted_address_does_as_well():
    address = "http://localhost:7/?state=our-state&code=the-code&scope=mail"
    assert consent.code_of(address, "our-state") == "the-code"
    assert consent.code_of(address, "another") == ""
    assert consent.code_of("nonsense", "our-state") == ""
    with pytest.raises(Failed, match="access_denied"):
        consent.code_of("http://localhost/?error=access_denied&state=s", "s")


async def test_a_mailbox_with_a_password_asks_nobody(mailroom: Mailroom):
    async with mailroom.hub() as hub:
        with pytest.raises(Failed, match="logs in without one"):
            await asyncio.to_thread(consent.run, hub.hub.settings, "mail", typed=NoKeyboard())
        assert await folders(hub) == {}
