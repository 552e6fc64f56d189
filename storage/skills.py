"""Skills: what work may ask for, who has them at which level, and how fast each agent is at what.

Levels are 1 (just so) to 5 (best). Pace is measured nightly (``hub/router/pacing.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from storage import agents, events

if TYPE_CHECKING:
    from storage.db import Row, Tx


def listed(tx: Tx) -> list[Row]:
    """All skills, by name."""
    return tx.all("SELECT * FROM skill ORDER BY name")


def names(tx: Tx) -> frozenset[str]:
    """What rules and plans may ask for."""
    return frozenset(row["name"] for row in listed(tx))


def save(tx: Tx, *, name: str, title: str, now: int) -> int:
    """Make a skill, or give the one of that name another title (JSON); its id."""
    found = tx.value(
        """
        INSERT INTO skill (name, title, created_at) VALUES (:name, :title, :now)
        ON CONFLICT (name) DO UPDATE SET title = excluded.title RETURNING id
        """,
        name=name,
        title=title,
        now=now,
    )
    return int(found)


def remove(tx: Tx, name: str, *, now: int) -> None:
    """Take a skill away from everybody. Who needs it is asked before: ``holders``, ``wanted_by``."""
    row = tx.one("SELECT id FROM skill WHERE name = :name", name=name)
    if row is None:
        return
    for agent in tx.all("DELETE FROM agent_skill WHERE skill = :s RETURNING agent", s=row["id"]):
        agents.changed(tx, agent["agent"], now=now)
    tx.run("DELETE FROM skill WHERE id = :id", id=row["id"])


def of_agent(tx: Tx, agent: int) -> dict[str, int]:
    """Name -> level of one agent."""
    rows = tx.all(
        """
        SELECT s.name, a.level FROM agent_skill a JOIN skill s ON s.id = a.skill
        WHERE a.agent = :agent ORDER BY s.name
        """,
        agent=agent,
    )
    return {row["name"]: row["level"] for row in rows}


def give(tx: Tx, agent: int, levels: Mapping[str, int], *, now: int) -> None:
    """Set what an agent can, by name. Raises LookupError: no such skill."""
    known = {row["name"]: row["id"] for row in listed(tx)}
    tx.run("DELETE FROM agent_skill WHERE agent = :agent", agent=agent)
    for name, level in sorted(levels.items()):
        if name not in known:
            raise LookupError(name)
        tx.run(
            "INSERT INTO agent_skill (agent, skill, level) VALUES (:agent, :skill, :level)",
            agent=agent,
            skill=known[name],
            level=level,
        )
    agents.changed(tx, agent, now=now)


def rename_in_plans(tx: Tx, old: str, new: str, *, now: int) -> int:
    """Let waiting items that ask for ``old`` ask for ``new``; how many."""
    changed = 0
    for row in wanted_by(tx, old):
        tx.run(
            "UPDATE work_item SET plan = REPLACE(plan, :old, :new) WHERE id = :id",
            old=f'"skill":"{old}"',
            new=f'"skill":"{new}"',
            id=row["id"],
        )
        events.append(
            tx, "item.changed", row["id"], conversation=row["conversation"], queue=row["queue"],
            now=now, state=row["state"],
        )  # fmt: skip
        changed += 1
    return changed


def wanted_by(tx: Tx, name: str) -> list[Row]:
    """The waiting items whose plans ask for a skill."""
    rows = tx.all(
        """
        SELECT id, conversation, queue, state, plan FROM work_item
        WHERE state IN ('queued', 'offered', 'deferred') AND plan <> '{}' AND state IN
          ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
        ORDER BY id
        """
    )
    return [row for row in rows if f'"skill":"{name}"' in row["plan"]]


# ---------------------------------------------------------------- pace


def paces(tx: Tx) -> dict[int, list[tuple[int, int]]]:
    """Agent -> (queue, thousandths of everybody's handle time), sorted."""
    found: dict[int, list[tuple[int, int]]] = {}
    for row in tx.all("SELECT agent, queue, permille FROM agent_pace ORDER BY agent, queue"):
        found.setdefault(row["agent"], []).append((row["queue"], row["permille"]))
    return found


def save_pace(tx: Tx, rows: Iterable[tuple[int, int, int, int]], *, now: int) -> None:
    """Replace all paces by (agent, queue, permille, turns); who has none is as fast as everybody."""
    before = paces(tx)
    tx.run("DELETE FROM agent_pace")
    for agent, queue, permille, turns in rows:
        tx.run(
            """
            INSERT INTO agent_pace (agent, queue, permille, turns, at)
            VALUES (:agent, :queue, :permille, :turns, :now)
            """,
            agent=agent,
            queue=queue,
            permille=permille,
            turns=turns,
            now=now,
        )
    after = paces(tx)
    for agent in before.keys() | after.keys():
        if before.get(agent) != after.get(agent):
            agents.changed(tx, agent, now=now)
