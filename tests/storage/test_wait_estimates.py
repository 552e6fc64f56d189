"""What customers were told of their wait, beside what came of it."""

from __future__ import annotations

from typing import Any

import pytest

from storage import wait_estimates, work_items
from storage.db import Database, Tx
from tests.storage.desk import MINUTE, Desk


@pytest.fixture
async def desk(db: Database) -> Desk:
    return await Desk.made(db)


async def _tell(desk: Desk, item: int, position: int, predicted: int = 0, **more: Any) -> int:
    given = {"low": predicted // 2, "high": predicted * 2, "now": MINUTE, **more}
    found: int = await desk.db.write(
        wait_estimates.tell,
        item,
        queue=desk.queues["sales"],
        kind="webchat",
        position=position,
        predicted=predicted,
        **given,
    )
    return found


def _assign(tx: Tx, item: int, at: int) -> None:
    tx.run("UPDATE work_item SET state = 'active', assigned_at = :at WHERE id = :i", at=at, i=item)


def _abandon(tx: Tx, item: int) -> None:
    tx.run("UPDATE work_item SET state = 'abandoned', ended_at = 9 WHERE id = :i", i=item)


async def test_the_line_is_in_order_and_has_only_who_waits(desk: Desk) -> None:
    second = await desk.turn("sales", at=2, state="queued")
    first = await desk.turn("sales", at=1, state="offered")
    await desk.turn("sales", at=0, state="active", agent="Ann")
    await desk.turn("sales", at=0, state="deferred")
    await desk.turn("secret", at=0, state="queued")
    third = await desk.turn("sales", at=2, state="queued")
    assert await desk.db.read(wait_estimates.line, desk.queues["sales"], 10) == [
        first,
        second,
        third,
    ]
    for place, id in enumerate((first, second, third)):
        item = await desk.db.read(work_items.get, id)
        assert await desk.db.read(wait_estimates.ahead, item, 10) == place
        assert await desk.db.read(wait_estimates.ahead, item, 1) == min(place, 1)


async def test_the_place_shown_never_rises(desk: Desk) -> None:
    item = await desk.turn("sales", at=0, state="queued")
    assert [await _tell(desk, item, n) for n in (4, 5, 3, 9)] == [4, 4, 3, 3]


async def test_the_first_range_that_was_told_stays(desk: Desk) -> None:
    item = await desk.turn("sales", at=0, state="queued")
    await _tell(desk, item, 4)
    await _tell(desk, item, 3, 8 * MINUTE, now=2 * MINUTE)
    await _tell(desk, item, 2, 90 * MINUTE, now=3 * MINUTE)
    row = await desk.db.read(wait_estimates.get, item)
    assert (row["position"], row["predicted"], row["low"], row["high"], row["at"]) == (
        2,
        8 * MINUTE,
        4 * MINUTE,
        16 * MINUTE,
        2 * MINUTE,
    )


async def test_what_came_of_it_is_settled_once(desk: Desk) -> None:
    taken = await desk.turn("sales", at=0, state="queued")
    gone = await desk.turn("sales", at=0, state="queued")
    waits = await desk.turn("sales", at=0, state="queued")
    for item in (taken, gone, waits):
        await _tell(desk, item, 1, 4 * MINUTE, now=MINUTE)
    assert not await desk.db.read(wait_estimates.unsettled)
    await desk.db.write(_assign, taken, 7 * MINUTE)
    await desk.db.write(_abandon, gone)
    assert await desk.db.read(wait_estimates.unsettled)
    (row,) = await desk.db.write(wait_estimates.settle, now=9 * MINUTE)
    assert (row["actual"], row["predicted"]) == (6 * MINUTE, 4 * MINUTE)
    assert not await desk.db.read(wait_estimates.unsettled)
    assert await desk.db.write(wait_estimates.settle, now=9 * MINUTE) == []
    (recent,) = await desk.db.read(wait_estimates.recent, desk.queues["sales"], 10)
    assert (recent["actual"], recent["predicted"]) == (6 * MINUTE, 4 * MINUTE)
    assert (await desk.db.read(wait_estimates.get, waits))["ended_at"] is None


async def test_what_was_told_without_a_range_counts_for_nothing(desk: Desk) -> None:
    item = await desk.turn("sales", at=0, state="queued")
    await _tell(desk, item, 1)
    await desk.db.write(_assign, item, 7 * MINUTE)
    await desk.db.write(wait_estimates.settle, now=9 * MINUTE)
    assert await desk.db.read(wait_estimates.recent, desk.queues["sales"], 10) == []
    assert await desk.db.read(wait_estimates.summary, 0) == []


async def test_the_summary_compares_by_queue(desk: Desk) -> None:
    for wait in (1, 5, 30):  # below, within and above 2 to 8 minutes
        item = await desk.turn("sales", at=0, state="queued")
        await _tell(desk, item, 1, 4 * MINUTE, now=MINUTE)
        await desk.db.write(_assign, item, (1 + wait) * MINUTE)
    await _tell(desk, await desk.turn("sales", at=0, state="queued"), 1, 4 * MINUTE, now=MINUTE)
    await desk.db.write(wait_estimates.settle, now=60 * MINUTE)
    (row,) = await desk.db.read(wait_estimates.summary, 0)
    assert (row["name"], row["told"], row["answered"]) == ("sales", 4, 3)
    assert (row["below"], row["within"], row["above"]) == (1, 1, 1)
    assert (row["predicted"], row["actual"]) == (4 * MINUTE, 12 * MINUTE)
    assert row["error"] == (3 + 1 + 26) * MINUTE // 3
    assert await desk.db.read(wait_estimates.summary, MINUTE) == []


async def test_the_last_answers_of_a_queue(desk: Desk) -> None:
    for at in (3, 1, 2):
        await desk.db.write(_assign, await desk.turn("sales", at=0, state="queued"), at * MINUTE)
    other = await desk.turn("secret", at=0, state="queued")
    await desk.db.write(_assign, other, 9 * MINUTE)
    found = await desk.db.read(wait_estimates.taken, desk.queues["sales"], MINUTE, 10)
    assert found == [3 * MINUTE, 2 * MINUTE]
    assert await desk.db.read(wait_estimates.taken, desk.queues["sales"], 0, 1) == [3 * MINUTE]


async def test_who_waits_on_a_channel_comes_with_address_and_what_was_told(desk: Desk) -> None:
    item = await desk.turn("sales", at=0, state="queued")
    await _tell(desk, item, 2, 8 * MINUTE)
    await desk.turn("sales", at=1, state="active", agent="Ann")
    (row,) = await desk.db.read(wait_estimates.waiting_on, desk.channel, 10)
    assert (row["id"], row["position"], row["predicted"]) == (item, 2, 8 * MINUTE)
    assert row["uri"].startswith("webchat:chat/")
    assert await desk.db.read(wait_estimates.waiting_on, desk.channel + 1, 10) == []
