"""Signing in: passwords, links, tokens, CSRF, roles, and what keeps guessers slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub import auth
from hub.access.principal import CSRF_HEADER
from hub.limits import Buckets, source
from hub.permissions import Permission, granted
from tests.hub.office import Caller, Office, opened

PASSWORD = "correct horse battery"
DAY = 86_400 * 1_000_000


@pytest.fixture
async def office(tmp_path: Path, db_url: str) -> AsyncIterator[Office]:
    async with opened(tmp_path, db_url) as found:
        yield found


async def _with_password(office: Office, caller: Caller, email: str) -> str:
    """Set a password by a one-time link; the CSRF token of the session."""
    link = await office.run("user-link", email=email)
    answer = await caller.post(f"links/{link.rpartition('/')[2]}", {"password": PASSWORD})
    assert answer.status == 200, answer.text
    return str(answer.json["csrf"])


async def test_a_link_signs_in_once_and_sets_a_password(office: Office) -> None:
    link = await office.run("user-link", email="one@acme.example")
    token = link.rpartition("/")[2]
    async with office.caller() as caller:
        for _ in range(2):  # looking does not use it up
            shown = await caller.get(f"links/{token}")
            assert shown.json == {
                "email": "one@acme.example",
                "name": "One",
                "needs_password": True,
                "needs_code": False,
            }
        used = await caller.post(f"links/{token}", {"password": PASSWORD, "name": "New name"})
        assert used.status == 200
        assert used.json["me"]["name"] == "New name"
        cookie = used.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert (await caller.get("me")).json["email"] == "one@acme.example"
        assert (await caller.post(f"links/{token}")).status == 404
    async with office.caller() as caller:
        body = {"email": "ONE@acme.example ", "password": PASSWORD}
        assert (await caller.post("sign-in", body)).status == 200


async def test_a_newer_link_ends_the_older_one(office: Office) -> None:
    first = await office.run("user-link", email="one@acme.example")
    await office.run("user-link", email="one@acme.example")
    async with office.caller() as caller:
        assert (await caller.get(f"links/{first.rpartition('/')[2]}")).status == 404


async def test_a_link_is_for_one_for_a_day_and_for_who_still_works_here(office: Office) -> None:
    async def path() -> str:
        link = await office.run("user-link", email="one@acme.example")
        return "links/" + str(link).rpartition("/")[2]

    async with office.caller() as first, office.caller() as second:
        raced = await path()
        found = await asyncio.gather(*(who.post(raced) for who in (first, second)))
        assert sorted(answer.status for answer in found) == [200, 404]
        late, clock = await path(), office.hub.auth._clock
        office.hub.auth._clock = lambda: clock() + auth.LINK_HOLDS
        assert {(await first.get(late)).status, (await first.post(late)).status} == {404}
        office.hub.auth._clock = clock
        assert (await first.get(late)).status == 200
        await office.run("user-off", email="one@acme.example")
        assert {(await first.get(late)).status, (await first.post(late)).status} == {404}


async def test_a_name_is_one_line_that_turns_nothing_around(office: Office) -> None:
    async with office.person("one@acme.example") as one:
        for given, shown in (("  A\u202e\nB\u200cC ", "A B\u200cC"), (" \u200f ", "A B\u200cC")):
            answer = await one.call("PATCH", "me", json={"name": given})
            assert answer.json["name"] == shown
    async with office.admin() as admin:
        body = {"email": "new@acme.example", "name": " \t"}
        assert (await admin.post("users", body)).json["name"] == "new"


async def test_short_passwords_are_refused_and_the_link_stays(office: Office) -> None:
    link = await office.run("user-link", email="one@acme.example")
    async with office.caller() as caller:
        path = f"links/{link.rpartition('/')[2]}"
        refused = await caller.post(path, {"password": "short"})
        assert refused.status == 400
        assert refused.json["errors"][0]["field"] == "password"
        assert (await caller.get(path)).status == 200


async def test_unsafe_calls_by_cookie_need_the_csrf_header(office: Office) -> None:
    async with office.caller() as caller:
        csrf = await _with_password(office, caller, "one@acme.example")
        change = {"presence": "available"}
        assert (await caller.call("PUT", "me/presence", json=change)).status == 403
        wrong = {CSRF_HEADER: csrf[:-1] + "é"}
        assert (await caller.call("PUT", "me/presence", json=change, headers=wrong)).status == 403
        right = {CSRF_HEADER: csrf}
        answer = await caller.call("PUT", "me/presence", json=change, headers=right)
        assert answer.status == 200
        assert answer.json["agent"]["presence"] == "available"
        assert (await caller.post("sign-out", headers=right)).status == 204
        assert (await caller.get("me")).status == 401


async def test_another_sites_page_signs_nobody_in(office: Office) -> None:
    async with office.caller() as caller:
        await _with_password(office, caller, "one@acme.example")
    async with office.caller() as caller:
        body = {"email": "one@acme.example", "password": PASSWORD}
        evil = {"Origin": "https://evil.example"}
        assert (await caller.post("sign-in", body, headers=evil)).status == 403


async def test_wrong_passwords_lock_the_account(office: Office) -> None:
    async with office.caller() as caller:
        await _with_password(office, caller, "one@acme.example")
    now = office.hub.auth._clock()
    office.hub.auth._by_email = Buckets(1000, 1000)
    office.hub.auth._by_address = Buckets(1000, 1000)
    async with office.caller() as caller:
        wrong = {"email": "one@acme.example", "password": "wrong password"}
        for _ in range(auth.LOCK_AFTER):
            assert (await caller.post("sign-in", wrong)).status == 401
        right = wrong | {"password": PASSWORD}
        assert (await caller.post("sign-in", right)).status == 401
        office.hub.auth._clock = lambda: now + 2 * auth.LOCK_HOLDS
        assert (await caller.post("sign-in", right)).status == 200


async def test_how_long_it_takes_does_not_say_who_has_an_account(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password is answered without waiting for the store, which only those have to who are
    known; and it counts all the same, for whoever is let in after it."""
    async with office.caller() as caller:
        await _with_password(office, caller, "one@acme.example")
        office.hub.auth._by_email = Buckets(1000, 1000)
        office.hub.auth._by_address = Buckets(1000, 1000)
        released, write = asyncio.Event(), office.hub.db.write

        async def held(*args: Any, **more: Any) -> Any:
            await released.wait()
            return await write(*args, **more)

        with monkeypatch.context() as patched:
            patched.setattr(office.hub.db, "write", held)
            wrong = {"email": "one@acme.example", "password": "wrong password"}
            said = [await caller.post("sign-in", wrong) for _ in range(auth.LOCK_AFTER)]
            nobody = await caller.post("sign-in", wrong | {"email": "nobody@acme.example"})
            right = asyncio.create_task(caller.post("sign-in", wrong | {"password": PASSWORD}))
            assert {one.status for one in said} == {401}
            assert {one.json["detail"] for one in said} == {nobody.json["detail"]}
            released.set()
            assert (await right).status == 401


