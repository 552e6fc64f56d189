"""What the figures of past days are made of, besides turns: who was there, what came of matters.

Turns are in ``storage/board.py``; the figures are computed by ``routing/numbers.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.numbers import Matter, Span

if TYPE_CHECKING:
    from storage.db import Row, Tx

PAGE = 500
"""Rows read at once."""
_LIVE = "('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A matter that was resolved, and its conversation's queue."""

    conversation: int
    queue: int | None
    matter: Matter


def presence(tx: Tx, agent: int, since: int, until: int) -> list[Span]:
    """When an agent was available, within ``[since, until)``, in order."""
    before = tx.one(
        """
        SELECT presence FROM agent_state_log WHERE agent = :agent AND at < :since
        ORDER BY at DESC, id DESC LIMIT 1
        """,
        agent=agent,
        since=since,
    )
    found: list[Span] = []
    here = since if before is not None and before["presence"] == "available" else None
    for row in tx.all(
        """
        SELECT presence, at FROM agent_state_log WHERE agent = :agent AND at >= :since
          AND at < :until ORDER BY at, id
        """,
        agent=agent,
        since=since,
        until=until,
    ):
        if here is not None:
            found.append((here, row["at"]))
        here = row["at"] if row["presence"] == "available" else None
    return found if here is None else [*found, (here, until)]


def presences(tx: Tx, agents: Iterable[int], since: int, until: int) -> dict[int, list[Span]]:
    """The same of several agents."""
    return {agent: presence(tx, agent, since, until) for agent in agents}


def work(
    tx: Tx, since: int, until: int, after: tuple[int, int] | None = None
) -> list[tuple[tuple[int, int], int, Span]]:
    """A page of what agents had in hand within ``[since, until)`` and is over: (place, agent, span).

    ``after``: the place of the last one of the page before. Each piece counts for whoever had it
    last; spans may reach out of the period.
    """
    at, id = after or (since, 0)
    rows = tx.all(
        """
        SELECT id, agent, assigned_at, ended_at FROM work_item
        WHERE ended_at IS NOT NULL AND ended_at >= :since AND (ended_at, id) > (:at, :id)
          AND assigned_at < :until AND agent IS NOT NULL
        ORDER BY ended_at, id LIMIT :limit
        """,
        since=since,
        until=until,
        at=at,
        id=id,
        limit=PAGE,
    )
    return [
        ((row["ended_at"], row["id"]), row["agent"], (row["assigned_at"], row["ended_at"]))
        for row in rows
    ]


def in_hand(tx: Tx, until: int) -> list[tuple[int, Span]]:
    """What agents have in hand now and got before ``until``: (agent, span)."""
    rows = tx.all(
        f"""
        SELECT agent, assigned_at FROM work_item WHERE state IN {_LIVE}
          AND state IN ('active', 'held', 'wrapping') AND assigned_at < :until
        ORDER BY id
        """,
        until=until,
    )
    return [(row["agent"], (row["assigned_at"], until)) for row in rows]


def resolved(
    tx: Tx, since: int, until: int, after: tuple[int, int] | None = None
) -> list[tuple[tuple[int, int], Resolved]]:
    """A page of the resolutions within ``[since, until)``, in order: (place, what came of it)."""
    at, id = after or (since, 0)
    rows = tx.all(
        """
        SELECT t.id, t.recorded_at, t.conversation, c.queue,
          (SELECT COUNT(*) FROM work_item w WHERE w.id IN (
              SELECT d.work_item FROM decision d WHERE d.conversation = t.conversation
              UNION SELECT s.work_item FROM assignment s WHERE s.conversation = t.conversation)
            AND COALESCE(w.answered_at, CASE WHEN w.state = 'completed' THEN w.ended_at END)
              <= t.recorded_at) AS answers,
          (SELECT MIN(n.recorded_at) FROM timeline_entry n
            WHERE n.conversation = t.conversation AND n.id > t.id
              AND n.recorded_at >= t.recorded_at  -- not what a mailbox remembered later
              AND (n.kind = 'reopened' OR (n.kind = 'message' AND n.direction = 'in'))) AS reopened,
          (SELECT MIN(f.created_at) FROM conversation f
            WHERE f.contact = c.contact AND f.follows = c.id) AS followed
        FROM timeline_entry t JOIN conversation c ON c.id = t.conversation
        WHERE t.kind = 'resolved' AND t.recorded_at >= :since AND t.recorded_at < :until
          AND (t.recorded_at, t.id) > (:at, :id)
        ORDER BY t.recorded_at, t.id LIMIT :limit
        """,
        since=since,
        until=until,
        at=at,
        id=id,
        limit=PAGE,
    )
    return [((row["recorded_at"], row["id"]), _resolved(row)) for row in rows]


def _resolved(row: Row) -> Resolved:
    back = [row[name] for name in ("reopened", "followed") if row[name] is not None]
    matter = Matter(row["recorded_at"], row["answers"], min(back, default=None))
    return Resolved(row["conversation"], row["queue"], matter)
