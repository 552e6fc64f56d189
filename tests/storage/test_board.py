"""What the board reads: the turns of a day, page by page, and what is live."""

from __future__ import annotations

import pytest

from storage import board
from storage.db import Database
from tests.storage.desk import MINUTE, Desk

DAY = 1_700_000_000_000_000


@pytest.fixture
async def desk(db: Database) -> Desk:
    return await Desk.made(db)


async def test_pages_leave_nothing_out_and_show_nothing_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "PAGE", 3)
    ids = [
        await desk.turn("sales", at=DAY + (n // 4) * MINUTE, state="completed", ended=n)
        for n in range(10)  # four begin at the same moment
    ]
    await desk.turn("sales", at=DAY - 1, state="completed", ended=1)
    await desk.turn("sales", at=DAY + 5, state="queued")
    found: list[int] = []
    page = await desk.db.read(board.ended_since, DAY)
    while page:
        assert len(page) <= 3
        found += [turn.id for turn in page]
        page = await desk.db.read(board.ended_since, DAY, (page[-1].entered_at, page[-1].id))
    assert found == ids


async def test_an_answer_is_the_reply_or_the_end_that_it_made(desk: Desk) -> None:
    replied = await desk.turn("sales", at=DAY, state="wrapping", answered=7)
    ended = await desk.turn("sales", at=DAY, state="completed", ended=9)
    closed = await desk.turn("sales", at=DAY, state="cancelled", ended=9)
    turns = await desk.db.read(board.turns, [replied, ended, closed])
    assert [turn.answered_at for turn in turns] == [DAY + 7, DAY + 9, None]


async def test_live_turns_of_any_day_and_agents_with_their_queues(desk: Desk) -> None:
    old = await desk.turn("sales", at=DAY - 10 * 24 * 60 * MINUTE, state="queued")
    await desk.turn("sales", at=DAY, state="abandoned", ended=1)
    assert [turn.id for turn in await desk.db.read(board.live)] == [old]
    everyone = await desk.db.read(board.agents)
    assert [(one.name, len(one.queues)) for one in everyone] == [("Ann", 2), ("Bo", 1)]
    assert await desk.db.read(board.agents, [one.id for one in everyone]) == everyone
    assert [one.name for one in await desk.db.read(board.queues)] == ["sales", "secret"]
