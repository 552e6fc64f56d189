"""Whoever goes is out at once, everywhere, and what was theirs is somebody's: by an explicit choice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from hub.access.principal import CSRF_HEADER
from hub.control import CommandRefused
from tests.hub.access.door import PASSWORD, audited, sign_in_by_link
from tests.hub.office import Caller
from tests.hub.running import PATIENCE, Running, message

TWO = "two@acme.example"


@asynccontextmanager
async def socket(caller: Caller) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A live socket that has said hello."""
    url = f"{caller.base}/api/v1/live".replace("http", "ws", 1)
    async with caller.session.ws_connect(url) as found:
        assert (await found.receive_json())["type"] == "hello"
        yield found


async def closed_with(found: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read until the other end closes; its code. (``close_code`` is 1006 where it was too fast to
    hear our answer to that.)"""
    async with asyncio.timeout(PATIENCE):
        while (said := await found.receive()).type is aiohttp.WSMsgType.TEXT:
            continue
    return said.data if said.type is aiohttp.WSMsgType.CLOSE else found.close_code


async def _busy(hub: Running) -> tuple[int, int, int]:
    """Two has: a customer who waits, one who was answered, and an offer. Their conversations."""
    await hub.come("two")
    sender = "tel:+1202555010"
    for number, text in ((1, "push this"), (2, "push that"), (3, "ask me")):
        assert await hub.loop(message(text, sender=f"{sender}{number}")) == 200
    waiting, answered, asked = [one.id for one in await hub.conversations()]
    await hub.until_item(waiting, "active")
    await hub.until_item(answered, "active")
    await hub.until_item(asked, "offered")
    await hub.reply(answered, "done", by="two")
    return waiting, answered, asked


async def _owners(hub: Running) -> list[str | None]:
    return [None if one.agent is None else one.agent.name for one in await hub.conversations()]


async def test_whoever_is_switched_off_is_out_at_once_and_asked_for(hub: Running) -> None:
    office = hub.office
    waiting, answered, asked = await _busy(hub)
    async with office.caller() as two, office.admin() as admin, office.person(TWO) as program:
        await sign_in_by_link(office, two, TWO)
        path = f"users/{hub.agents['two'].user}"
        async with socket(two) as by_session, socket(program) as by_token:
            refused = await admin.call("PATCH", path, json={"active": False})
            assert refused.status == 409
            assert refused.json["conversations"] == [waiting, answered]
            assert (refused.json["matters"], refused.json["waiting"]) == (2, 1)
            unclear = {"active": False, "hand_to": "nobody@acme.example"}
            assert (await admin.call("PATCH", path, json=unclear)).status == 400
            assert (await two.get("me")).status == 200, "a refusal has done half of it"
            assert (await hub.item(asked))["state"] == "offered"
            gone = {"active": False, "back_to_queue": True}
            done, *codes = await asyncio.gather(
                admin.call("PATCH", path, json=gone), closed_with(by_session), closed_with(by_token)
            )
            assert done.status == 200, done.text
            assert (done.json["active"], done.json["sessions"]) == (False, 0)
            assert codes == [4401, 4401]
        for caller in (two, program):
            assert (await caller.get("me")).status == 401
        assert await _owners(hub) == [None, None, None]
        assert (await hub.item(waiting))["state"] == "queued"
        assert (await hub.item(asked))["state"] == "queued"
        states = await hub.rows("SELECT state, reason FROM offer")
        assert [row["state"] for row in states] == ["withdrawn"]
        assert await hub.value("SELECT used FROM agent WHERE id = :a", a=hub.agents["two"].id) == 0
        body = {"email": TWO, "password": PASSWORD}
        assert (await two.post("sign-in", body)).status == 401
        (line,) = await audited(office, "change-user")
        assert (line["data"]["moved"], line["data"]["active"]) == (2, False)
        back = await admin.call("PATCH", path, json={"active": True})
        assert back.json["active"]
        assert (await program.get("me")).status == 401, "old tokens live again"


async def test_open_matters_go_to_a_colleague_or_a_queue(hub: Running) -> None:
    waiting, _, asked = await _busy(hub)
    plan = '{"steps":[{"require":[{"skill":"french","min":4}]}]}'
    await hub.write(
        lambda tx: tx.run(
            "UPDATE work_item SET plan = :p WHERE conversation = :c", p=plan, c=waiting
        )
    )
    await hub.come("one")
    async with hub.office.admin() as admin:
        path = f"users/{hub.agents['two'].user}"
        given = {"active": False, "hand_to": "one@acme.example"}
        assert (await admin.call("PATCH", path, json=given)).status == 200
        assert (await _owners(hub))[:2] == ["One", "One"]
        assert (await hub.item(waiting))["state"] == "active"
        path = f"users/{hub.agents['one'].user}"
        await hub.until_item(asked, "offered")
        await hub.write(lambda tx: tx.run("UPDATE queue SET active = FALSE WHERE name = 'secret'"))
        closed = {"role": "viewer", "hand_to": "secret"}
        assert (await admin.call("PATCH", path, json=closed)).status == 400
        given = {"role": "viewer", "hand_to": "general"}
        assert (await admin.call("PATCH", path, json=given)).status == 200
        assert (await _owners(hub))[:2] == [None, None]
        rows = await hub.conversations()
        queues = [one.queue.name for one in rows if one.queue]
        assert queues == ["general", "general", "asked"]  # what was only offered stays there
        item = await hub.item(waiting)
        assert (item["state"], item["mode"], item["plan"]) == ("queued", "pull", "{}")


async def test_nobody_takes_the_last_admin_away(hub: Running) -> None:
    office, boss = hub.office, "boss@acme.example"
    file = "agents: [{email: boss@acme.example, name: Boss, queues: []}]"
    await office.run("user-add", email=boss, role="admin")
    async with office.caller() as first, office.caller() as second, office.admin() as program:
        await sign_in_by_link(office, first, boss)
        id = (await first.get("me")).json["id"]
        await office.run("user-add", email="other@acme.example", role="admin")  # never came
        for change in ({"active": False, "back_to_queue": True}, {"role": "viewer"}):
            refused = await program.call("PATCH", f"users/{id}", json=change)
            assert (refused.status, "last admin" in refused.text) == (400, True), change
        for command, given in (("user-off", {"email": boss}), ("apply", {"text": file})):
            with pytest.raises(CommandRefused, match="last admin"):
                await office.run(command, **given)
        assert (await first.get("users")).status == 200
        await sign_in_by_link(office, second, "other@acme.example")
        await office.run("user-off", email=boss, back_to_queue=True)
        assert (await first.get("me")).status == 401
        await office.run("apply", text=file)
        old = {"email": boss, "password": PASSWORD}
        assert (await first.post("sign-in", old)).status == 401, "a file lets the old password in"


async def test_the_command_line_says_what_is_open_and_moves_it(hub: Running) -> None:
    await _busy(hub)
    try:
        await hub.office.run("user-off", email=TWO)
    except CommandRefused as err:
        words = str(err)
    assert "2 open matters" in words
    assert "--hand-to" in words
    said = await hub.office.run("user-off", email=TWO, back_to_queue=True)
    assert said == "switched off; 2 open matters moved"
    assert await _owners(hub) == [None, None, None]


async def test_a_screen_has_the_rights_of_today(hub: Running) -> None:
    office = hub.office
    async with office.caller() as one, office.admin() as admin:
        await sign_in_by_link(office, one, "one@acme.example")
        path = f"users/{hub.agents['one'].user}"
        async with socket(one) as found:
            assert await hub.loop(message("secret one")) == 200
            assert (await admin.call("PATCH", path, json={"role": "admin"})).status == 200
            async with asyncio.timeout(PATIENCE):
                while (frame := await found.receive_json())["type"] != "reset":
                    assert "secret one" not in str(frame)
            assert await hub.loop(message("secret two")) == 200
            async with asyncio.timeout(PATIENCE):
                while "secret two" not in str(await found.receive_json()):
                    continue


async def test_sessions_are_listed_and_ended_one_by_one_or_all(hub: Running) -> None:
    office = hub.office
    email, body = "one@acme.example", {"email": "one@acme.example", "password": PASSWORD}
    async with office.caller() as first, office.caller() as second, office.caller() as third:
        await sign_in_by_link(office, first, email)
        csrf = {}
        for caller in (second, third):
            answer = await caller.post("sign-in", body, headers={"User-Agent": "Firefox 1"})
            csrf[caller.base, id(caller)] = {CSRF_HEADER: answer.json["csrf"]}
        headers = csrf[third.base, id(third)]
        shown = (await third.get("me/security")).json["sessions"]
        assert [(one["how"], one["this"]) for one in shown] == [
            ("password", True),
            ("password", False),
            ("link", False),
        ]
        assert shown[1]["user_agent"] == "Firefox 1"
        assert shown[1]["address"] == "127.0.0.1"
        async with socket(second) as found:
            gone = await third.call("DELETE", f"me/sessions/{shown[1]['id']}", headers=headers)
            assert gone.status == 204
            assert await closed_with(found) == 4401
        again = await third.call("DELETE", f"me/sessions/{shown[1]['id']}", headers=headers)
        assert again.status == 404
        async with socket(first) as found:
            ended = await third.post("me/sign-out-everywhere", {}, headers=headers)
            assert ended.status == 204
            assert await closed_with(found) == 4401
        assert [(await one.get("me")).status for one in (first, second, third)] == [401, 401, 200]
        async with office.admin() as admin, socket(third) as found:
            path = f"users/{hub.agents['one'].user}/sessions"
            assert len((await admin.get(path)).json["items"]) == 1
            assert (await admin.call("DELETE", path)).json["sessions"] == 0
            assert await closed_with(found) == 4401
        assert (await third.get("me")).status == 401
    ended = await audited(office, "sign-out-everywhere")
    assert [one["data"]["sessions"] for one in ended] == [1, 1]


async def test_a_programs_socket_ends_with_its_token(hub: Running) -> None:
    async with hub.office.admin() as admin:
        made = (await admin.post("tokens", {"name": "robot", "role": "viewer"})).json
        async with hub.office.caller(made["token"]) as robot, socket(robot) as found:
            assert (await admin.call("DELETE", f"tokens/{made['id']}")).status == 204
            assert await closed_with(found) == 4401
            assert (await robot.get("me")).status == 401


async def test_signing_out_closes_the_sessions_own_socket(hub: Running) -> None:
    office = hub.office
    async with office.caller() as one:
        csrf = await sign_in_by_link(office, one, "one@acme.example")
        async with socket(one) as found:
            assert (await one.post("sign-out", headers=csrf)).status == 204
            assert await closed_with(found) == 4401
