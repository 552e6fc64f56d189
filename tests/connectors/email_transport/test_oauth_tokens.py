"""Access tokens: asked for, kept, renewed in time, and what a provider's refusal means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from connectors.contract import ConfigInvalid, Environment, Unauthorized, Unavailable
from connectors.email.connector import FetchedMail
from connectors.email.imap import ImapSource
from connectors.email.oauth_settings import endpoints
from connectors.email.oauth_tokens import Tokens
from connectors.email.settings import Settings
from connectors.secret import Secret
from tests.fakes.imap_servers import ScriptedImap, scripted
from tests.fakes.oauth_server import CLIENT, SECRET, OAuthServer, oauth_server

START = 1_800_000_000


class Memory:
    """What a hub keeps of a channel."""

    def __init__(self) -> None:
        self.text: str | None = None
        self.expires_at: datetime | None = None
        self.refresh_expires_at: datetime | None = None
        self.words: list[str] = []
        self.is_away = False

    async def recall(self) -> str | None:
        return self.text

    async def keep(self, text: str, *, expires_at: Any, refresh_expires_at: Any) -> None:
        if self.is_away:
            raise Unavailable("the store is away")
        self.text, self.expires_at = text, expires_at
        self.refresh_expires_at = refresh_expires_at

    async def trouble(self, words: str) -> None:
        self.words.append(words)


class Clock:
    def __init__(self) -> None:
        self.at = float(START)

    def __call__(self) -> float:
        return self.at


@pytest.fixture
async def provider() -> AsyncIterator[OAuthServer]:
    async with oauth_server() as server:
        yield server


def environment(memory: Memory | None = None) -> Environment:
    return Environment(
        channel="mail",
        region="US",
        public_url="",
        user_agent="tests",
        sign=lambda _purpose, data: data,
        memory=memory,
    )


def settings(provider: OAuthServer, **more: Any) -> Settings:
    given = provider.settings | {"address": "a@b.example", "imap_host": "imap.example"} | more
    for name in ("oauth_client_secret", "oauth_refresh_token"):
        if name in given:
            given[name] = Secret(given[name])
    return Settings(**given)


def tokens(
    provider: OAuthServer, memory: Memory | None = None, clock: Clock | None = None, **more: Any
) -> Tokens:
    return Tokens(settings(provider, **more), environment(memory), now=clock or Clock())


async def test_a_token_is_kept_and_renewed_before_it_expires(provider: OAuthServer):
    memory, clock = Memory(), Clock()
    ours = tokens(provider, memory, clock, oauth_refresh_token=provider.consent())
    first = await ours.secret()
    assert await ours.secret() == first == provider.given[0]
    assert memory.expires_at == datetime.fromtimestamp(START + 3600, UTC)
    clock.at += 3600 - 299
    second = await ours.secret()
    assert second == provider.given[1]
    again = tokens(provider, memory, clock)  # after a restart
    assert await again.secret() == second
    assert len(provider.asked) == 2
    assert provider.asked[0]["client_secret"] == SECRET


async def test_a_rotated_refresh_token_takes_the_place_of_the_old_one(provider: OAuthServer):
    memory, clock = Memory(), Clock()
    first = provider.consent()
    for hour in range(3):
        clock.at = START + hour * 3600
        await tokens(provider, memory, clock, oauth_refresh_token=first).secret()
    assert [form["refresh_token"] for form in provider.asked].count(first) == 1


async def test_a_rotated_token_survives_a_store_that_is_away(provider: OAuthServer):
    memory, clock = Memory(), Clock()
    ours = tokens(provider, memory, clock, oauth_refresh_token=provider.consent())
    memory.is_away = True
    token = await ours.secret()
    assert memory.text is None
    memory.is_away = False
    assert await ours.secret() == token
    assert token in memory.text


async def test_those_who_ask_at_once_ask_once(provider: OAuthServer):
    ours = tokens(provider, oauth_refresh_token=provider.consent())
    assert len({*await asyncio.gather(*(ours.secret() for _ in range(8)))}) == 1
    assert len(provider.asked) == 1


async def test_a_token_that_was_refused_is_renewed_before_its_time(provider: OAuthServer):
    ours = tokens(provider, oauth_refresh_token=provider.consent())
    first = await ours.secret()
    second = await ours.secret(first)
    assert second != first
    assert await ours.secret(first) == second  # somebody else has renewed it already
    assert len(provider.asked) == 2


@pytest.mark.parametrize(("said", "seconds"), [("1800", 1800), (None, 3600), (1799.5, 1799)])
async def test_however_the_life_of_a_token_is_said(provider: OAuthServer, said: Any, seconds: int):
    memory = Memory()
    provider.expires_in = said
    provider.refresh_expires_in = 604_800
    await tokens(provider, memory, oauth_refresh_token=provider.consent()).secret()
    assert memory.expires_at == datetime.fromtimestamp(START + seconds, UTC)
    assert memory.refresh_expires_at == datetime.fromtimestamp(START + 604_800, UTC)


@pytest.mark.parametrize(
    ("status", "answer", "kind", "words"),
    [
        (400, {"error": "invalid_grant"}, Unauthorized, "hub channel authorize mail"),
        (401, {"error": "invalid_client"}, Unauthorized, "invalid_client"),
        (400, {"error": "unauthorized_client", "error_description": "no"}, Unauthorized, "no"),
        (503, {}, Unavailable, "503"),
        (429, {"error": "slow_down"}, Unavailable, "429"),
        (400, {"error": "temporarily_unavailable"}, Unavailable, "temporarily"),
        (200, {"token_type": "Bearer"}, Unavailable, "no access token"),
        (200, {"access_token": "a\x01b"}, Unavailable, "no access token"),
        (200, ["what"], Unavailable, "no access token"),
    ],
)
async def test_what_a_refusal_means(
    provider: OAuthServer, status: int, answer: Any, kind: type[Exception], words: str
):
    memory = Memory()
    provider.refusals.append((status, answer))
    refresh = provider.consent()
    with pytest.raises(kind, match=words) as raised:
        await tokens(provider, memory, oauth_refresh_token=refresh).secret()
    assert memory.words == [str(raised.value)]
    assert refresh not in str(raised.value)
    assert SECRET not in str(raised.value)


async def test_without_consent_it_says_what_to_do(provider: OAuthServer):
    with pytest.raises(Unauthorized, match="run hub channel authorize mail"):
        await tokens(provider).secret()


async def test_tokens_of_another_client_are_forgotten(provider: OAuthServer):
    memory = Memory()
    await tokens(provider, memory, oauth_refresh_token=provider.consent()).secret()
    with pytest.raises(Unauthorized, match="nobody has consented"):
        await tokens(provider, memory, oauth_client_id="another").secret()


async def test_client_credentials(provider: OAuthServer):
    clock = Clock()
    ours = tokens(provider, Memory(), clock, oauth_flow="client_credentials")
    first = await ours.secret()
    clock.at += 3601
    assert await ours.secret() != first
    assert {form["grant_type"] for form in provider.asked} == {"client_credentials"}


async def test_a_service_account_signs_for_the_mailbox(provider: OAuthServer):
    provider.key = RSAKey.generate_key(2048)
    clock = Clock()
    clock.at = datetime.now(UTC).timestamp()
    account = {"oauth_provider": "google", "oauth_flow": "client_credentials"}
    pem = provider.key.as_pem(private=True).decode()
    ours = tokens(provider, None, clock, **account, oauth_client_secret=pem)
    assert await ours.secret() == provider.given[0]
    assert "client_secret" not in provider.asked[0]
    with pytest.raises(ConfigInvalid, match="oauth_client_secret"):
        await tokens(provider, None, clock, **account, oauth_client_secret="no key").secret()


async def test_a_provider_that_is_not_there():
    gone = OAuthServer(base="http://127.0.0.1:1")
    with pytest.raises(Unavailable):
        await tokens(gone, oauth_refresh_token="word").secret()


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("provider_", "more", "token", "scope"),
    [
        ("google", {}, "https://oauth2.googleapis.com/token", "https://mail.google.com/"),
        (
            "microsoft",
            {"oauth_tenant": "acme.example"},
            "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token",
            (
                "https://outlook.office.com/IMAP.AccessAsUser.All "
                "https://outlook.office.com/SMTP.Send offline_access"
            ),
        ),
        (
            "microsoft",
            {"oauth_tenant": "acme.example", "oauth_flow": "client_credentials"},
            "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token",
            "https://outlook.office365.com/.default",
        ),
    ],
)
def test_where_tokens_come_from(provider_: str, more: dict[str, str], token: str, scope: str):
    known = {"oauth_token_url": "", "oauth_authorize_url": "", "oauth_scope": ""}
    found = endpoints(settings(OAuthServer(), oauth_provider=provider_, **known, **more))
    assert (found.token, found.scope) == (token, scope)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"oauth_client_id": ""}, "oauth_client_id"),
        ({"oauth_token_url": ""}, "oauth_token_url"),
        ({"oauth_token_url": "http://login.example/token"}, "oauth_token_url"),
        ({"oauth_token_url": "https://["}, "oauth_token_url"),
        ({"imap_auth": "password", "imap_password": Secret("word")}, "oauth_provider"),
        ({"oauth_tenant": "a/b"}, "oauth_tenant"),
        ({"oauth_flow": "client_credentials", "oauth_client_secret": ""}, "oauth_client_secret"),
        (
            {
                "oauth_provider": "microsoft",
                "oauth_flow": "client_credentials",
                "oauth_token_url": "",
            },
            "oauth_tenant",
        ),
        ({"oauth_provider": "yahoo"}, "oauth_provider"),
        ({"sent_folder": "INBOX"}, "folders"),
    ],
)
def test_settings_that_cannot_work(more: dict[str, str], field: str):
    base = OAuthServer(base="https://login.example")
    with pytest.raises(ConfigInvalid, match=f"^{field}: "):
        settings(base, **more)


async def test_consent_is_asked_for_with_a_proof_of_who_asked(provider: OAuthServer):
    ours = tokens(provider)
    url = ours.consent_url("http://localhost:7", "state-word", "v" * 64)
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert query["client_id"] == CLIENT
    assert query["login_hint"] == "a@b.example"
    assert query["code_challenge"] != "v" * 64
    provider.codes["c"] = query
    with pytest.raises(Unauthorized):
        await ours.accept("c", "http://localhost:7", "another verifier")
    provider.codes["c"] = query
    await ours.accept("c", "http://localhost:7", "v" * 64)
    assert await ours.secret() == provider.given[-1]


# ---------------------------------------------------------------- logins


async def test_a_mailbox_is_opened_with_a_token_and_again_when_it_is_refused(
    provider: OAuthServer,
):
    good: set[str] = set()

    def takes(secret: str) -> bool:
        return any(f"auth=Bearer {token}\x01" in secret for token in good)

    async with scripted(takes=takes) as server:
        mail = fetched(provider, server)
        provider.refusals.clear()
        good.add("access-2")
        await mail.check()
        good.clear()
        good.add("access-4")
        await mail.check()
        assert [form["grant_type"] for form in provider.asked] == ["refresh_token"] * 2
        good.clear()
        with pytest.raises(Unauthorized):
            await mail.check()
        assert len(provider.asked) == 3  # once more, and not for ever
        assert all("user=a@b.example\x01" in secret for secret in server.secrets)


async def test_a_connection_that_lasts_keeps_its_token_fresh(provider: OAuthServer):
    """Nobody logs in again for hours: the token is renewed all the same."""
    clock, memory = Clock(), Memory()
    async with scripted() as server:
        place = {"imap_host": "127.0.0.1", "imap_port": server.port, "imap_security": "none"}
        given = settings(provider, oauth_refresh_token=provider.consent(), **place)
        credentials = Tokens(given, environment(memory), now=clock)
        source = ImapSource(
            given,
            "mail",
            credentials=credentials,
            now=lambda: datetime.fromtimestamp(clock.at, UTC),
            idle_seconds=0.01,
        )
        reading = asyncio.ensure_future(read(source))
        while len(provider.given) < 4:
            clock.at += 600
            await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.wait({reading})
        assert server.secrets == [f"user=a@b.example\x01auth=Bearer {provider.given[0]}\x01\x01"]
        assert memory.expires_at > datetime.fromtimestamp(START + 3 * 3000, UTC)


async def read(source: ImapSource) -> None:
    async with aclosing(source.events(None)) as batches:
        async for _ in batches:
            pass


def fetched(provider: OAuthServer, server: ScriptedImap) -> FetchedMail:
    place = {"imap_host": "127.0.0.1", "imap_port": server.port, "imap_security": "none"}
    given = settings(provider, oauth_refresh_token=provider.consent(), **place)
    return FetchedMail(given, environment(Memory()))
