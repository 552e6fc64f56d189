"""The board in memory is the board of the tables, whatever happened, and costs nothing unwatched."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

from hub.board import Board
from hub.board import view as board_view
from storage import board as stored
from storage import events
from storage.db import Database
from storage.views import Sight
from tests.storage.desk import MINUTE, Desk

if TYPE_CHECKING:
    from hub.board.view import BoardView, QueueBoard
    from storage.db import Row, Tx

NOON = 1_700_049_600_000_000  # 2023-11-15 12:00 UTC
EVERYTHING = Sight(all=True)
STATES = ("queued", "offered", "active", "held", "wrapping", "deferred")
ENDS = ("completed", "abandoned", "cancelled", "dead_letter")


class Watched:
    """A board, the events since its last look, and a clock of its own."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.board = Board(db, "UTC")
        self.now = NOON
        self.board.now = lambda: self.now
        self.seq = 0

    async def hear(self) -> None:
        batch: Sequence[Row] = await self.db.read(events.since, self.seq, 1000)
        if batch:
            self.seq = batch[-1]["seq"]
            self.board.listen(batch)

    async def look(self, sight: Sight = EVERYTHING) -> BoardView:
        await self.hear()
        return await self.board.look(sight)

    async def afresh(self) -> BoardView:
        fresh = Board(self.db, "UTC")
        fresh.now = lambda: self.now
        return await fresh.look(EVERYTHING)


@pytest.fixture
async def desk(db: Database) -> Desk:
    return await Desk.made(db)


def _act(tx: Tx, desk: Desk, chance: random.Random, now: int) -> None:
    """Something happens to a turn or an agent, as the storage modules write it."""
    live = tx.all("SELECT id, queue FROM work_item WHERE ended_at IS NULL ORDER BY id")
    match chance.choice(["turn", "turn", "end", "agent", "serve", "again"]):
        case "turn" if live:
            _move(tx, desk, chance, chance.choice(live)["id"], now)
        case "end" if live:
            _end(tx, chance, chance.choice(live)["id"], now)
        case "agent":
            _presence(tx, chance, desk.agents[chance.choice(["Ann", "Bo"])], now)
        case "serve":
            _serve(tx, chance, desk, now)
        case "again":  # an event of something that is long over
            for row in tx.all("SELECT id, queue FROM work_item WHERE ended_at IS NOT NULL LIMIT 2"):
                events.append(tx, "item.changed", row["id"], queue=row["queue"], now=now)


def _move(tx: Tx, desk: Desk, chance: random.Random, id: int, now: int) -> None:
    state = chance.choice(STATES)
    queue = chance.choice(list(desk.queues.values()))
    agent = None if state in ("queued", "deferred") else desk.agents[chance.choice(["Ann", "Bo"])]
    tx.run(
        """
        UPDATE work_item SET state = :state, queue = :queue, agent = :agent,
          answered_at = CASE WHEN :state IN ('wrapping') THEN :now ELSE answered_at END
        WHERE id = :id
        """,
        id=id,
        state=state,
        queue=queue,
        agent=agent,
        now=now,
    )
    events.append(tx, "item.changed", id, queue=queue, now=now)


def _end(tx: Tx, chance: random.Random, id: int, now: int) -> None:
    tx.run(
        "UPDATE work_item SET state = :state, ended_at = :now WHERE id = :id",
        id=id,
        state=chance.choice(ENDS),
        now=now,
    )
    events.append(tx, "item.changed", id, now=now)


def _presence(tx: Tx, chance: random.Random, agent: int, now: int) -> None:
    tx.run(
        """
        UPDATE agent SET presence = :presence, used = :used, present_since = :now, active = :active
        WHERE id = :id
        """,
        id=agent,
        presence=chance.choice(["available", "away", "offline"]),
        used=chance.choice([0, 30, 90]),
        active=chance.random() < 0.9,
        now=now,
    )
    events.append(tx, "agent.changed", agent, agent=agent, now=now)


def _serve(tx: Tx, chance: random.Random, desk: Desk, now: int) -> None:
    agent = desk.agents["Bo"]
    tx.run("DELETE FROM queue_agent WHERE agent = :a", a=agent)
    if chance.random() < 0.5:
        tx.run(
            "INSERT INTO queue_agent (queue, agent) VALUES (:q, :a)",
            q=chance.choice(list(desk.queues.values())),
            a=agent,
        )
    events.append(tx, "agent.changed", agent, agent=agent, now=now)


