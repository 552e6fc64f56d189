"""Signing in by the organisation's provider: the honest way, and every way in which it can lie."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from hub import settings
from hub.access.oidc import id_token
from hub.access.oidc.provider import KEYS_AGAIN
from hub.access.oidc.settings import OidcInvalid, Section, read
from hub.limits import Buckets
from tests.fakes.oidc_provider import FakeProvider, new_keys
from tests.hub.access.door import audited, browser, sign_in_by_link, with_provider
from tests.hub.office import Office

ROLES = {"support": "agent", "leads": "supervisor", "admins": "admin", "guests": "viewer"}


@pytest.fixture(scope="module")
def keys() -> tuple[RSAKey, RSAKey]:
    """RSA keys take a while: one pair for all tests."""
    return new_keys()


@pytest.fixture
async def provider(keys: tuple[RSAKey, RSAKey]) -> AsyncIterator[FakeProvider]:
    async with FakeProvider(keys=keys) as fake:
        yield fake


async def test_the_provider_lets_somebody_in_with_a_role_by_group(
    tmp_path: Path, db_url: str, provider: FakeProvider
) -> None:
    async with with_provider(tmp_path, db_url, provider, roles=ROLES) as office:
        async with browser(office) as journey:
            ways = (await journey.caller.get("sign-in")).json
            assert ways["provider"] == {"name": "Acme", "url": "/api/v1/oidc/start"}
            begun = await journey.begin("/c/12")
            assert begun.startswith(f"{provider.issuer}/authorize?")
            assert "code_challenge_method=S256" in begun
            back = await journey.at_provider(begun)
            assert await journey.back(back) == "/c/12"
            me = (await journey.caller.get("me")).json
            assert (me["email"], me["name"], me["role"]) == (
                "sara@acme.example",
                "Sara Karimi",
                "agent",
            )
            assert me["agent"] is not None
            # the same answer once more, and in another browser
            assert await journey.back(back) == "/#oidc=expired"
        async with browser(office) as thief:
            assert await thief.back(back) == "/#oidc=expired"
            assert (await thief.caller.get("me")).status == 401
        (made,) = [one for one in await audited(office, "add-user") if one["actor"] == "oidc"]
        assert made["subject_name"] == "Sara Karimi"
        (signed,) = await audited(office, "sign-in")
        assert signed["data"]["how"] == "oidc"


async def test_groups_are_followed_at_each_sign_in(
    tmp_path: Path, db_url: str, provider: FakeProvider
) -> None:
    async with with_provider(tmp_path, db_url, provider, roles=ROLES) as office:
        provider.person["email"] = "one@acme.example"
        for groups, role in (
            (["support", "leads"], "supervisor"),
            (["guests"], "viewer"),
            ("support other", "agent"),
        ):
            provider.person["groups"] = groups
            async with browser(office) as journey:
                assert await journey.whole() == "/"
                assert (await journey.caller.get("me")).json["role"] == role
        async with browser(office) as before:
            assert await before.whole() == "/"
            provider.person["groups"] = ["strangers"]
            async with browser(office) as journey:
                assert await journey.whole() == "/#oidc=role"
            assert (await before.caller.get("me")).status == 401, "what it let in before stays"
        changed = [one["data"]["role"] for one in await audited(office, "change-user")]
        assert changed == ["supervisor", "viewer", "agent"]
        (ended,) = await audited(office, "sign-out-everywhere")
        assert ended["actor"] == "oidc"


async def test_groups_leave_an_admin(tmp_path: Path, provider: FakeProvider) -> None:
    async with with_provider(tmp_path, "", provider, roles=ROLES) as office:
        provider.person["email"] = "one@acme.example"

        async def role(*groups: str) -> str:
            provider.person["groups"] = list(groups)
            async with browser(office) as journey:
                assert await journey.whole() == "/"
                return str((await journey.caller.get("me")).json["role"])

        assert await role("admins") == "admin"
        assert await role("support") == "admin", "nobody is left who can let others in"
        assert len(await audited(office, "keep-last-admin")) == 1
        await office.run("user-add", email="new@acme.example", role="admin")
        assert await role("support") == "admin", "the other one has never been here"
        async with office.caller() as new:
            await sign_in_by_link(office, new, "new@acme.example")
        assert await role("support") == "agent"


async def test_an_address_is_bound_to_one_account_of_the_provider(
    tmp_path: Path, provider: FakeProvider
) -> None:
    async with with_provider(tmp_path, "", provider) as office, office.admin() as admin:
        provider.person["email"] = "One@acme.example"
        async with browser(office) as journey:
            assert await journey.whole() == "/"
            me = (await journey.caller.get("me")).json
            assert me["role"] == "agent"
            assert me["email"] == "one@acme.example"
        provider.person["sub"] = "somebody-else"  # the address was given to another person
        async with browser(office) as journey:
            assert await journey.whole() == "/#oidc=refused"
        provider.person |= {"sub": "s-1", "email": "two@acme.example"}  # a new address, same person
        async with browser(office) as journey:
            assert await journey.whole() == "/"
            assert (await journey.caller.get("me")).json["email"] == "one@acme.example"
        off = {"active": False}
        assert (await admin.call("PATCH", f"users/{me['id']}", json=off)).status == 200
        async with browser(office) as journey:
            assert await journey.whole() == "/#oidc=off"


async def test_strangers_get_no_account_where_none_is_to_be_made(
    tmp_path: Path, provider: FakeProvider
) -> None:
    async with (
        with_provider(tmp_path, "", provider, create=False, only=True) as office,
        browser(office) as journey,
    ):
        assert await journey.whole() == "/#oidc=unknown"
        assert not (await journey.caller.get("sign-in")).json["passwords"]
        body = {"email": "one@acme.example", "password": "whatever it was"}
        assert (await journey.caller.post("sign-in", body)).status == 403


def _set(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.update(values)


def _drop(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.pop(name, None) and None


NOW = int(time.time())
WRONG_CLAIMS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "another issuer": (_set(iss="https://evil.example"), "refused"),
    "a list of issuers": (lambda c: c.update(iss=[c["iss"], "https://evil.example"]), "refused"),
    "for another hub": (_set(aud="another"), "refused"),
    "for several, from another": (
        lambda c: c.update(aud=[c["aud"], "another"], azp="another"),
        "refused",
    ),
    "for several, from nobody": (lambda c: c.update(aud=[c["aud"], "another"]), "refused"),
    "for nobody": (_drop("aud"), "refused"),
    "run out": (_set(exp=NOW - 3600), "refused"),
    "never runs out": (_drop("exp"), "refused"),
    "runs out in words": (_set(exp="tomorrow"), "refused"),
    "not yet": (_set(nbf=NOW + 3600), "refused"),
    "made in the future": (_set(iat=NOW + 3600), "refused"),
    "another sign-in's nonce": (_set(nonce="another"), "refused"),
    "no nonce": (_drop("nonce"), "refused"),
    "a list of nonces": (lambda c: c.update(nonce=[c["nonce"]]), "refused"),
    "of nobody": (_drop("sub"), "refused"),
    "of a number": (_set(sub=7), "refused"),
    "of a name without end": (_set(sub="x" * 300), "refused"),
    "no address": (_drop("email"), "email"),
    "an address that is not verified": (_set(email_verified=False), "email"),
    "an address verified in words": (_set(email_verified="true"), "email"),
    "an address nobody spoke of": (_drop("email_verified"), "email"),
    "no address at all": (_set(email="sara"), "email"),
    "a number as address": (_set(email=7), "email"),
    "two addresses": (_set(email="admin@localhost, sara@acme.example"), "email"),
}
LIES = {
    "wrong signature": "refused",
    "changed afterwards": "refused",
    "alg none": "refused",
    "hmac with the public key": "refused",
    "key in the header": "refused",
    "old key id": "refused",
    "no id_token": "refused",
    "large": "provider",
    "huge": "provider",
    "not json": "provider",
    "breaks off": "provider",
    "slow token": "provider",
    "says no": "cancelled",
    "other state": "expired",
    "other provider answers": "refused",
}


async def test_whatever_it_lies_nobody_gets_in(tmp_path: Path, provider: FakeProvider) -> None:
    async with with_provider(tmp_path, "", provider, timeout=0.5) as office:
        _as_often_as_they_like(office)
        for what, (change, reason) in WRONG_CLAIMS.items():
            provider.change = change
            await _stays_out(office, what, reason)
        provider.change = lambda _claims: None
        for what, reason in LIES.items():
            if what == "old key id":
                provider.rotate()
            provider.lies = {what}
            await _stays_out(office, what, reason)
        provider.lies = set()
        users = await office.hub.db.read(lambda tx: tx.value("SELECT COUNT(*) FROM user_account"))
        assert users == 2, "somebody was made an account"
        assert not await audited(office, "sign-in")


async def _stays_out(office: Office, what: str, reason: str) -> None:
    async with browser(office) as journey:
        assert await journey.whole() == f"/#oidc={reason}", what
        assert (await journey.caller.get("me")).status == 401, what


def _as_often_as_they_like(office: Office) -> None:
    office.hub.auth._by_provider = Buckets(10_000, 10_000)


async def test_a_description_that_lies_is_not_believed(
    tmp_path: Path, provider: FakeProvider
) -> None:
    async with with_provider(tmp_path, "", provider, timeout=0.5) as office:
        for lie in (
            "other issuer described",
            "huge description",
            "description is no object",
            "slow description",
            "description elsewhere",
        ):
            provider.lies = {lie}
            async with browser(office) as journey:
                assert await journey.whole() == "/#oidc=provider", lie
        provider.lies = {"inside"}  # the guard: nobody makes us ask in our own network
        await _stays_out(office, "inside", "provider")
    async with with_provider(tmp_path / "2", "", provider, timeout=0.5) as office:
        for lie in ("no keys", "odd keys", "endless keys", "slow keys"):
            provider.lies = {lie}
            await _stays_out(office, lie, "provider")
        provider.lies = set()
        async with browser(office) as journey:  # and it may be honest again
            assert await journey.whole() == "/"


async def test_keys_change_and_are_asked_for_again_but_not_at_will(
    tmp_path: Path, provider: FakeProvider
) -> None:
    async with with_provider(tmp_path, "", provider) as office:
        now = 1000.0
        assert office.hub.oidc is not None
        office.hub.oidc.provider._clock = lambda: now
        async with browser(office) as journey:
            assert await journey.whole() == "/"
        provider.rotate()
        await _stays_out(office, "too soon after the last look", "refused")
        now += KEYS_AGAIN + 1
        async with browser(office) as journey:
            assert await journey.whole() == "/"
        provider.lies = {"no key id"}
        async with browser(office) as journey:
            assert await journey.whole() == "/"
        asked = provider.asked.count("/keys")
        provider.lies = {"old key id"}
        for _ in range(5):
            await _stays_out(office, "an unknown key", "refused")
        assert provider.asked.count("/keys") == asked, "a liar makes us ask as often as it likes"


async def test_what_the_token_leaves_out_is_asked_for(
    tmp_path: Path, provider: FakeProvider
) -> None:
    provider.userinfo = dict(provider.person)
    provider.person = {"sub": "s-1"}
    async with with_provider(tmp_path, "", provider, roles=ROLES) as office:
        async with browser(office) as journey:
            assert await journey.whole() == "/"
            assert (await journey.caller.get("me")).json["role"] == "agent"
        provider.userinfo["sub"] = "s-2"
        await _stays_out(office, "userinfo of somebody else", "refused")
        provider.userinfo |= {"sub": "s-1", "email_verified": False}
        provider.person["email_verified"] = True
        await _stays_out(office, "verified is another address", "email")
        provider.userinfo["email_verified"] = True
        provider.person = {"sub": "s-1", "email": "admin@acme.example"}
        await _stays_out(office, "only the other address is verified", "email")


async def test_whoever_presses_the_button_again_and_again_is_slowed_down(
    tmp_path: Path, provider: FakeProvider
) -> None:
    async with with_provider(tmp_path, "", provider) as office, browser(office) as journey:
        office.hub.auth._by_provider = Buckets(2, 0.01)
        assert await journey.whole() == "/"
        answer = await journey.caller.get("oidc/start")
        assert answer.status == 429
        back = await journey.caller.session.get(
            f"{office.base}/api/v1/oidc/callback", allow_redirects=False
        )
        assert back.headers["Location"] == "/#oidc=busy"


async def test_one_goes_only_to_pages_of_ours_afterwards(
    tmp_path: Path, provider: FakeProvider
) -> None:
    async with with_provider(tmp_path, "", provider) as office:
        for to in ("//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", ""):
            async with browser(office) as journey:
                assert await journey.whole(to) == "/", to


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"client_id": "x"}, "oidc.issuer: is missing"),
        ({"issuer": "https://id.example"}, "oidc.client_id: is missing"),
        ({"issuer": "http://id.example", "client_id": "x"}, "oidc.issuer: must be https"),
        ({"issuer": "id.example", "client_id": "x"}, "oidc.issuer: must be like"),
        ({"issuer": "https://id.example/?a", "client_id": "x"}, "oidc.issuer: must be like"),
        ({"issuer": "https://i", "client_id": "x", "roles": {"a": "king"}}, "oidc.roles.a: 'king'"),
        ({"issuer": "https://i", "client_id": "x", "default_role": "x"}, "oidc.default_role: 'x'"),
        ({"issuer": "https://i", "client_id": "x", "timeout": 0}, "oidc.timeout: must be"),
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(OidcInvalid) as refused:
        read(Section(**given), frozenset())
    assert str(refused.value).startswith(reason)


def test_settings_come_from_file_and_environment(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('[oidc]\nissuer = "https://id.example"\nclient_id = "hub"\nscopes = "groups"\n')
    found = settings.load(file, {"HUB_OIDC_CLIENT_SECRET": "not in a file"}).oidc
    assert found is not None
    assert found.scopes == ("openid", "groups")
    assert (found.name, found.default_role) == ("id.example", "agent")
    assert found.client_secret is not None
    assert found.client_secret.reveal() == "not in a file"
    assert "not in a file" not in repr(found)
    inside = Section(issuer="http://id.lan:8443", client_id="x")
    assert read(inside, frozenset({"id.lan"})) is not None


def test_only_signatures_of_a_private_key_are_taken() -> None:
    assert not any(one.startswith("HS") or one == "none" for one in id_token.ALGORITHMS)
