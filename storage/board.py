"""What figures are made of: the turns of a time, what is live now, agents and queues.

Read-only, in bounded pages; the figures are computed by ``routing/numbers.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from routing.model import SECOND, QueuePolicy
from routing.numbers import Turn

if TYPE_CHECKING:
    from storage.db import Row, Tx

PAGE = 1_000
"""Turns read at once."""
_TARGET = QueuePolicy(0).target
_LIVE = "('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')"
_TURN = """
SELECT w.id, w.conversation, w.queue, w.state, w.agent, w.entered_at, w.assigned_at, w.ended_at,
  w.target, w.weight, ch.kind,
  CASE WHEN w.interruptible AND w.ended_at IS NOT NULL THEN (
    SELECT CAST(SUM(CASE g.what WHEN 'held' THEN w.ended_at - g.at ELSE g.at - w.ended_at END)
      AS BIGINT)
    FROM item_log g WHERE g.work_item = w.id AND g.what IN ('held', 'resumed')
      AND g.data <> '{"cause":"back"}') END AS aside,
  COALESCE(w.answered_at, CASE WHEN w.state = 'completed' THEN w.ended_at END) AS answered
FROM work_item w JOIN channel ch ON ch.id = w.channel
"""


@dataclass(frozen=True, slots=True)
class BoardTurn:
    """One work item: what is counted of it, and where it is."""

    id: int
    conversation: int
    queue: int
    kind: str
    """Of its channel."""
    state: str
    agent: int | None
    entered_at: int
    answered_at: int | None
    assigned_at: int | None
    ended_at: int | None
    target: int | None
    """Microseconds; None: the queue's."""
    weight: float
    aside: int = 0
    """Microseconds that it lay aside in its agent's hands."""

    def counted(self, target: int) -> Turn:
        """As the figures take it; ``target`` is the queue's."""
        handled = (
            self.ended_at - self.assigned_at - self.aside
            if self.assigned_at is not None and self.ended_at is not None
            else 0
        )
        return Turn(
            entered_at=self.entered_at,
            answered_at=self.answered_at,
            ended_at=self.ended_at,
            abandoned=self.state == "abandoned",
            target=target if self.target is None else self.target,
            weight=self.weight,
            kind=self.kind,
            queue=self.queue,
            agent=self.agent,
            handle=max(handled, 0),
        )


@dataclass(frozen=True, slots=True)
class BoardAgent:
    """An active agent, and whom they serve."""

    id: int
    name: str
    presence: str
    reason: str
    present_since: int
    idle_since: int
    used: int
    capacity: int
    queues: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BoardQueue:
    """A queue in use."""

    id: int
    name: str
    title: dict[str, str]
    target: int
    """The wait to aim at, in microseconds: what turns are counted by."""
    declared: bool = True
    """The queue itself says so; else it is as the medium is used to, and nobody is held to it."""


def live(tx: Tx) -> list[BoardTurn]:
    """Every turn that is under way, whenever it began."""
    return [_turn(row) for row in tx.all(f"{_TURN} WHERE w.state IN {_LIVE} ORDER BY w.id")]


def ended_since(tx: Tx, since: int, after: tuple[int, int] | None = None) -> list[BoardTurn]:
    """A page of the turns that began at ``since`` or later and are over, by their beginning.

    ``after``: (entered_at, id) of the last one of the page before.
    """
    at, id = after or (since, 0)
    rows = tx.all(
        f"""
        {_TURN} WHERE w.entered_at >= :since AND (w.entered_at, w.id) > (:at, :id)
          AND w.ended_at IS NOT NULL
        ORDER BY w.entered_at, w.id LIMIT :limit
        """,
        since=since,
        at=at,
        id=id,
        limit=PAGE,
    )
    return [_turn(row) for row in rows]


def begun(tx: Tx, since: int, until: int, after: tuple[int, int] | None = None) -> list[BoardTurn]:
    """A page of the turns that began in ``[since, until)``, over or not; ``after`` likewise."""
    at, id = after or (since, 0)
    rows = tx.all(
        f"""
        {_TURN} WHERE w.entered_at >= :since AND w.entered_at < :until
          AND (w.entered_at, w.id) > (:at, :id) ORDER BY w.entered_at, w.id LIMIT :limit
        """,
        since=since,
        until=until,
        at=at,
        id=id,
        limit=PAGE,
    )
    return [_turn(row) for row in rows]


def turns(tx: Tx, ids: Iterable[int]) -> list[BoardTurn]:
    """These turns, as they are now."""
    rows = (tx.one(f"{_TURN} WHERE w.id = :id", id=id) for id in ids)
    return [_turn(row) for row in rows if row is not None]


def agents(tx: Tx, ids: Iterable[int] | None = None) -> list[BoardAgent]:
    """These active agents, or all of them."""
    sql = """
    SELECT a.*, u.name FROM agent a JOIN user_account u ON u.id = a.user_id WHERE a.active
    """
    if ids is None:
        served: dict[int, list[int]] = {}
        for row in tx.all("SELECT queue, agent FROM queue_agent ORDER BY queue"):
            served.setdefault(row["agent"], []).append(row["queue"])
        return [_agent(row, served.get(row["id"], ())) for row in tx.all(f"{sql} ORDER BY a.id")]
    found = (tx.one(f"{sql} AND a.id = :id", id=id) for id in ids)
    return [_agent(row, _served(tx, row["id"])) for row in found if row is not None]


def queues(tx: Tx) -> list[BoardQueue]:
    """All queues in use, by name."""
    rows = tx.all("SELECT id, name, title, options FROM queue WHERE active ORDER BY name")
    return [_queue(row) for row in rows]


def _queue(row: Row) -> BoardQueue:
    options: dict[str, Any] = msgspec.json.decode(row["options"])
    seconds = options.get("target_seconds")
    return BoardQueue(
        row["id"],
        row["name"],
        msgspec.json.decode(row["title"]),
        target=_TARGET if seconds is None else int(seconds) * SECOND,
        declared=seconds is not None,
    )


def _served(tx: Tx, agent: int) -> list[int]:
    rows = tx.all("SELECT queue FROM queue_agent WHERE agent = :a ORDER BY queue", a=agent)
    return [row["queue"] for row in rows]


def _turn(row: Row) -> BoardTurn:
    return BoardTurn(
        id=row["id"],
        conversation=row["conversation"],
        queue=row["queue"],
        kind=row["kind"],
        state=row["state"],
        agent=row["agent"],
        entered_at=row["entered_at"],
        answered_at=row["answered"],
        assigned_at=row["assigned_at"],
        ended_at=row["ended_at"],
        target=row["target"],
        weight=row["weight"] / 100,
        aside=row["aside"] or 0,
    )


def _agent(row: Row, served: Iterable[int]) -> BoardAgent:
    return BoardAgent(
        id=row["id"],
        name=row["name"],
        presence=row["presence"],
        reason=row["reason"],
        present_since=row["present_since"],
        idle_since=row["idle_since"],
        used=row["used"],
        capacity=row["capacity"],
        queues=tuple(served),
    )