@pytest.mark.parametrize("seed", range(4))
async def test_memory_is_what_the_tables_say(desk: Desk, seed: int) -> None:
    chance, watched = random.Random(seed), Watched(desk.db)
    for _ in range(40):
        watched.now += chance.randrange(40) * 1_000_000
        if chance.random() < 0.5:
            at = watched.now - chance.choice([0, 0, 30, 14 * 60 * 60]) * 1_000_000
            await desk.turn(chance.choice(["sales", "secret"]), at=at, state="queued")
        await desk.db.write(_act, desk, chance, watched.now)
        if chance.random() < 0.7:
            assert await watched.look() == await watched.afresh()
    assert await watched.look() == await watched.afresh()


async def test_a_new_day_begins_at_midnight(desk: Desk) -> None:
    watched = Watched(desk.db)
    await desk.turn("sales", at=NOON, state="completed", ended=MINUTE // 2)
    waits = await desk.turn("sales", at=NOON, state="queued")
    before = _sales(await watched.look())
    assert before.service_level.offered == 1
    assert before.asa_seconds == 30
    watched.now += 12 * 60 * MINUTE
    after = _sales(await watched.look())
    assert after.service_level.offered == 0
    assert after.waiting == 1  # it still waits, since yesterday
    assert after.longest_wait_seconds == 12 * 3600
    assert waits in (await watched.board._refreshed()).live
    assert await watched.look() == await watched.afresh()


def _sales(view: BoardView) -> QueueBoard:
    return next(queue for queue in view.queues if queue.name == "sales")


async def test_time_alone_makes_a_wait_late(desk: Desk) -> None:
    watched = Watched(desk.db)
    await desk.turn("sales", at=NOON, state="queued")
    seen = []
    for seconds in (0, 60, 61):
        watched.now = NOON + seconds * 1_000_000
        level = _sales(await watched.look()).service_level
        seen.append((level.offered, level.value))
    assert seen == [(0, None), (0, None), (1, 0.0)]


async def test_a_hidden_queue_shows_nothing_to_outsiders(desk: Desk) -> None:
    watched = Watched(desk.db)
    await desk.turn("secret", at=NOON, state="active", agent="Ann")
    await desk.turn("sales", at=NOON, state="active", agent="Ann")
    outsider = Sight(all=False, hidden=frozenset({desk.queues["secret"]}))
    seen = await watched.look(outsider)
    assert [queue.name for queue in seen.queues] == ["sales"]
    ann = next(agent for agent in seen.agents if agent.name == "Ann")
    assert len(ann.items) == 1
    assert ann.queues == [desk.queues["sales"]]
    whole = await watched.look()
    assert len(whole.queues) == 2
    assert len(next(agent for agent in whole.agents if agent.name == "Ann").items) == 2


async def test_nobody_looks_nothing_is_kept(desk: Desk) -> None:
    board = Watched(desk.db).board
    batch: list[Any] = [{"kind": "item.changed", "subject": n} for n in range(9)]
    board.listen(batch)
    assert not board._changes
    await board.look(EVERYTHING)
    board.listen(batch)
    assert len(board._changes.turns) == 9


async def test_too_many_changes_are_read_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.board.MOST", 3)
    watched = Watched(desk.db)
    await watched.look()
    for n in range(5):
        await desk.turn("sales", at=NOON + n, state="queued")
    assert _sales(await watched.look()).waiting == 5


async def test_after_a_failed_read_the_next_look_is_right(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(desk.db)
    await watched.look()
    await desk.turn("sales", at=NOON, state="queued")

    def fails(tx: Tx, ids: Sequence[int]) -> list[stored.BoardTurn]:
        raise OSError("the disk is away")

    with monkeypatch.context() as broken:
        broken.setattr(stored, "turns", fails)
        with pytest.raises(OSError, match="disk"):
            await watched.look()
    assert await watched.look() == await watched.afresh()


def test_every_state_of_an_agent_is_counted_also_when_nobody_is_in_it() -> None:
    day = board_view.Day(0, {1: stored.BoardQueue(1, "q", {}, 1)})
    (queue,) = board_view.draw(day, NOON).queues
    assert queue.agents == dict.fromkeys(
        ("available", "offered", "busy", "full", "wrapping", "away", "offline"), 0
    )
