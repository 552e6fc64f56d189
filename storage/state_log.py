"""When agents came, went and were away, and who said so. Written by ``storage/agents.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.db import Row, Tx

_SELECT = """
SELECT l.id, l.agent, l.presence, l.reason, l.actor, l.at, u.name AS by_name
FROM agent_state_log l
LEFT JOIN user_account u
  ON u.id = CASE WHEN SUBSTR(l.actor, 1, 5) = 'user:' THEN CAST(SUBSTR(l.actor, 6) AS BIGINT) END
"""


def listed(
    tx: Tx, agent: int, since: int, until: int, before: tuple[int, int] | None, limit: int
) -> list[Row]:
    """One agent's changes in ``[since, until)``, newest first.

    ``before``: (at, id) of the last one of the page before.
    """
    at, id = before or (until, 0)
    return tx.all(
        f"""
        {_SELECT} WHERE l.agent = :agent AND l.at >= :since AND l.at <= :at
          AND (l.at < :at OR l.id < :id)
        ORDER BY l.at DESC, l.id DESC LIMIT :limit
        """,
        agent=agent,
        since=since,
        at=at,
        id=id,
        limit=limit,
    )


def latest(tx: Tx, agent: int) -> Row | None:
    """The agent's last change."""
    return tx.one(
        f"{_SELECT} WHERE l.agent = :agent ORDER BY l.at DESC, l.id DESC LIMIT 1", agent=agent
    )
