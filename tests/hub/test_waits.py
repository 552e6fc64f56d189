"""What waiting visitors are shown: a place that never rises, a range, and when we open."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Uri
from hub import actions, waits
from routing import estimate
from tests.hub.answering import Post, answering
from tests.hub.running import SECOND, message
from tests.hub.visitor import Visitor, visiting

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHAT = "  - {name: chat, kind: webchat}\n"
QUEUE = '  - {name: line, modes: {"*": pull}}\n'
RULES = "  - {id: rest, when: {}, then: {queue: line}}"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for several changes to come together."""
    monkeypatch.setattr(waits, "GATHER", 0.01)


@pytest.fixture
async def post(loopback_kind: None, tmp_path: Path, db_url: str) -> AsyncIterator[Post]:
    more = ""
    async with answering(
        tmp_path, db_url, rules=RULES, queues=QUEUE, channels=CHAT, more=more
    ) as found:
        yield found


async def _visitors(post: Post, stack: AsyncExitStack, n: int) -> list[Visitor]:
    found = []
    for place in range(n):
        visitor = await stack.enter_async_context(visiting(post.base))
        await visitor.say(f"hello, I am {place}")
        await visitor.told(position=place + 1)
        found.append(visitor)
    return found


async def _take(post: Post, place: int = 0) -> int:
    """The agent takes the turn at that place of the line; its conversation."""
    rows = await post.rows("SELECT * FROM work_item WHERE state = 'queued' ORDER BY order_key, id")
    await post.do(actions.take, rows[place]["conversation"])
    return int(rows[place]["conversation"])


async def test_the_line_moves_up_and_whoever_is_taken_is_told_nothing_more(post: Post) -> None:
    async with AsyncExitStack() as stack:
        first, second, third = await _visitors(post, stack, 3)
        await _take(post)
        await first.told(position=None, closed=None)
        await second.told(position=1)
        await third.told(position=2)
        assert third.positions == [3, 2]


async def test_the_place_never_rises(post: Post) -> None:
    """Somebody with a head start comes in: those who wait keep the place they were shown."""
    async with AsyncExitStack() as stack:
        (first, second) = await _visitors(post, stack, 2)
        await post.write(
            lambda tx: tx.run("UPDATE work_item SET order_key = order_key - 600000000 WHERE id = 2")
        )
        post.hub.waits._wake.set()
        await second.told(position=1)
        third = (await _visitors_after(post, stack))[0]
        await post.write(lambda tx: tx.run("UPDATE work_item SET order_key = 0 WHERE id = 3"))
        await _take(post, place=2)  # the first goes; a look at the line follows
        await first.told(position=None)
        await third.told(position=1)
        assert second.positions == [2, 1]
        row = (await post.rows("SELECT position FROM wait_estimate WHERE work_item = 2"))[0]
        assert row["position"] == 1


async def _visitors_after(post: Post, stack: AsyncExitStack) -> list[Visitor]:
    visitor = await stack.enter_async_context(visiting(post.base))
    await visitor.say("hello, I am new")
    await visitor.told(position=3)
    return [visitor]


async def test_a_tab_that_opens_later_is_told_at_once(post: Post) -> None:
    async with AsyncExitStack() as stack:
        (first,) = await _visitors(post, stack, 1)
        again = await stack.enter_async_context(visiting(post.base, token=first.token))
        await again.told(position=1)


async def test_without_answers_lately_there_is_a_place_and_no_range(post: Post) -> None:
    async with AsyncExitStack() as stack:
        (first,) = await _visitors(post, stack, 1)
        assert first.frames[-1] == {"type": "queue", "position": 1}


async def test_the_range_comes_of_the_queues_own_answers(post: Post) -> None:
    now = post.hub.clock()
    await post.write(_answers, post.hub.desk.names["line"], now, 20, 60 * SECOND)
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(visiting(post.base))
        await first.say("hello")
        frame = await first.told(position=1)
        rate = estimate.service_rate(20, 20 * 60)
        low, high = estimate.told(*(estimate.estimate_wait(0, rate) or (0, 0)))
        assert abs(frame["low_seconds"] - low) <= 60
        assert abs(frame["high_seconds"] - high) <= 60
        (row,) = await post.rows("SELECT * FROM wait_estimate")
        assert row["predicted"] == pytest.approx(60 * SECOND, rel=0.1)
        talk = await _take(post)
        await first.told(position=None)

        async def settled() -> bool:
            (row,) = await post.rows("SELECT * FROM wait_estimate")
            return row["ended_at"] is not None

        await post.until(settled)
        (row,) = await post.rows(
            "SELECT e.*, w.assigned_at FROM wait_estimate e JOIN work_item w ON w.id = e.work_item"
        )
        assert row["actual"] == row["assigned_at"] - row["at"]
        await post.reply(talk, "hi")
        async with post.office.admin() as admin:
            answer = await admin.get("estimates", days="7")
            (item,) = answer.json["items"]
            assert (item["queue"]["name"], item["told"], item["answered"]) == ("line", 1, 1)
            assert item["predicted_seconds"] == pytest.approx(60, rel=0.1)
            assert item["below"] == 1


