"""Closed hours and other ways: what customers are told, once, and what waits meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub import actions, turns
from hub.calendars import hours
from storage import work_items
from tests.hub.answering import Post, answering
from tests.hub.running import SECOND, letter, message

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 3600 * SECOND
ANN = "<ann@customer.example>"


def _office() -> str:
    """A calendar that is closed now and opens in two days, and a queue that keeps it."""
    opens = DAYS[(datetime.now(UTC).weekday() + 2) % 7]
    return f"""
calendars:
  - {{name: office, zone: UTC, week: {{{opens}: ["09:00-17:00"]}}}}
"""


RULES = """
  - {id: night, when: {field: text, contains: callback},
     then: {queue: desk, deflect: {to: callback, at: next_open}}}
  - {id: own, when: {field: text, contains: own},
     then: {queue: desk, deflect: {to: message}, reply_template: ack}}
  - {id: rest, when: {}, then: {queue: desk}}
"""


@pytest.fixture
async def post(loopback_kind: None, tmp_path: Path, db_url: str) -> AsyncIterator[Post]:
    more = _office()
    queue = '  - {name: desk, modes: {"*": pull}, calendar: office, closed_template: away}\n'
    async with answering(tmp_path, db_url, rules=RULES, more=more, queues=queue) as found:
        yield found


def _weekday() -> str:
    return f"{datetime.now(UTC) + timedelta(days=2):%A}"


async def test_who_writes_while_it_is_closed_is_told_when_it_opens(post: Post) -> None:
    await post.loop(message("hello"))
    await post.settled()
    await post.quiet()
    (sent,) = post.provider().sent
    assert sent.text == f"Closed until {_weekday()} 09:00."
    assert (await post.conversation()).status == "open"


async def test_they_are_told_once_a_closing(post: Post) -> None:
    await post.loop(message("hello"))
    await post.settled()
    back = post.hub.clock() - DAY - SECOND  # the limit of a day is over, the closing is not
    await post.write(lambda tx: tx.run("UPDATE automatic_send SET at = :at", at=back))
    await post.loop(message("hello?"))
    queue = post.hub.desk.names["desk"]
    told = hours.same_closing(post.hub.desk, queue, back, post.hub.clock())
    assert [row["refused"] for row in await post.settled()] == ["", "said" if told else ""]


async def test_whom_an_agent_attends_to_is_not_told(post: Post) -> None:
    await post.loop(message("hello"))
    await post.settled()
    talk = await post.conversation()
    await post.do(actions.take, talk.id)
    back = post.hub.clock() - 8 * DAY
    await post.write(lambda tx: tx.run("UPDATE automatic_send SET at = :at", at=back))
    await post.loop(message("hello?"))
    assert [row["refused"] for row in await post.settled()] == ["", "attended"]


async def test_by_mail_the_answer_is_from_nobody(post: Post) -> None:
    await post.mail(letter(return_path=ANN))
    (sent,) = await post.mails(1)
    assert sent.sender in ("", "<>")


async def test_who_is_deflected_is_told_what_becomes_of_them(post: Post) -> None:
    await post.loop(message("please callback"))
    (row,) = await post.settled()
    assert (row["template"], row["cause"], row["state"]) == ("callback", "deflect", "sent")
    talk = await post.conversation()
    item = await post.item(talk.id)
    assert item["state"] == "deferred"
    opens = hours.opens_at(post.hub.desk, item["queue"], post.hub.clock())
    assert item["deferred_until"] == opens


async def test_the_rules_own_words_stand_for_the_usual_ones(post: Post) -> None:
    await post.loop(message("own words"))
    (row,) = await post.settled()
    assert (row["template"], row["cause"]) == ("ack", "rule")


async def test_a_step_that_offers_a_callback_says_so(post: Post) -> None:
    await post.loop(message("hello"))
    await post.settled()
    await post.write(lambda tx: tx.run("DELETE FROM automatic_send"))
    talk = await post.conversation()

    def offer(tx: object) -> None:
        item = work_items.live_of(tx, talk.id)  # type: ignore[arg-type]
        assert item is not None
        turns.deflect(tx, item, "message", post.hub.desk, now=post.hub.clock())  # type: ignore[arg-type]

    await post.write(offer)
    (row,) = await post.settled()
    assert (row["template"], row["cause"], row["state"]) == ("message", "deflect", "sent")
    await post.quiet()
    assert "you keep your place" in "".join(post.provider().texts)


async def test_an_open_queue_says_nothing(
    loopback_kind: None, tmp_path: Path, sqlite_url: str
) -> None:
    more = """
calendars:
  - {name: office, zone: UTC, week: {mon: ["00:00-24:00"], tue: ["00:00-24:00"],
     wed: ["00:00-24:00"], thu: ["00:00-24:00"], fri: ["00:00-24:00"], sat: ["00:00-24:00"],
     sun: ["00:00-24:00"]}}
"""
    queue = '  - {name: desk, modes: {"*": pull}, calendar: office, closed_template: away}\n'
    async with answering(tmp_path, sqlite_url, rules=RULES, more=more, queues=queue) as post:
        await post.loop(message("hello"))
        assert await post.rows("SELECT * FROM automatic_send") == []
