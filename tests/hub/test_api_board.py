"""The live board: over REST and the socket, only for supervisors; agents' presence and their log."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from hub import actions
from hub.actions import NotPossible
from hub.board import Board
from hub.compose import Refused
from storage import work_items
from storage.errors import ClaimLost
from tests.hub.running import ALL, SECOND, message

if TYPE_CHECKING:
    import aiohttp

    from storage.db import Tx
    from tests.hub.office import Caller
    from tests.hub.running import Running


@pytest.fixture(autouse=True)
async def _quick(hub: Running) -> None:
    hub.hub.board.period = 0.02
    await hub.office.run("user-add", email="sam@acme.example", role="supervisor", name="Sam")


@asynccontextmanager
async def _sam(hub: Running) -> AsyncIterator[Caller]:
    async with hub.office.person("sam@acme.example") as caller:
        yield caller


async def _board(hub: Running) -> dict[str, Any]:
    async with _sam(hub) as caller:
        answer = await caller.get("board")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def _queue(board: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in board["queues"] if one["name"] == name)
    return found


def _agent(board: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in board["agents"] if one["name"] == name)
    return found


async def test_a_target_is_shown_only_where_a_queue_declares_one(hub: Running) -> None:
    assert {queue["target_seconds"] for queue in (await _board(hub))["queues"]} == {None}
    text = "queues: [{name: general, target: 2m, modes: {'*': pull}}]"
    await hub.office.run("apply", text=text)
    board = await _seen(hub, lambda board: _queue(board, "general")["target_seconds"])
    assert _queue(board, "general")["target_seconds"] == 120
    assert _queue(board, "pushed")["target_seconds"] is None


async def test_a_day_at_the_desk(hub: Running) -> None:
    await hub.loop(message("hello", sender="tel:+12025550101"))
    await hub.loop(message("hello", sender="tel:+12025550102"))
    board = await _board(hub)
    general = _queue(board, "general")
    assert general["waiting"] == 2
    assert general["service_level"] == {"value": None, "answered_in_target": 0, "offered": 0}
    assert general["agents"]["offline"] == 2
    await hub.come("one")
    first, second = await hub.conversations()
    await hub.do(actions.take, first.id)
    one = _agent(await _seen(hub, lambda board: _agent(board, "One")["items"]), "One")
    assert (one["state"], one["presence"]) == ("busy", "available")
    assert one["items"][0]["conversation"] == first.id
    await hub.reply(first.id, "hi")
    board = await _seen(hub, lambda board: _queue(board, "general")["service_level"]["offered"])
    assert _queue(board, "general")["service_level"]["value"] == 1.0
    assert _queue(board, "general")["asa_seconds"] is not None
    await hub.do(actions.spam, second.id)  # nobody's wait
    board = await _seen(hub, lambda board: not _queue(board, "general")["waiting"])
    assert _queue(board, "general")["service_level"]["offered"] == 1
    assert _agent(board, "One")["state"] == "available"


async def _seen(hub: Running, condition: Any) -> dict[str, Any]:
    async def there() -> Any:
        board = await _board(hub)
        return condition(board) and board

    found: dict[str, Any] = await hub.until(there)
    return found


@pytest.mark.parametrize("seed", range(2))
async def test_in_memory_as_in_the_tables_whatever_people_do(hub: Running, seed: int) -> None:
    chance, watched = random.Random(seed), hub.hub.board
    await watched.look(ALL)
    for n in range(25):
        await _something(hub, chance, n)
    fresh = Board(hub.hub.db, hub.hub.settings.time_zone)

    async def alike() -> bool:
        now = hub.hub.clock()
        watched.now = fresh.now = lambda: now
        fresh._day = None
        return await watched.look(ALL) == await fresh.look(ALL)

    await hub.until(alike)
    assert watched._day is not None
    assert watched._day.ended  # something came to an end


async def _something(hub: Running, chance: random.Random, n: int) -> None:
    words = chance.choice(["hello", "please push", "please ask", "a secret"])
    await hub.loop(message(words, sender=f"tel:+1202555{chance.randrange(100, 106):04}"))
    open_ones = [one for one in await hub.conversations() if one.status == "open"]
    about = chance.choice(open_ones).id if open_ones else 0
    with suppress(NotPossible, ClaimLost, Refused):  # people are slower than routing
        match chance.choice(["presence", "take", "reply", "transfer", "resolve", "leave"]):
            case "presence":
                await hub.come(chance.choice(["one", "two"]), presence=chance.choice(STANDS))
            case "take" if about:
                await hub.do(actions.take, about)
            case "reply" if about:
                await hub.reply(about, f"answer {n}")
            case "transfer" if about:
                queue = hub.queue(chance.choice(["general", "pushed", "asked"]))
                await hub.do(actions.transfer_to_queue, about, queue, desk=hub.hub.desk, text="")
            case "resolve" if about:
                await hub.do(actions.resolve, about, desk=hub.hub.desk)
            case "leave" if about:
                await hub.write(_leave, about, hub.hub.clock())


STANDS = ["available", "available", "away", "offline"]


def _leave(tx: Tx, conversation: int, now: int) -> None:
    item = work_items.live_of(tx, conversation)
    if item is not None:
        work_items.end(tx, item, "abandoned", now=now)


async def test_who_has_never_been_there_is_gone_since_they_are_known(hub: Running) -> None:
    found = _agent(await _board(hub), "One")
    assert found["state"] == "offline"
    assert not found["since"].startswith("1970")


async def test_hidden_queues_are_not_on_it(hub: Running) -> None:
    await hub.loop(message("a secret"))
    board = await _board(hub)
    assert "secret" not in [queue["name"] for queue in board["queues"]]
    assert _agent(board, "Three")["queues"] == []
    async with hub.office.admin() as caller:
        whole = (await caller.get("board")).json
    assert _queue(whole, "secret")["waiting"] == 1


async def test_only_for_who_may_move(hub: Running) -> None:
    async with hub.office.person("one@acme.example") as caller:
        assert (await caller.get("board")).status == 403
        other = hub.agents["two"].id
        assert (await caller.get(f"agents/{other}/log")).status == 403
        assert (await caller.get(f"agents/{hub.agents['one'].id}/log")).status == 200
        answer = await caller.call(
            "PUT", f"agents/{other}/presence", json={"presence": "away", "reason": "x"}
        )
        assert answer.status == 403


async def test_figures_of_some_days(hub: Running) -> None:
    await hub.come("one")
    await hub.loop(message("hello", sender="tel:+12025550101"))
    await hub.loop(message("a secret", sender="tel:+12025550102"))
    first = (await hub.conversations())[0].id
    await hub.do(actions.take, first)
    await hub.reply(first, "hi")
    await hub.do(actions.resolve, first, desk=hub.hub.desk)
    async with _sam(hub) as caller:
        found = (await caller.get("figures")).json
        assert found["total"]["offered"] == found["total"]["answered"] == 1
        assert found["total"]["service_level"] == 1.0
        assert "secret" not in [one["name"] for one in found["queues"]]
        assert found["matters"] == {
            "resolved": 1, "first_contact_resolution": 1.0, "reopened": 0.0,
        }  # fmt: skip
        assert next(one for one in found["agents"] if one["name"] == "One")["occupancy"] is not None
        old = await caller.get("figures", since="2020-01-01T00:00:00Z")
        assert (old.status, old.json["errors"][0]["field"]) == (400, "since")
        wrong = await caller.get(
            "figures", since="2026-01-02T00:00:00Z", until="2026-01-01T00:00:00Z"
        )
        assert wrong.status == 400
        for name in ("since", "until"):
            early = await caller.get("figures", **{name: "0001-01-01T00:00:00+14:00"})
            assert (early.status, early.json["errors"][0]["field"]) == (400, name)
        ahead = (await caller.get("figures", until="2300-01-01T00:00:00Z")).json
        assert ahead["since"] < ahead["until"] < "2300"
        none = await caller.get("figures", until="2020-01-01T00:00:00Z")
        assert none.json["total"]["service_level"] is None
    async with hub.office.person("one@acme.example") as caller:
        assert (await caller.get("figures")).status == 403


# ---------------------------------------------------------------- over the socket


@asynccontextmanager
async def _socket(hub: Running, email: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with (
        hub.office.person(email) as caller,
        caller.session.ws_connect(f"{hub.base}/api/v1/live") as socket,
    ):
        yield socket


async def _frame(socket: aiohttp.ClientWebSocketResponse, kind: str = "board") -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            found: dict[str, Any] = json.loads(await socket.receive_str())
            if found["type"] == kind:
                return found


async def test_frames_while_it_is_on(hub: Running) -> None:
    async with _socket(hub, "sam@acme.example") as socket:
        await socket.send_json({"type": "board", "on": True})
        first = await _frame(socket)
        assert _queue(first, "general")["waiting"] == 0
        assert set(first) == {"type", "at", "queues", "agents"}
        await hub.loop(message("hello"))
        while not _queue(await _frame(socket), "general")["waiting"]:
            pass
        await socket.send_json({"type": "board", "on": False})

        async def off() -> bool:
            return not hub.hub.live.watchers()

        await hub.until(off)


async def test_nothing_new_nothing_sent(hub: Running) -> None:
    async with _socket(hub, "sam@acme.example") as socket:
        await socket.send_json({"type": "board", "on": True})
        await _frame(socket)
        (screen,) = hub.hub.live.watchers()
        number = screen.board
        for _ in range(3):
            await hub.hub.board._send()
        assert screen.board == number


async def test_whoever_may_not_is_told_so(hub: Running) -> None:
    async with _socket(hub, "one@acme.example") as socket:
        await socket.send_json({"type": "board", "on": True})
        assert (await _frame(socket, "refused"))["what"] == "board"
        assert not hub.hub.live.watchers()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"type": "bo"}', '{"type": "board"}', "\x00" * 9])
async def test_other_frames_are_not_for_us(hub: Running, text: str) -> None:
    async with _socket(hub, "sam@acme.example") as socket:
        await socket.send_str(text)
        await socket.send_json({"type": "board", "on": True})
        assert _queue(await _frame(socket), "general")


async def test_a_screen_that_does_not_read_gets_the_next_one(hub: Running) -> None:
    async with _socket(hub, "sam@acme.example") as socket:
        await socket.send_json({"type": "board", "on": True})
        await _frame(socket)
        (screen,) = hub.hub.live.watchers()
        number = screen.board
        screen.waiting.append(b"{}")  # as if it were slow
        hub.hub.board._frames.clear()  # as if something differed
        await hub.hub.board._send()
        assert screen.board == number
        screen.waiting.clear()
        hub.hub.board._frames.clear()
        await hub.hub.board._send()
        assert screen.board > number


# ---------------------------------------------------------------- presence


async def test_a_supervisor_sets_where_an_agent_stands(hub: Running) -> None:
    one = hub.agents["one"].id
    await hub.come("one")
    await hub.loop(message("please ask"))

    async def offered() -> Any:
        return await hub.rows("SELECT id FROM offer WHERE state = 'pending'")

    await hub.until(offered)
    async with _socket(hub, "one@acme.example") as socket, _sam(hub) as caller:
        await _frame(socket, "hello")
        answer = await caller.call(
            "PUT", f"agents/{one}/presence", json={"presence": "away", "reason": "fire drill"}
        )
        assert answer.status == 200, answer.text
        assert (answer.json["presence"], answer.json["reason"]) == ("away", "fire drill")
        frame = await _frame(socket, "event")
        while frame["kind"] != "agent.forced":
            frame = await _frame(socket, "event")
        assert frame["data"] == {"presence": "away", "reason": "fire drill", "by": "Sam"}
        assert not await offered()  # it went back
        lines = (await caller.get(f"agents/{one}/log")).json["items"]
    assert [(line["presence"], line["reason"], line["actor"]) for line in lines] == [
        ("away", "fire drill", "Sam"),
        ("available", "", "hub"),
    ]
    (audited,) = await hub.rows("SELECT * FROM audit WHERE action = 'agent.presence'")
    assert audited["subject"] == f"agent:{one}"


async def test_nobody_is_here_for_longer_than_their_browser(hub: Running) -> None:
    one = hub.agents["one"].id

    async def lasts() -> bool:
        lease = await hub.value("SELECT lease_until FROM agent WHERE id = :id", id=one)
        return lease is not None and hub.hub.clock() < lease <= hub.hub.clock() + 60 * SECOND

    async with _sam(hub) as caller, hub.office.person("one@acme.example") as self:
        for presence in ("available", "away"):
            await caller.call("PUT", f"agents/{one}/presence", json={"presence": presence})
            assert await lasts(), presence
            await self.call("PUT", "me/presence", json={"presence": presence, "reason": "me"})
            assert await lasts(), presence
        await self.call("PUT", "me/presence", json={"presence": "offline"})
    assert not await lasts()


async def test_others_are_not_told(hub: Running) -> None:
    async with _socket(hub, "two@acme.example") as socket, _sam(hub) as caller:
        await _frame(socket, "hello")
        one, two = hub.agents["one"].id, hub.agents["two"].id
        await caller.call("PUT", f"agents/{one}/presence", json={"presence": "away"})
        await caller.call("PUT", f"agents/{two}/presence", json={"presence": "away"})
        kinds = []
        while "agent.forced" not in kinds:
            frame = await _frame(socket, "event")
            kinds.append(frame["kind"])
        assert frame["subject"] == two


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"presence": "asleep"}, 400),
        ({}, 400),
        ({"presence": "away", "reason": "x" * 101}, 400),
    ],
)
async def test_wrong_presences_are_refused(hub: Running, body: dict[str, str], status: int) -> None:
    async with _sam(hub) as caller:
        one = hub.agents["one"].id
        assert (await caller.call("PUT", f"agents/{one}/presence", json=body)).status == status
        gone = await caller.call("PUT", "agents/99999/presence", json={"presence": "away"})
        assert gone.status == 404


async def test_the_log_in_pages(hub: Running) -> None:
    one = hub.agents["one"].id
    for presence in ("available", "away", "available", "offline"):
        await hub.come("one", presence=presence)
    async with _sam(hub) as caller:
        first = (await caller.get(f"agents/{one}/log", limit=3)).json
        rest = (await caller.get(f"agents/{one}/log", limit=3, cursor=first["next"])).json
        found = [line["presence"] for line in (*first["items"], *rest["items"])]
        assert found == ["offline", "available", "away", "available"]
        assert rest["next"] is None
        none = (await caller.get(f"agents/{one}/log", until="2020-01-01T00:00:00Z")).json
        assert none["items"] == []
        long = await caller.get(f"agents/{one}/log", since="2020-01-01T00:00:00Z")
        assert long.status == 400
        assert (await caller.get(f"agents/{one}/log", since="yesterday")).status == 400
        assert (await caller.get("agents/99999/log")).status == 404
