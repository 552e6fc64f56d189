"""The figures of a day from the tables, computed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.board.figures import report
from storage import board, figures, item_log
from storage.db import Database
from tests.storage.desk import MINUTE, Desk

if TYPE_CHECKING:
    from storage.db import Tx

NINE = 1_700_038_800_000_000  # 2023-11-15 09:00 UTC
SECOND = 1_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@pytest.fixture
async def desk(db: Database) -> Desk:
    return await Desk.made(db)


def _stand(tx: Tx, agent: int, presence: str, at: int) -> None:
    tx.run(
        "INSERT INTO agent_state_log (agent, presence, at) VALUES (:a, :p, :at)",
        a=agent,
        p=presence,
        at=at,
    )


def _line(tx: Tx, item: int, kind: str, at: int, direction: str | None = None) -> None:
    tx.run(
        """
        INSERT INTO timeline_entry (contact, conversation, kind, direction, actor, recorded_at)
        SELECT c.contact, c.id, :kind, :direction, 'hub', :at FROM conversation c
        JOIN work_item w ON w.conversation = c.id WHERE w.id = :item
        """,
        kind=kind,
        direction=direction,
        at=at,
        item=item,
    )


def _decided(tx: Tx, item: int) -> None:
    tx.run(
        """
        INSERT INTO decision (conversation, work_item, rule_version, rule, data, at)
        SELECT conversation, id, 1, 'r', '{}', entered_at FROM work_item WHERE id = :item
        """,
        item=item,
    )


async def test_turns_of_a_day(desk: Desk) -> None:
    done = {"state": "completed", "agent": "Ann"}
    # waits of 30 s, 60 s (the target) and 120 s; handled for 270, 240 and 180 s
    for place, (wait, end) in enumerate([(30, 300), (60, 300), (120, 300)]):
        await desk.turn(
            "sales", at=NINE + place * HOUR, answered=wait * SECOND, assigned=wait * SECOND,
            ended=end * SECOND, **done,
        )  # fmt: skip
    await desk.turn("sales", at=NINE, state="abandoned", ended=90 * SECOND)
    await desk.turn("sales", at=NINE, state="abandoned", ended=3 * SECOND)
    await desk.turn("sales", at=NINE, state="cancelled", ended=3 * SECOND)
    await desk.turn("secret", at=NINE, state="queued")
    await desk.turn("sales", at=NINE - DAY, state="abandoned", ended=90 * SECOND)  # yesterday
    found = await report(desk.db, NINE, NINE + 8 * HOUR)
    (sales,) = [one for one in found.queues if one.name == "sales"]
    assert (sales.offered, sales.answered) == (5, 3)
    assert sales.service_level == 0.4  # 2 of 5
    assert (sales.abandoned, sales.abandoned_short) == (1, 1)
    assert sales.abandonment == 0.25  # 1 of 4
    assert sales.asa_seconds == 70.0
    assert sales.p95_wait_seconds == sales.longest_wait_seconds == 120.0
    assert sales.handle_seconds == 230.0
    assert found.total.offered == 6  # one in the hidden queue is late
    hidden = await report(desk.db, NINE, NINE + 8 * HOUR, frozenset({desk.queues["secret"]}))
    assert [one.name for one in hidden.queues] == ["sales"]
    assert hidden.total.offered == 5


async def test_what_lay_aside_was_not_handled(desk: Desk) -> None:
    item = await desk.turn(
        "sales", at=NINE, state="completed", agent="Ann", assigned=0, ended=600 * SECOND
    )
    await desk.db.write(_interruptible, item)
    await desk.db.write(item_log.append, item, "held", "hub", now=NINE + 100 * SECOND)
    await desk.db.write(item_log.append, item, "resumed", "hub", now=NINE + 300 * SECOND)
    await desk.db.write(item_log.append, item, "held", "hub", now=NINE + 550 * SECOND)
    back = {"cause": "back"}  # the customer, not the work
    await desk.db.write(item_log.append, item, "resumed", "hub", now=NINE + 7 * SECOND, **back)
    (turn,) = await desk.db.read(board.turns, [item])
    assert turn.aside == 250 * SECOND
    assert turn.counted(0).handle == 350 * SECOND


def _interruptible(tx: Tx, item: int) -> None:
    tx.run("UPDATE work_item SET interruptible = TRUE WHERE id = :id", id=item)


async def test_agents_of_a_day(desk: Desk) -> None:
    ann = desk.agents["Ann"]
    for presence, at in (
        ("available", NINE - HOUR),  # since before the day
        ("away", NINE + HOUR),
        ("available", NINE + 2 * HOUR),
        ("offline", NINE + 3 * HOUR),
    ):
        await desk.db.write(_stand, ann, presence, at)
    for begin, end in ((-30, 30), (15, 45), (90, 130)):  # minutes: the first began the day before
        await desk.turn(
            "sales", at=NINE + begin * MINUTE, state="completed", agent="Ann", assigned=0,
            ended=(end - begin) * MINUTE,
        )  # fmt: skip
    await desk.turn("sales", at=NINE + 170 * MINUTE, state="active", agent="Ann", assigned=0)
    found = await report(desk.db, NINE, NINE + 8 * HOUR)
    day = next(one for one in found.agents if one.name == "Ann")
    assert day.present_seconds == 2 * 3600
    # 45 minutes, 10 after coming back, the last 10
    assert day.busy_seconds == 65 * 60
    assert day.occupancy == pytest.approx(65 / 120, abs=1e-4)
    assert found.occupancy == day.occupancy
    assert found.occupancy_spread == 0.0
    assert next(one for one in found.agents if one.name == "Bo").occupancy is None


async def test_matters_of_a_day(desk: Desk) -> None:
    for answers, back in ((1, None), (1, 2 * DAY), (1, 9 * DAY), (1, None)):
        item = await desk.turn("sales", at=NINE, state="completed", ended=SECOND)
        if answers:
            await desk.db.write(_decided, item)
        await desk.db.write(_line, item, "resolved", NINE + HOUR)
        if back is not None:
            await desk.db.write(_line, item, "message", NINE + HOUR + back, "in")
    unanswered = await desk.turn("sales", at=NINE, state="cancelled", ended=SECOND)
    await desk.db.write(_decided, unanswered)
    await desk.db.write(_line, unanswered, "resolved", NINE + HOUR)
    await desk.db.write(_line, unanswered, "reopened", NINE + 2 * HOUR)
    await desk.db.write(_line, unanswered, "resolved", NINE + 3 * HOUR)  # the same matter
    found = (await report(desk.db, NINE, NINE + 8 * HOUR)).matters
    assert found.resolved == 5
    assert found.first_contact_resolution == 0.75  # 3 of 4 answered ones
    assert found.reopened == 0.4  # 2 of 5
    assert (await report(desk.db, NINE + DAY, NINE + 2 * DAY)).matters.resolved == 0


async def test_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = await _mixed(desk)
    monkeypatch.setattr(board, "PAGE", 2)
    monkeypatch.setattr(figures, "PAGE", 2)
    monkeypatch.setattr("hub.board.figures.AGENTS", 1)
    assert await report(desk.db, NINE, NINE + 8 * HOUR) == whole


async def _mixed(desk: Desk) -> object:
    for n in range(7):
        item = await desk.turn(
            "sales", at=NINE + (n // 3) * MINUTE, state="completed", agent="Ann", assigned=SECOND,
            ended=(2 + n // 2) * SECOND,
        )  # fmt: skip
        await desk.db.write(_line, item, "resolved", NINE + (n // 2) * HOUR)
    await desk.db.write(_stand, desk.agents["Ann"], "available", NINE)
    return await report(desk.db, NINE, NINE + 8 * HOUR)
