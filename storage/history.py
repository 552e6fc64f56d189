"""What happened on past days, as a simulation plays it again: turns as they came, who was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.db import Row, Tx


def anything(tx: Tx, first: int, last: int) -> bool:
    """Whether a turn began, or somebody came or was there, from ``first`` until before ``last``."""
    if tx.one(
        "SELECT 1 FROM work_item WHERE entered_at >= :first AND entered_at < :last LIMIT 1",
        first=first,
        last=last,
    ):
        return True
    return any(row["presence"] == "available" for row in presences(tx, first, last))


def turns(tx: Tx, first: int, last: int) -> list[Row]:
    """Turns that began from ``first`` until before ``last`` (µs), in order; not what was no work.

    Rows of queue, kind, units, entered_at, assigned_at, answered_at, ended_at, abandoned.
    """
    return tx.all(
        """
        SELECT w.queue, ch.kind, w.units, w.entered_at, w.assigned_at, w.ended_at,
          COALESCE(w.answered_at, CASE WHEN w.state = 'completed' THEN w.ended_at END)
            AS answered_at,
          w.state = 'abandoned' AS abandoned
        FROM work_item w JOIN channel ch ON ch.id = w.channel
        WHERE w.entered_at >= :first AND w.entered_at < :last
          AND w.state NOT IN ('cancelled', 'dead_letter')
        ORDER BY w.entered_at, w.id
        """,
        first=first,
        last=last,
    )


def presences(tx: Tx, first: int, last: int) -> list[Row]:
    """Rows of agent, presence, at: as they stood at ``first`` and every change before ``last``."""
    return [
        *tx.all(
            """
            SELECT l.agent, l.presence, CAST(:first AS BIGINT) AS at FROM agent_state_log l
            JOIN (SELECT MAX(id) AS id FROM agent_state_log WHERE at < :first GROUP BY agent) last
              ON last.id = l.id
            ORDER BY l.agent
            """,
            first=first,
        ),
        *tx.all(
            """
            SELECT agent, presence, at FROM agent_state_log
            WHERE at >= :first AND at < :last ORDER BY at, id
            """,
            first=first,
            last=last,
        ),
    ]


def agents(tx: Tx) -> list[Row]:
    """Rows of id, name, capacity, limits (JSON) of everybody who works here."""
    return tx.all(
        """
        SELECT a.id, u.name, a.capacity, a.limits FROM agent a
        JOIN user_account u ON u.id = a.user_id WHERE a.active ORDER BY a.id
        """
    )
