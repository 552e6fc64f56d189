"""Live screens: a snapshot and the events after it are the next snapshot, for whoever looks."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from hub import actions, catch_up, live, offering
from hub.live import Live
from hub.replies import moves
from storage import contacts, links, views, work_items
from tests.hub.running import PATIENCE, SECOND, message, receipt

if TYPE_CHECKING:
    from storage.db import Tx
    from tests.hub.office import Caller
    from tests.hub.running import Running

SECRET = "secret classified"


@dataclass
class Screen:
    """A console: what it shows, made of one snapshot and the frames after it."""

    caller: Caller
    socket: aiohttp.ClientWebSocketResponse
    seq: int
    state: dict[str, dict[int, dict[str, Any]]]
    me: dict[str, Any]
    frames: list[dict[str, Any]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)

    async def drain(self) -> None:
        """Take in all frames that are here."""
        while True:
            try:
                async with asyncio.timeout(0.01):
                    given = await self.socket.receive()
            except TimeoutError:
                return
            assert given.type is aiohttp.WSMsgType.TEXT, given
            self.take(given.data)

    def take(self, text: str) -> None:
        frame = json.loads(text)
        self.raw.append(text)
        self.frames.append(frame)
        if frame["type"] == "removed":
            self.state["conversations"].pop(frame["subject"], None)
        elif frame["type"] == "event":
            counts = frame["kind"] == "queue.changed"  # as of the last event, or later
            assert frame["seq"] >= self.seq + (not counts), "a frame came twice, or out of order"
            self.seq = frame["seq"]
            self._apply(frame["kind"], frame["subject"], frame["data"])
        else:
            assert frame["type"] == "hello", frame

    def _apply(self, kind: str, subject: int, data: dict[str, Any]) -> None:
        conversation = data.get("conversation")
        if conversation is not None:
            self.state["conversations"][conversation["id"]] = conversation
        if kind == "queue.changed":
            self.state["queues"].setdefault(subject, {}).update(data["queue"])
        elif kind == "agent.changed":
            self.state["agents"][subject] = data["agent"]
        elif kind in ("offer.made", "offer.ended", "offer.changed"):
            self.state["offers"][subject] = data["offer"]
        elif kind == "contact.changed" and data["contact"]["name"]:
            for shown in (*self.state["conversations"].values(), *self.state["offers"].values()):
                if shown["contact"]["id"] == data["contact"]["id"]:
                    shown["contact"]["name"] = data["contact"]["name"]

    def shown(self) -> dict[str, Any]:
        """What is on the screen, as a snapshot would say it."""
        agent = self.me["agent"] and self.me["agent"]["id"]
        mine = {id for id, queue in self.state["queues"].items() if queue["member"]}
        return {
            "queues": self.state["queues"],
            "agents": self.state["agents"],
            "offers": {
                id: offer
                for id, offer in self.state["offers"].items()
                if offer["state"] == "pending"
            },
            "conversations": {
                id: one
                for id, one in self.state["conversations"].items()
                if _listed(one, agent, mine)
            },
        }


def _listed(one: dict[str, Any], agent: int | None, mine: set[int]) -> bool:
    if agent is not None and one["agent"] and one["agent"]["id"] == agent:
        return True
    item, queue = one["work_item"], one["queue"]
    waits = item is not None and item["state"] in ("queued", "offered")
    return waits and (not mine or (queue is not None and queue["id"] in mine))


async def _snapshot(caller: Caller) -> dict[str, Any]:
    answer = await caller.get("snapshot")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def _state(snapshot: dict[str, Any]) -> dict[str, dict[int, dict[str, Any]]]:
    return {
        name: {one["id"]: one for one in snapshot[name]}
        for name in ("queues", "agents", "offers", "conversations")
    }


@asynccontextmanager
async def _person(hub: Running, name: str) -> AsyncIterator[Caller]:
    who = hub.office.admin() if name == "admin" else hub.office.person(f"{name}@acme.example")
    async with who as caller:
        yield caller


@asynccontextmanager
async def _screen(
    hub: Running, name: str, *, since: int | None = None, state: Any = None
) -> AsyncIterator[Screen]:
    """A screen that has just been opened, or one that comes back with what it showed."""
    async with _person(hub, name) as caller:
        snapshot = await _snapshot(caller)
        at = snapshot["seq"] if since is None else since
        url = f"{hub.base}/api/v1/live?since={at}"
        async with caller.session.ws_connect(url) as socket:
            yield Screen(caller, socket, at, state or _state(snapshot), snapshot["me"])


async def _agree(screen: Screen) -> None:
    """Wait until the screen has joined and shows what a new snapshot would."""
    expected: dict[str, Any] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while True:
                await screen.drain()
                expected = _state(await _snapshot(screen.caller))
                if screen.frames and screen.shown() == expected:
                    return
    assert screen.shown() == expected


# ---------------------------------------------------------------- every action


Step = Callable[["Running"], Awaitable[Any]]


async def _at(hub: Running, text: str) -> int:
    """The conversation that began with this text."""
    found: int = await hub.value(
        "SELECT conversation FROM timeline_entry WHERE text = :text ORDER BY id LIMIT 1", text=text
    )
    return found


def _do(act: Callable[..., Any], about: str, *args: Any, by: str = "one", **more: Any) -> Step:
    async def step(hub: Running) -> None:
        given = {name: value(hub) if callable(value) else value for name, value in more.items()}
        found = [value(hub) if callable(value) else value for value in args]
        await hub.do(act, await _at(hub, about), *found, by=by, **given)

    return step


def _desk(hub: Running) -> Any:
    return hub.hub.desk


def _queue(name: str) -> Callable[[Running], int]:
    return lambda hub: hub.queue(name)


def _agent(name: str) -> Callable[[Running], int]:
    return lambda hub: hub.agents[name].id


async def _pending(hub: Running) -> tuple[int, int]:
    async def there() -> Any:
        rows = await hub.rows("SELECT id, agent FROM offer WHERE state = 'pending'")
        return rows and (rows[0]["id"], rows[0]["agent"])

    found: tuple[int, int] = await hub.until(there)
    return found


async def _offer_act(hub: Running, act: Callable[..., Any], *args: Any) -> None:
    offer, agent = await _pending(hub)
    await hub.write(act, offer, agent, *args, now=hub.hub.clock())


async def _expire(hub: Running) -> None:
    offer, _ = await _pending(hub)
    await hub.write(offering.expire, offer, voice=False, now=hub.hub.clock())


async def _cool_down(hub: Running) -> None:
    """Both have passed on it: they are asked again after a while, which is over now."""
    item = await hub.item(await _at(hub, "ask one"))
    await hub.write(_cooled_down, item["id"], hub.hub.clock())


def _cooled_down(tx: Tx, item: int, now: int) -> None:
    tx.run("DELETE FROM timer WHERE kind = 'again' AND subject = :item", item=item)
    offering.ask_again(tx, item, now=now)


async def _seen(hub: Running) -> None:
    id = await _at(hub, "hello")
    entry = (await hub.entries(id))[-1].id
    await hub.write(actions.seen, hub.agents["one"].user, id, entry, now=hub.hub.clock())


async def _link(hub: Running) -> None:
    ids = [one.contact.id for one in await hub.conversations()][:2]
    await hub.write(links.join, *ids, evidence="said", by="test", now=hub.hub.clock())


async def _link_offered(hub: Running) -> None:
    """Whoever is offered turns out to be somebody with a name and another matter."""
    ids = [await _whose(hub, text) for text in ("hello", "ask one")]
    await hub.write(links.join, *ids, evidence="said", by="test", now=hub.hub.clock())


async def _part(hub: Running, text: str) -> None:
    (row,) = await hub.rows(
        """
        SELECT member FROM contact_link WHERE revoked_at IS NULL
          AND :c IN (root, member) ORDER BY id DESC LIMIT 1
        """,
        c=await _whose(hub, text),
    )
    await hub.write(links.part, row["member"], by="test", now=hub.hub.clock())


async def _whose(hub: Running, text: str) -> int:
    id = await _at(hub, text)
    found: int = await hub.value("SELECT contact FROM conversation WHERE id = :id", id=id)
    return found


async def _rename(hub: Running) -> None:
    id = (await hub.conversations())[0].contact.id
    await hub.write(contacts.rename, id, "Ann", now=hub.hub.clock())


async def _move(hub: Running, text: str, to: str = "") -> None:
    entry = await hub.value("SELECT id FROM timeline_entry WHERE text = :text", text=text)
    target = await _at(hub, to) if to else None
    await hub.write(moves.move, entry, target, _place(hub))


async def _move_back(hub: Running) -> None:
    last = await hub.value("SELECT MAX(id) FROM entry_move")
    await hub.write(moves.undo, last, _place(hub))


def _place(hub: Running) -> moves.Place:
    return moves.Place(desk=hub.hub.desk, ours=(), author=hub.author(), now=hub.hub.clock())


async def _wake(hub: Running) -> None:
    until = hub.hub.clock() + 3600 * SECOND
    hub.hub.timers.now = lambda: until
    await hub.hub.timers._due()


async def _answer(hub: Running, text: str, by: str) -> None:
    entry = await hub.reply(await _at(hub, text), "an answer", by=by)
    await hub.until_delivered(entry, "sent")


STEPS: list[tuple[str, Step]] = [
    ("a message", lambda hub: hub.loop(message("hello"))),
    ("somebody else", lambda hub: hub.loop(message("second", sender="tel:+12025550111"))),
    ("more of it", lambda hub: hub.loop(message("more"))),
    ("filed without work", lambda hub: hub.loop(message("quiet", sender="tel:+12025550122"))),
    ("for members", lambda hub: hub.loop(message(SECRET, sender="tel:+12025550133"))),
    ("seen", _seen),
    ("rename", _rename),
    ("note", _do(actions.note, "hello", "be kind", client_key="n")),
    ("come", lambda hub: hub.come("one", "two", "three")),
    ("take", _do(actions.take, "hello")),
    ("take a secret", _do(actions.take, SECRET, by="three")),
    ("reply", lambda hub: _answer(hub, "hello", "one")),
    ("reply to a secret", lambda hub: _answer(hub, SECRET, "three")),
    ("receipt", lambda hub: hub.loop(receipt("OUT1", "delivered"))),
    ("the owner's next turn", lambda hub: hub.loop(message("and?"))),
    ("pushed", lambda hub: hub.loop(message("push it", sender="tel:+12025550144"))),
    ("offered", lambda hub: hub.loop(message("ask one", sender="tel:+12025550155"))),
    ("decline", lambda hub: _offer_act(hub, offering.decline, "busy")),
    ("expire", _expire),
    ("ask again", _cool_down),
    ("who is offered is known", _link_offered),
    ("and is somebody else", lambda hub: _part(hub, "ask one")),
    ("accept", lambda hub: _offer_act(hub, offering.accept)),
    (
        "transfer to a queue",
        _do(actions.transfer_to_queue, "hello", _queue("asked"), desk=_desk, text="please"),
    ),
    ("away", lambda hub: hub.come("one", "two", presence="away")),
    (
        "transfer what waits",
        _do(actions.transfer_to_queue, "hello", _queue("general"), desk=_desk, text=""),
    ),
    (
        "out of sight",
        _do(actions.transfer_to_queue, "second", _queue("secret"), desk=_desk, text=""),
    ),
    (
        "to one outside",
        _do(actions.transfer_to_agent, "second", _agent("one"), text="", by="three"),
    ),
    ("and away again", _do(actions.transfer_to_agent, "second", _agent("three"), text="")),
    (
        "back in sight",
        _do(
            actions.transfer_to_queue, "second", _queue("general"), desk=_desk, text="", by="three"
        ),
    ),
    ("snooze", _do(actions.snooze, "hello", lambda hub: hub.hub.clock() + 60 * SECOND)),
    ("wake", _wake),
    ("resolve", _do(actions.resolve, "hello")),
    ("reopen", _do(actions.reopen, "hello", desk=_desk)),
    ("spam", _do(actions.spam, "push it")),
    ("not spam", _do(actions.reopen, "push it", desk=_desk)),
    ("split off", lambda hub: _move(hub, "more")),
    ("taken back", _move_back),
    ("into a hidden matter", lambda hub: _move(hub, "more", SECRET)),
    ("and out of it", _move_back),
    ("two are one", _link),
    ("and two again", lambda hub: _part(hub, "second")),
    ("and one again", _link),
    ("opt out", lambda hub: hub.loop(message("STOP", consent="stop"))),
    ("offline", lambda hub: hub.come("one", "two", "three", presence="offline")),
]


async def test_snapshot_and_events_are_the_snapshot_for_everybody(hub: Running) -> None:
    async with AsyncExitStack() as stack:
        screens = {
            name: await stack.enter_async_context(_screen(hub, name))
            for name in ("admin", "one", "three")
        }
        for words, step in STEPS:
            await step(hub)
            for name, screen in screens.items():
                try:
                    await _agree(screen)
                except AssertionError as err:
                    err.add_note(f"after: {words}, on the screen of {name}")
                    raise
        outside = "\n".join(screens["one"].raw)
        assert "classified" not in outside
        assert "classified" in "\n".join(screens["three"].raw)
        secret = await _at(hub, SECRET)
        assert not [f for f in screens["one"].frames if f.get("subject") == secret
                    and (f["type"] == "removed" or f["kind"] == "conversation.changed")]  # fmt: skip
        gone = [f["subject"] for f in screens["one"].frames if f["type"] == "removed"]
        emptied = await hub.rows("SELECT id FROM conversation WHERE status = 'moved'")
        assert set(gone) == {await _at(hub, "second"), *(row["id"] for row in emptied)}


async def test_a_snapshot_shows_an_outsider_nothing_of_a_members_queue(hub: Running) -> None:
    await hub.loop(message(SECRET))
    async with _person(hub, "one") as one, _person(hub, "three") as three:
        found = await _snapshot(one)
        assert "classified" not in json.dumps(found)
        assert [queue["waiting"] for queue in found["queues"] if queue["name"] == "secret"] == [0]
        found = await _snapshot(three)
        assert [queue["waiting"] for queue in found["queues"] if queue["name"] == "secret"] == [1]


# ---------------------------------------------------------------- coming back


@pytest.mark.parametrize("name", ["admin", "one", "three"])
async def test_a_screen_that_comes_back_misses_nothing(hub: Running, name: str) -> None:
    """It breaks off after every few steps, and goes on from the last frame it had."""
    screen: Screen | None = None
    for first in range(0, len(STEPS), 3):
        more = {} if screen is None else {"since": screen.seq, "state": screen.state}
        async with _screen(hub, name, **more) as again:
            await _agree(again)
            await STEPS[first][1](hub)
            await _agree(again)
            if any(frame["type"] == "reset" for frame in again.frames):
                pytest.fail("a new snapshot was not needed")
        screen = again
        for _, step in STEPS[first + 1 : first + 3]:  # nobody looks
            await step(hub)


async def test_what_left_sight_while_nobody_looked_is_removed(hub: Running) -> None:
    await hub.loop(message("hello"))
    talk = (await hub.conversation()).id
    await hub.loop(message(SECRET, sender="tel:+12025550133"))
    async with _screen(hub, "one") as screen:
        await _agree(screen)
    queue = hub.queue("secret")
    await hub.do(actions.transfer_to_queue, talk, queue, desk=hub.hub.desk, text="")
    await hub.loop(message(SECRET + " too", sender="tel:+12025550133"))
    await hub.loop(message("secret classified new", sender="tel:+12025550144"))
    async with _screen(hub, "one", since=screen.seq, state=screen.state) as again:
        await _agree(again)
        assert [f["subject"] for f in again.frames if f["type"] == "removed"] == [talk]
        assert "classified" not in "".join(again.raw)


@pytest.mark.parametrize("since", [10**9, -1])
async def test_a_number_out_of_range_is_answered_by_reset(hub: Running, since: int) -> None:
    await hub.loop(message("hello"))
    if since == -1:  # as if the older ones were pruned
        await hub.write(lambda tx: tx.run("DELETE FROM event WHERE seq < 4"))
    async with (
        _person(hub, "one") as caller,
        caller.session.ws_connect(f"{hub.base}/api/v1/live?since={since}") as socket,
    ):
        assert (await socket.receive_json())["type"] == "hello"
        assert await socket.receive_json() == {"type": "reset"}


async def test_a_snapshot_newer_than_the_feed_is_not_out_of_range(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under load the snapshot is ahead of what the screens were given."""
    fill, gate = hub.hub.live._fill, asyncio.Event()

    async def held(self: Live, *args: Any) -> None:
        await gate.wait()
        await step(self, *args)

    step = Live._step
    monkeypatch.setattr(Live, "_step", held)
    await hub.loop(message("hello"))
    async with _screen(hub, "one") as screen:
        gate.set()
        await hub.loop(message("more"))
        await _agree(screen)
        assert {frame["type"] for frame in screen.frames} == {"hello", "event"}
    assert fill is hub.hub.live._fill


