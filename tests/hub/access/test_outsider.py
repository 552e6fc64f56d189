"""Whoever does not serve a hidden queue sees no byte of what is in it, on any route or socket."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

from hub import api
from hub.permissions import GRANTABLE, Permission
from storage import contacts, links
from tests.hub.access.hidden import WORDS, Hidden, arrive
from tests.hub.access.walk import Ask, Heard, asks, call
from tests.hub.office import Caller
from tests.hub.running import PATIENCE, Running, letter, message

ALL_BUT_USERS = sorted(GRANTABLE - {Permission.USERS})


@asynccontextmanager
async def _outsiders(hub: Running) -> AsyncIterator[dict[str, Caller]]:
    """An agent of another queue, a supervisor, a viewer, and a program that may do all but that
    which lets its owner see everything."""
    office, run = hub.office, hub.office.run
    async with AsyncExitStack() as stack:

        async def caller(token: str) -> Caller:
            return await stack.enter_async_context(office.caller(token))

        yield {
            "agent": await caller(await run("token", user="one@acme.example")),
            "supervisor": await caller(await run("token", role="supervisor")),
            "viewer": await caller(await run("token", role="viewer")),
            "all but users": await caller(await run("token", role="admin", scopes=ALL_BUT_USERS)),
        }


def _everything(hidden: Hidden, *, safe: bool) -> list[Ask]:
    """Calls of every route that reads (``safe``), or of every one that does something."""
    routes = [one for one in api.routes() if (one.method == "GET") == safe]
    address = f"mailto:zelda@{WORDS['address']}"
    words = {
        "q": ["zaph", "quibble", "zelda", "hidden", hidden.markers["code"][:4]],
        "identity": [address],
        "contact": [str(hidden.contact)],
        "conversation": [str(hidden.conversation)],
        "queue": ["secret", str(hidden.hub.queue("secret"))],
        "channel": ["mail"],
        "limit": ["1000"],
        "subject": [f"contact:{hidden.contact}"],
        "images": ["true"],
    }
    values: dict[str, Any] = {
        "contact": hidden.contact,
        "conversation": hidden.conversation,
        "entry": min(hidden.ids),
        "queue": "general",
        "text": "words of an outsider",
        "what": address,
        "q": address,
        "x": address,
    }
    names = ["secret", "general", hidden.markers["code"]]
    ids = sorted(hidden.ids)
    return list(asks(routes, ids=ids, names=names, words=words, values=values))


def _leaks(hidden: Hidden, heard: list[Heard]) -> list[str]:
    """Which answers hold a byte of it."""
    found = Counter(
        f"{one.ask.route} {dict(one.ask.query)} {one.status}: {what}"
        for one in heard
        for what, marker in hidden.markers.items()
        if _shows(one, marker)
    )
    return sorted(found)


def _shows(heard: Heard, marker: str) -> bool:
    """Whether a word is in an answer that was not in its question."""
    asked = f"{heard.ask.path} {dict(heard.ask.query)} {heard.ask.body}".casefold()
    return marker.casefold() in heard.text.casefold() and marker.casefold() not in asked


async def test_no_route_shows_an_outsider_a_byte_or_lets_them_touch_it(hub: Running) -> None:
    hidden = await arrive(hub)
    assert await hub.loop(message("hello", sender="tel:+12025550177")) == 200
    reading, acting = _everything(hidden, safe=True), _everything(hidden, safe=False)
    before = await hidden.digest()
    leaks, broken = [], []
    async with _outsiders(hub) as outsiders:
        for name, caller in outsiders.items():
            many = [*reading, *acting] if name in ("agent", "supervisor") else reading
            heard = await call(caller, many)
            leaks += [f"{name}: {leak}" for leak in _leaks(hidden, heard)]
            broken += [(name, one.ask, one.text) for one in heard if one.status >= 500]
    assert not leaks
    assert not broken
    assert await hidden.digest() == before, "an outsider has changed something"


async def test_the_walk_would_see_it(hub: Running) -> None:
    """The same calls by somebody who may: each word is found, so the walk looks where it is."""
    hidden = await arrive(hub)
    reading = _everything(hidden, safe=True)
    async with hub.office.admin() as admin, hub.office.person("three@acme.example") as member:
        for caller, beside in ((admin, {"draft"}), (member, {"file content"})):
            heard = await call(caller, reading)
            seen = {
                what
                for what, marker in hidden.markers.items()
                if any(_shows(one, marker) for one in heard)
            }
            assert seen >= hidden.markers.keys() - beside - {"file content"}
        ok = {one.ask.route for one in heard if one.status == 200}
    assert len(ok) > 25, "most routes were never called as they must be"


async def test_somebody_with_an_open_matter_too_is_shown_without_the_hidden_one(
    hub: Running,
) -> None:
    hidden = await arrive(hub)
    async with (
        hub.office.person("one@acme.example") as one,
        hub.office.person("three@acme.example") as member,
        _screen(one) as outside,
        _screen(member) as inside,
    ):
        timeline = f"contacts/{hidden.contact}/timeline"
        assert (await one.get(timeline)).status == 404, "it says that there is somebody"
        address = f"Zelda <zelda@{WORDS['address']}>"
        assert await hub.mail(letter("openly", sender=address, subject="Other")) == 200
        heard = await call(one, _everything(hidden, safe=True))
        assert any(item.status == 200 and WORDS["address"] in item.text for item in heard)
        for what in ("name", "address"):
            del hidden.markers[what]
        assert not _leaks(hidden, heard)
        person = f"contacts/{hidden.contact}"
        said = [(await who.get(person)).json["elsewhere"] for who in (one, member)]
        assert said == [True, False], "that there is a matter elsewhere is said, no more"
        claim = await hub.value("SELECT id FROM claim")
        for act in ("code", "confirm", "prove"):
            body = (
                {"evidence": "x"} if act == "confirm" else {"code": "1"} if act == "prove" else {}
            )
            assert (await one.post(f"claims/{claim}/{act}", body)).status == 404, act
        assert WORDS["claim"] in (await member.get(person)).text
        await hub.write(contacts.rename, hidden.contact, "Z.", now=hub.hub.clock())
        end = await hub.value("SELECT MAX(seq) FROM event")
        assert WORDS["claim"] in await _until(inside, end)
        said = await _until(outside, end)
        assert '"Z."' in said
        assert WORDS["claim"] not in said


async def test_nobody_joins_or_parts_a_hidden_person_by_their_address(hub: Running) -> None:
    hidden = await arrive(hub)
    assert await hub.loop(message("hello", sender="tel:+12025550177")) == 200
    await hub.write(_claim, hub.queue("general"), f"zelda@{WORDS['address']}", hub.hub.clock())
    path = f"claims/{await hub.value('SELECT MAX(id) FROM claim')}/confirm"
    body = {"evidence": "I know them"}
    async with (
        hub.office.person("one@acme.example") as one,
        hub.office.person("three@acme.example") as member,
    ):
        refused = await one.post(path, body)
        assert (refused.status, WORDS["name"] in refused.text) == (409, False)
        assert not await hub.rows("SELECT 1 FROM contact_link")
        assert WORDS["name"] in (await member.post(path, body)).text
        joined, *_ = await hub.rows("SELECT member, root FROM contact_link")
        await hub.write(links.part, joined["member"], by="hub", now=1)
        below = next(id for id in joined if id != hidden.contact)
        await hub.write(links.join, below, hidden.contact, evidence="", by="hub", now=2)
        part = f"contacts/{hidden.contact}/part"
        assert (await one.post(part)).status == 409
        assert (await member.post(part)).status == 200


def _claim(tx: Any, queue: int, email: str, now: int) -> None:
    said = tx.one("SELECT id, contact FROM conversation WHERE queue = :q", q=queue)
    where = (said["contact"], said["id"], 0)
    contacts.claim(tx, *where, {"email": email}, source="chat", now=now)


async def test_no_socket_shows_an_outsider_a_byte(hub: Running) -> None:
    async with AsyncExitStack() as stack:
        outsiders = await stack.enter_async_context(_outsiders(hub))
        member = await stack.enter_async_context(hub.office.person("three@acme.example"))
        screens = {
            name: await stack.enter_async_context(_screen(caller))
            for name, caller in {**outsiders, "member": member}.items()
        }
        hidden = await arrive(hub)
        await member.post(f"conversations/{hidden.conversation}/typing")
        name = f"Z. {WORDS['name']}"
        await hub.write(contacts.rename, hidden.contact, name, now=hub.hub.clock())
        await member.post(f"conversations/{hidden.conversation}/resolve")
        await hub.write(_say_end)
        end = await hub.value("SELECT MAX(seq) FROM event")
        frames = {name: await _until(one, end) for name, one in screens.items()}
        for name, caller in outsiders.items():  # and whoever comes back later, from the start
            again = await stack.enter_async_context(_screen(caller, since=0))
            frames[f"{name} again"] = await _until(again, end)
    seen = frames.pop("member")
    for what in ("name", "address", "subject", "text", "note", "reply", "code"):
        assert hidden.markers[what] in seen, what
    for name, said in frames.items():
        shown = [what for what, marker in hidden.markers.items() if marker in said]
        assert not shown, name
        assert '"typing"' not in said, name


def _say_end(tx: Any) -> None:
    """The last event: whoever has its frame has all before it."""
    from storage import events  # noqa: PLC0415

    agent = tx.value("SELECT MIN(id) FROM agent")
    events.append(tx, "agent.changed", agent, agent=agent, now=1)


@asynccontextmanager
async def _screen(
    caller: Caller, since: int | None = None
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    url = f"{caller.base}/api/v1/live".replace("http", "ws", 1)
    url += "" if since is None else f"?since={since}"
    async with caller.session.ws_connect(url) as found:
        assert (await found.receive_json())["type"] == "hello"
        await found.send_json({"type": "board", "on": True})
        yield found


async def _until(screen: aiohttp.ClientWebSocketResponse, end: int) -> str:
    """Every frame up to that event's."""
    said: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while not (said and json.loads(said[-1]).get("seq", 0) >= end):
            said.append(await screen.receive_str())
    return "\n".join(said)
