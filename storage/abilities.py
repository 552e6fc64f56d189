"""What agents can take, as matching needs it: queues, skills, pace, and how many of each kind they
have. One statement, for one agent or for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.db import Tx


@dataclass(slots=True)
class Abilities:
    """Of one agent."""

    queues: set[int] = field(default_factory=set)
    skills: list[tuple[str, int]] = field(default_factory=list)
    """(name, level)"""
    pace: list[tuple[int, int]] = field(default_factory=list)
    """(queue, thousandths of everybody's handle time)"""
    counts: list[tuple[str, int]] = field(default_factory=list)
    """(channel kind, live items and offers)"""
    wrapping: int = 0
    """Units in wrap-up."""


_SQL = """
SELECT 'queue' AS what, qa.agent, qa.queue AS id, 0 AS n, '' AS name
FROM queue_agent qa JOIN queue q ON q.id = qa.queue WHERE q.active{queue}
UNION ALL
SELECT 'skill', s.agent, 0, s.level, k.name
FROM agent_skill s JOIN skill k ON k.id = s.skill{skill}
UNION ALL
SELECT 'pace', p.agent, p.queue, p.permille, '' FROM agent_pace p{pace}
UNION ALL
SELECT 'kind', w.agent,
  CAST(SUM(CASE WHEN w.state = 'wrapping' THEN w.units ELSE 0 END) AS BIGINT), COUNT(*), ch.kind
FROM work_item w JOIN channel ch ON ch.id = w.channel
WHERE w.agent IS NOT NULL AND w.state IN ('offered', 'connecting', 'active', 'held', 'wrapping'){kind}
GROUP BY w.agent, ch.kind
"""
_ALL = _SQL.format(queue="", skill="", pace="", kind="")
_ONE = _SQL.format(
    queue=" AND qa.agent = :id",
    skill=" WHERE s.agent = :id",
    pace=" WHERE p.agent = :id",
    kind=" AND w.agent = :id",
)


def everyone(tx: Tx) -> dict[int, Abilities]:
    """Of all agents; who has none of these is not there."""
    return _read(tx, _ALL)


def of_one(tx: Tx, agent: int) -> Abilities:
    """Of one agent."""
    return _read(tx, _ONE, id=agent).get(agent, Abilities())


def _read(tx: Tx, sql: str, **given: int) -> dict[int, Abilities]:
    found: dict[int, Abilities] = {}
    for row in tx.all(sql, **given):
        one = found.setdefault(row["agent"], Abilities())
        match row["what"]:
            case "queue":
                one.queues.add(row["id"])
            case "skill":
                one.skills.append((row["name"], row["n"]))
            case "pace":
                one.pace.append((row["id"], row["n"]))
            case _:
                one.counts.append((row["name"], row["n"]))
                one.wrapping += row["id"]
    return found