def _answers(tx: Any, queue: int, now: int, n: int, every: int) -> None:
    """The queue's last ``n`` turns were taken one each ``every`` µs."""
    channel = tx.value("SELECT id FROM channel WHERE name = 'loop'")
    contact = tx.value(
        "INSERT INTO contact (name, folded, created_at) VALUES ('', '', 0) RETURNING id"
    )
    identity = tx.value(
        "INSERT INTO identity (uri, contact, source, created_at) VALUES ('tel:+1', :c, 'x', 0) "
        "RETURNING id",
        c=contact,
    )
    for place in range(1, n + 1):
        at = now - place * every
        conversation = tx.value(
            """
            INSERT INTO conversation (contact, identity, channel, status, code, last_at, created_at)
            VALUES (:contact, :identity, :channel, 'resolved', :code, :at, :at) RETURNING id
            """,
            contact=contact,
            identity=identity,
            channel=channel,
            code=f"{place:08}",
            at=at,
        )
        tx.run(
            """
            INSERT INTO work_item (conversation, channel, queue, mode, state, order_key, units,
              rule_version, entered_at, queued_at, assigned_at, ended_at)
            VALUES (:conversation, :channel, :queue, 'pull', 'completed', 0, 10, 1, :at, :at, :at,
              :at)
            """,
            conversation=conversation,
            channel=channel,
            queue=queue,
            at=at,
        )


async def test_by_text_message_the_wait_is_told_in_words(
    loopback_kind: None, tmp_path: Path, sqlite_url: str
) -> None:
    words = "Number {{ wait.position }}: {{ wait.low }} to {{ wait.high }}"
    more = f"""  - {{name: line, texts: {{en: {{text: "{words}"}}}}}}"""
    rules = "  - {id: rest, when: {}, then: {queue: line, reply_template: line}}"
    async with answering(tmp_path, sqlite_url, rules=rules, queues=QUEUE, more=more) as post:
        await post.loop(message("hello"))
        assert [row["refused"] for row in await post.settled()] == ["empty: wait.low"]
        queue, now = post.hub.desk.names["line"], post.hub.clock()
        await post.write(_answers, queue, now, 20, 600 * SECOND // 20)
        await post.loop(message("hello", sender="tel:+12025550111"))
        await post.settled()
        await post.quiet()
        (sent,) = post.provider().sent
        assert re.fullmatch(r"Number 2: \d+ (seconds|minutes?) to \d+ minutes?", sent.text)


# ---------------------------------------------------------------- closed


async def test_while_it_is_closed_the_widget_knows_when_it_opens(
    loopback_kind: None, tmp_path: Path, sqlite_url: str
) -> None:
    opens = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=2)
    more = f"""
calendars:
  - {{name: office, zone: UTC, week: {{{DAYS[opens.weekday()]}: ["09:00-17:00"]}}}}
"""
    queue = '  - {name: line, modes: {"*": pull}, calendar: office, closed_template: away}\n'
    async with (
        answering(
            tmp_path, sqlite_url, rules=RULES, queues=queue, channels=CHAT, more=more
        ) as post,
        visiting(post.base) as visitor,
    ):
        expected = {"closed": True, "opens_at": opens.isoformat().replace("+00:00", "Z")}
        await visitor.told(**expected)  # before a word is written
        await visitor.say("hello")
        await visitor.until(lambda frame: frame["type"] == "message")
        assert visitor.frames[-1]["entry"]["text"].startswith("Closed until")
        assert visitor.positions == []
        async with visiting(post.base, token=visitor.token) as again:
            await again.told(**expected)


async def test_frames_are_in_the_schema(post: Post) -> None:
    async with post.http.get(f"{post.base}/chat/schema.json") as response:
        schema = await response.json(content_type=None)
    frame = schema["$defs"]["ServerQueue"]["properties"]
    assert set(frame) == {
        "type", "position", "low_seconds", "high_seconds", "closed", "opens_at",
    }  # fmt: skip


async def test_nothing_is_known_of_a_stranger(post: Post) -> None:
    assert post.hub.waits.standing("chat", Uri("webchat:chat/nobody")) is None