async def test_too_much_missed_is_a_new_snapshot(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "MOST_MISSED", 5)
    async with _screen(hub, "one") as screen:
        pass
    for number in range(5):
        await hub.loop(message(str(number)))
    url = f"{hub.base}/api/v1/live?since={screen.seq}"
    async with _person(hub, "one") as caller, caller.session.ws_connect(url) as socket:
        assert [(await socket.receive_json())["type"] for _ in range(2)] == ["hello", "reset"]
        await hub.loop(message("now"))
        assert (await socket.receive_json())["type"] == "event"  # it goes on all the same


# ---------------------------------------------------------------- how many wait


def _counts(screen: Screen, hub: Running) -> list[int]:
    return [
        frame["data"]["queue"]["waiting"]
        for frame in screen.frames
        if frame.get("kind") == "queue.changed" and frame["subject"] == hub.queue("general")
    ]


async def test_under_load_who_waits_is_counted_now_and_then_and_at_the_end(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at a queue is as long as the queue: thirty a second would be too many."""
    monkeypatch.setattr(live, "COUNT", 1.0)
    began = asyncio.get_running_loop().time()
    async with _screen(hub, "admin") as screen, _screen(hub, "three") as other:
        for n in range(30):
            await hub.loop(message(f"{n}", sender=f"tel:+12025550{n:03}"))
        await _agree(screen)
        await _agree(other)
        took = asyncio.get_running_loop().time() - began
        assert _counts(screen, hub)[-1] == 30
        assert len(_counts(screen, hub)) <= took / live.COUNT + 2


async def test_the_first_change_after_a_quiet_time_is_counted_at_once(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _screen(hub, "one") as screen:
        await _agree_on_hello(screen)
        monkeypatch.setattr(live, "COUNT", 3600.0)
        await hub.loop(message("hello"))
        await _agree(screen)
        assert _counts(screen, hub) == [1]


async def _agree_on_hello(screen: Screen) -> None:
    async with asyncio.timeout(PATIENCE):
        screen.take((await screen.socket.receive()).data)


@pytest.mark.parametrize("name", ["admin", "three"])
async def test_a_screen_that_broke_off_before_a_count_gets_it_when_it_comes_back(
    hub: Running, name: str
) -> None:
    """Wherever it breaks off: a count is as of its frame, which may be later than the change."""
    async with _screen(hub, name) as screen:
        seen = [(screen.seq, copy.deepcopy(screen.state))]
        take = screen.take

        def keep(text: str) -> None:
            take(text)
            seen.append((screen.seq, copy.deepcopy(screen.state)))

        screen.take = keep  # type: ignore[method-assign]
        for n in range(6):
            queue = "hello" if n % 2 else SECRET
            await hub.loop(message(f"{queue} {n}", sender=f"tel:+12025550{n:03}"))
        await _agree(screen)
    assert len(seen) > 6
    for seq, state in seen:
        async with _screen(hub, name, since=seq, state=state) as again:
            await _agree(again)
            assert "reset" not in {frame["type"] for frame in again.frames}


# ---------------------------------------------------------------- ends


async def test_a_socket_that_cannot_keep_up_is_closed_with_4408(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.screen.FRAMES", 2)
    async with _screen(hub, "one") as screen:
        assert (await screen.socket.receive_json())["type"] == "hello"
        await asyncio.gather(
            *(hub.loop(*(message(f"{n}", sender=f"tel:+1202555{m}{n:03}") for n in range(30)))
              for m in range(3))
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE):
            while (given := await screen.socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        assert (given.type, given.data) == (aiohttp.WSMsgType.CLOSE, 4408)
    async with _screen(hub, "two") as other:  # nobody else is the slower for it
        monkeypatch.setattr("hub.screen.FRAMES", 1000)
        await _agree(other)


async def test_the_end_of_a_session_closes_the_socket_with_4401(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.05)
    async with _screen(hub, "one") as screen:
        await hub.write(lambda tx: tx.run("UPDATE api_token SET revoked_at = 1"))
        async with asyncio.timeout(PATIENCE):
            while (await screen.socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        assert screen.socket.close_code == 4401


async def test_a_socket_keeps_presence_and_a_lost_one_comes_back(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.05)
    one, now = hub.agents["one"].id, hub.hub.clock()
    await hub.write(offering.set_presence, one, "available", "", lease_until=now + SECOND, now=now)

    async def renewed() -> bool:
        until = await hub.value("SELECT lease_until FROM agent WHERE id = :i", i=one)
        return bool(until > now + 30 * SECOND)

    async with _screen(hub, "one"):
        await hub.until(renewed)
    await hub.write(offering.set_presence, one, "offline", "lost", lease_until=None, now=now)
    async with _screen(hub, "one"):

        async def back() -> bool:
            (row,) = await hub.read(views.agents, one)
            return bool(row.presence == "available")

        await hub.until(back)


# ---------------------------------------------------------------- signals, rights


@pytest.mark.parametrize(("name", "sees"), [("admin", True), ("one", False), ("three", True)])
async def test_typing_is_shown_to_who_may_see_the_matter(
    hub: Running, name: str, sees: bool
) -> None:
    await hub.loop(message("hello"))
    await hub.loop(message(SECRET, sender="tel:+12025550133"))
    first, secret = (one.id for one in await hub.conversations())
    async with _screen(hub, name) as screen:
        await _agree(screen)
        hub.hub.live.signal("typing", secret, {"who": "customer"})
        hub.hub.live.signal("typing", first, {"who": "customer"})
        given: list[dict[str, Any]] = []
        while len(given) < 1 + sees:
            frame = await screen.socket.receive_json()
            if frame["type"] == "typing":  # an event may still be on its way
                given.append(frame)
        assert [one["conversation"] for one in given] == ([secret, first] if sees else [first])


async def test_who_joins_or_leaves_a_members_queue_starts_anew(hub: Running) -> None:
    await hub.loop(message(SECRET))
    one, queue = hub.agents["one"].id, hub.queue("secret")
    async with _screen(hub, "one") as screen, _screen(hub, "three") as other:
        await _agree(screen)
        await _agree(other)

        async def until_reset() -> None:
            async with asyncio.timeout(PATIENCE):
                while (await screen.socket.receive_json())["type"] != "reset":
                    pass

        await hub.write(_join, queue, one, hub.hub.clock())
        await until_reset()
        await hub.loop(message(SECRET + " more"))
        async with asyncio.timeout(PATIENCE):
            while "more" not in json.dumps(await screen.socket.receive_json()):
                pass
        await hub.write(_leave, queue, one, hub.hub.clock())
        await until_reset()
        await hub.loop(message(SECRET + " last"))
        await hub.loop(message("plain", sender="tel:+12025550111"))
        async with asyncio.timeout(PATIENCE):
            while "plain" not in (text := json.dumps(await screen.socket.receive_json())):
                assert "last" not in text
        await _agree(other)
        assert "reset" not in {frame["type"] for frame in other.frames}


async def test_the_first_news_is_no_news_of_everybodys_rights(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three hundred screens looked at anew keep the first customers waiting."""
    looked: list[int | None] = []
    sight_of = catch_up.sight_of

    def counted(tx: Tx, principal: Any) -> Any:
        looked.append(principal.agent)
        return sight_of(tx, principal)

    monkeypatch.setattr(catch_up, "sight_of", counted)
    queue, two = hub.queue("secret"), hub.agents["two"].id
    await hub.write(_join, queue, two, hub.hub.clock())  # nobody looks yet
    async with _screen(hub, "one") as screen, _screen(hub, "two") as other:
        await hub.come("one", "two")
        await hub.loop(message(SECRET), message("hello"))
        await _agree(screen)
        await _agree(other)
        assert len(looked) == 2
        await hub.write(_leave, queue, two, hub.hub.clock())
        async with asyncio.timeout(PATIENCE):
            while (await other.socket.receive_json())["type"] != "reset":
                pass

        async def all_looked() -> bool:
            return len(looked) == 4

        await hub.until(all_looked)


def _join(tx: Any, queue: int, agent: int, now: int) -> None:
    tx.run("INSERT INTO queue_agent (queue, agent) VALUES (:q, :a)", q=queue, a=agent)
    work_items.agents.changed(tx, agent, now=now)


def _leave(tx: Any, queue: int, agent: int, now: int) -> None:
    tx.run("DELETE FROM queue_agent WHERE queue = :q AND agent = :a", q=queue, a=agent)
    work_items.agents.changed(tx, agent, now=now)


async def test_frames_that_cannot_be_filled_are_a_reset_and_no_end(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _screen(hub, "one") as screen:
        await _agree(screen)
        entry = views.entry
        with monkeypatch.context() as patch:
            patch.setattr(views, "entry", lambda tx, id: entry(tx, id) and 1 / 0)
            await hub.loop(message("hello"))
            async with asyncio.timeout(PATIENCE):
                assert (await screen.socket.receive_json())["type"] == "reset"
        await hub.loop(message("more"))
        async with asyncio.timeout(PATIENCE):  # "hello" may have come in several batches
            while (kind := (await screen.socket.receive_json())["type"]) == "reset":
                pass
        assert kind == "event"