async def test_guessing_is_slowed_down(office: Office) -> None:
    async with office.caller() as caller:
        wrong = {"email": "nobody@acme.example", "password": "wrong password"}
        tries = [caller.post("sign-in", wrong) for _ in range(12)]
        found = await asyncio.gather(*tries)
        assert {answer.status for answer in found} == {401, 429}
        long = wrong | {"email": "x" * 300 + "@acme.example"}
        assert (await caller.post("sign-in", long)).status == 400, "remembered whole"
        limited = next(answer for answer in found if answer.status == 429)
        assert int(limited.headers["Retry-After"]) >= 1


async def test_wrong_tokens_are_slowed_down(office: Office) -> None:
    async with office.caller("hub_wrong") as caller:
        found = [(await caller.get("me")).status for _ in range(40)]
    assert found[0] == 401
    assert found[-1] == 429


async def test_a_program_has_its_role_and_scopes(office: Office) -> None:
    async with office.caller(await office.run("token", role="viewer")) as viewer:
        assert (await viewer.get("queues")).status == 200
        assert (await viewer.get("ledger")).status == 403
        assert (await viewer.post("conversations/1/resolve")).status == 403
    scoped = await office.run("token", role="admin", scopes=["ledger"])
    async with office.caller(scoped) as caller:
        assert (await caller.get("ledger")).status == 200
        assert (await caller.get("queues")).status == 403


async def test_nobody_hands_on_more_than_they_have(office: Office) -> None:
    scoped = await office.run("token", role="admin", scopes=["tokens", "users", "read", "work"])
    async with office.caller(scoped) as caller, office.admin() as admin:
        for body in ({"role": "admin"}, {"role": "supervisor", "scopes": ["trace"]}):
            assert (await caller.post("tokens", {"name": "more", **body})).status == 403
        assert (await caller.post("tokens", {"name": "less", "role": "agent"})).status == 201
        boss = {"email": "boss@acme.example", "role": "admin"}
        assert (await caller.post("users", boss)).status == 403
        id = (await admin.post("users", boss)).json["id"]
        assert (await caller.post(f"users/{id}/link")).status == 403
        (one, *_) = (await admin.get("users")).json["items"]
        path = f"users/{one['id']}"
        assert (await caller.call("PATCH", path, json={"role": "admin"})).status == 403
        assert (await caller.call("PATCH", path, json={"name": "Uno"})).status == 200
        assert (await caller.post(f"{path}/link")).status == 201


