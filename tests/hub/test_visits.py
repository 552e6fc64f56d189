"""Visitors who are away, leave and come back, while nobody has their turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub import actions
from hub.waits import visits
from storage import timers
from tests.hub.answering import Post, answering
from tests.hub.running import SECOND
from tests.hub.visitor import visiting

if TYPE_CHECKING:
    from storage.db import Row

CHAT = "  - {name: chat, kind: webchat}\n"
QUEUE = '  - {name: line, modes: {"*": ask}, offer_for: 5m}\n'
RULES = "  - {id: rest, when: {}, then: {queue: line}}"


@pytest.fixture
async def post(loopback_kind: None, tmp_path: Path, db_url: str) -> AsyncIterator[Post]:
    async with answering(
        tmp_path, db_url, rules=RULES, queues=QUEUE, channels=CHAT, serves="line"
    ) as found:
        yield found


async def _move(post: Post, presence: str) -> None:
    """As the sockets say it, without their seconds of patience."""
    uri = await post.value(
        "SELECT i.uri FROM conversation c JOIN identity i ON i.id = c.identity ORDER BY c.id DESC"
    )
    await post.hub.chat.presence("chat", uri, presence)  # type: ignore[arg-type]


async def _grace_over(post: Post) -> None:
    """Three minutes pass."""
    before = await post.value("SELECT due FROM timer WHERE kind = 'visitor'")
    assert before - post.hub.clock() == pytest.approx(visits.GRACE, abs=20 * SECOND)
    talk = (await post.conversation()).id
    await post.write(timers.set, visits.TIMER, talk, post.hub.clock() - 1)
    post.hub.timers._wake.set()

    async def gone() -> bool:
        return not await post.value("SELECT COUNT(*) FROM timer WHERE kind = 'visitor'")

    await post.until(gone)


async def _item(post: Post) -> Row:
    return await post.item((await post.conversation()).id)


async def test_away_keeps_place_and_offer_for_three_minutes(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("hello")
        await post.come("one")
        item = await post.until_item((await post.conversation()).id, "offered")
        await visitor.signal("away")

        async def waiting() -> bool:
            return bool(await post.value("SELECT COUNT(*) FROM timer WHERE kind = 'visitor'"))

        await post.until(waiting)
        assert (await _item(post))["state"] == "offered"
        await visitor.signal("here")

        async def back() -> bool:
            return not await waiting()

        await post.until(back)
        found = await _item(post)
        assert (found["state"], found["mode"], found["units"]) == (
            "offered",
            item["mode"],
            item["units"],
        )


async def test_who_writes_while_the_page_is_hidden_is_away(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.signal("away")
        await visitor.say("hello")

        async def waiting() -> bool:
            return bool(await post.value("SELECT COUNT(*) FROM timer WHERE kind = 'visitor'"))

        await post.until(waiting)


async def test_after_that_it_waits_on_as_a_message_with_its_place(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("hello")
        before = await _item(post)
        assert (before["mode"], before["units"]) == ("ask", 30)
        await _move(post, "away")
        await _grace_over(post)
        after = await _item(post)
        assert (after["mode"], after["units"]) == ("push", 15)
        assert (after["state"], after["order_key"]) == ("queued", before["order_key"])
        assert after["id"] == before["id"]


async def test_why_it_waits_as_a_message_is_explained(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("hello")
        await _move(post, "away")
        await _grace_over(post)
        item = await _item(post)
        async with post.office.admin() as admin:
            answer = await admin.get(f"work-items/{item['id']}/explain")
        assert answer.status == 200
        assert "deflect" in [one["what"] for one in answer.json["log"]]


async def test_an_open_offer_is_withdrawn_and_the_message_is_pushed(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("hello")
        await post.come("one")
        talk = (await post.conversation()).id
        await post.until_item(talk, "offered")
        await _move(post, "away")
        await _grace_over(post)
        item = await post.until_item(talk, "active")
        assert item["agent"] == post.agents["one"].id
        (offer,) = await post.rows("SELECT * FROM offer")
        assert offer["state"] == "withdrawn"
        assert await post.value("SELECT missed FROM agent WHERE id = :a", a=item["agent"]) == 0


async def test_a_visitor_who_is_back_waits_in_front_of_the_screen_again(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("hello")
        before = await _item(post)
        await _move(post, "away")
        await _grace_over(post)
        await _move(post, "here")
        after = await _item(post)
        for name in ("id", "mode", "units", "order_key", "state"):
            assert after[name] == before[name]
        await _move(post, "away")  # and the same once more
        await _grace_over(post)
        assert (await _item(post))["mode"] == "push"


async def test_who_leaves_before_anybody_had_the_turn_has_abandoned_it(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("hello")
        await post.come("one")
        talk = (await post.conversation()).id
        await post.until_item(talk, "offered")
        await _move(post, "left")
        item = await _item(post)
        assert (item["state"], item["agent"] is None or item["ended_at"] is not None) == (
            "abandoned",
            True,
        )
        assert await post.value("SELECT used FROM agent") == 0
        (offer,) = await post.rows("SELECT * FROM offer")
        assert offer["state"] == "withdrawn"
        found = await post.conversation()
        assert (found.status, found.work_item) == ("open", None)
        assert found.waiting_since is not None
        assert [one.text for one in await post.entries(talk)] == ["hello"]


async def test_who_left_and_is_back_waits_in_the_old_place(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("hello")
        plan = '{"steps":[{"require":[{"skill":"french","min":4}]}]}'
        await post.write(lambda tx: tx.run("UPDATE work_item SET plan = :plan", plan=plan))
        before = await _item(post)
        await _move(post, "left")
        await _move(post, "here")
        after = await _item(post)
        assert after["id"] != before["id"]
        for name in ("state", "mode", "units", "order_key", "queue", "plan"):
            assert after[name] == before[name]
        await _move(post, "here")  # saying it twice makes no second turn
        assert (await _item(post))["id"] == after["id"]


async def test_a_message_of_theirs_begins_a_turn_in_the_old_place(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("hello")
        before = await _item(post)
        await _move(post, "left")
        await visitor.say("still there?")
        after = await _item(post)
        assert (after["state"], after["order_key"]) == ("queued", before["order_key"])


async def test_what_waits_as_a_message_is_not_abandoned(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("hello")
        await _move(post, "away")
        await _grace_over(post)
        await _move(post, "left")
        assert (await _item(post))["state"] == "queued"


@pytest.mark.parametrize("presence", ["away", "left", "here"])
async def test_once_an_agent_has_it_coming_and_going_changes_nothing(
    post: Post, presence: str
) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("hello")
        await post.do(actions.take, (await post.conversation()).id)
        before = dict(await _item(post))
        await _move(post, presence)
        assert dict(await _item(post)) == before
        assert not await post.value("SELECT COUNT(*) FROM timer WHERE kind = 'visitor'")


async def test_after_a_restart_whoever_does_not_come_back_is_away(
    loopback_kind: None, tmp_path: Path, db_url: str
) -> None:
    given = {"rules": RULES, "queues": QUEUE, "channels": CHAT, "serves": "line"}
    async with (
        answering(tmp_path, db_url, **given) as post,
        visiting(post.base) as visitor,
    ):
        await visitor.say("hello")
        token = visitor.token
    async with answering(tmp_path, db_url, **given) as post:
        assert (await _item(post))["state"] == "queued"
        assert await post.value("SELECT COUNT(*) FROM timer WHERE kind = 'visitor'") == 1
        async with visiting(post.base, token=token):

            async def back() -> bool:
                return not await post.value("SELECT COUNT(*) FROM timer WHERE kind = 'visitor'")

            await post.until(back)