def test_tries_are_counted_by_household() -> None:
    assert source("2001:db8:1:2:3:4:5:6") == source("2001:db8:1:2::9")
    assert source("2001:db8:1:3::9") != source("2001:db8:1:2::9")
    assert source("::ffff:192.0.2.7") == source("192.0.2.7") != source("192.0.2.8")
    assert source("fe80::1%eth0") == source("fe80::2")
    assert source("unknown") == "unknown"


async def test_a_persons_token_follows_the_person(office: Office) -> None:
    async with office.person("one@acme.example") as caller, office.admin() as admin:
        me = (await caller.get("me")).json
        assert me["email"] == "one@acme.example"
        assert me["role"] == "agent"
        path = f"users/{me['id']}"
        changed = await admin.call("PATCH", path, json={"role": "viewer"})
        assert changed.status == 200
        assert (await caller.get("me")).json["agent"] is None
        assert (await admin.call("PATCH", path, json={"active": False})).status == 200
        assert (await caller.get("me")).status == 401


async def test_a_revoked_token_ends_at_once(office: Office) -> None:
    async with office.admin() as admin:
        made = (await admin.post("tokens", {"name": "robot", "role": "viewer"})).json
        async with office.caller(made["token"]) as robot:
            assert (await robot.get("me")).status == 200
            gone = await admin.call("DELETE", f"tokens/{made['id']}")
            assert gone.status == 204
            assert (await robot.get("me")).status == 401


async def test_a_new_password_ends_the_other_sessions(office: Office) -> None:
    async with office.caller() as first, office.caller() as second:
        await _with_password(office, first, "one@acme.example")
        body = {"email": "one@acme.example", "password": PASSWORD}
        csrf = (await second.post("sign-in", body)).json["csrf"]
        change = {"password": "another long password"}
        headers = {CSRF_HEADER: csrf}
        for wrong in (change, change | {"current": "not the password"}):
            assert (await second.call("PATCH", "me", json=wrong, headers=headers)).status == 403
        assert (await first.get("me")).status == 200
        change["current"] = PASSWORD
        assert (await second.call("PATCH", "me", json=change, headers=headers)).status == 200
        assert (await first.get("me")).status == 401
        assert (await second.get("me")).status == 200


async def test_sessions_end(office: Office) -> None:
    async with office.caller() as caller:
        await _with_password(office, caller, "one@acme.example")
        now = office.hub.auth._clock()
        office.hub.auth._clock = lambda: now + auth.SESSION_IDLE + 1
        assert (await caller.get("me")).status == 401


async def test_no_session_lasts_for_ever(office: Office) -> None:
    async with office.caller() as caller:
        await _with_password(office, caller, "one@acme.example")
        now = office.hub.auth._clock()
        for days in range(10, auth.SESSION_MOST // DAY, 10):
            office.hub.auth._clock = lambda days=days: now + days * DAY
            assert (await caller.get("me")).status == 200, days
        office.hub.auth._clock = lambda: now + auth.SESSION_MOST + 1
        assert (await caller.get("me")).status == 401


async def test_the_first_start_has_one_admin_and_no_password(tmp_path: Path) -> None:
    async with opened(tmp_path, config="") as office:
        from hub import accounts  # noqa: PLC0415

        token = auth.new_token()
        assert await office.hub.db.write(accounts.first_start, token, now=1_000_000)
        assert not await office.hub.db.write(accounts.first_start, token, now=2_000_000)


def test_roles_grow() -> None:
    viewer, agent, supervisor, admin = map(granted, ("viewer", "agent", "supervisor", "admin"))
    assert viewer < agent < supervisor < admin
    assert Permission.WORK not in viewer
    assert Permission.MOVE not in agent


def test_buckets_fill_again_and_stay_few() -> None:
    now = 100.0
    buckets = Buckets(2, 1, keys=3, clock=lambda: now)
    assert [buckets.take("a") for _ in range(3)] == [True, True, False]
    assert buckets.retry_after("a") == 1
    now = 101.0
    assert buckets.take("a")
    for key in "bcdef":
        buckets.take(key)
    assert len(buckets._levels) == 3
