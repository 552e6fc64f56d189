"""Queues and who serves them: what configuration writes. Waiting work: storage/work_items.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from storage import agents, events

if TYPE_CHECKING:
    from storage.db import Row, Tx


def listed(tx: Tx) -> list[Row]:
    """All queues in use, by name."""
    return tx.all("SELECT * FROM queue WHERE active ORDER BY name")


def by_name(tx: Tx, name: str) -> Row | None:
    """One queue, in use or not."""
    return tx.one("SELECT * FROM queue WHERE name = :name", name=name)


def save(tx: Tx, *, name: str, title: str, visible_to: str, options: str, now: int) -> int:
    """Make a queue, or change the one of that name; its id."""
    found = tx.value(
        """
        INSERT INTO queue (name, title, visible_to, options, created_at)
        VALUES (:name, :title, :visible_to, :options, :now)
        ON CONFLICT (name) DO UPDATE SET title = excluded.title,
          visible_to = excluded.visible_to, options = excluded.options, active = TRUE
        RETURNING id
        """,
        name=name,
        title=title,
        visible_to=visible_to,
        options=options,
        now=now,
    )
    events.append(tx, "queue.changed", found, queue=found, now=now)
    return int(found)


def remove(tx: Tx, id: int, now: int) -> None:
    """Take it out of use; what was filed under it keeps its name."""
    tx.run("UPDATE queue SET active = FALSE WHERE id = :id", id=id)
    tx.run("DELETE FROM queue_agent WHERE queue = :id", id=id)
    events.append(tx, "queue.changed", id, queue=id, now=now)


def live(tx: Tx) -> list[Row]:
    """Every turn that is not done, with its channel's name and kind."""
    return tx.all(
        """
        SELECT w.*, ch.name AS channel_name, ch.kind FROM work_item w
        JOIN channel ch ON ch.id = w.channel WHERE w.state IN
          ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
        ORDER BY w.id
        """
    )


def served_by(tx: Tx, agent: int) -> list[str]:
    """Names of the queues that an agent serves."""
    rows = tx.all(
        """
        SELECT q.name FROM queue_agent qa JOIN queue q ON q.id = qa.queue
        WHERE qa.agent = :agent AND q.active ORDER BY q.name
        """,
        agent=agent,
    )
    return [row["name"] for row in rows]


def agents_listed(tx: Tx) -> list[Row]:
    """Everybody who takes work, by address."""
    return tx.all(
        """
        SELECT a.id, a.user_id, a.capacity, a.limits, u.email, u.name, u.role
        FROM agent a JOIN user_account u ON u.id = a.user_id WHERE a.active ORDER BY u.email
        """
    )


def save_agent(tx: Tx, *, user: int, capacity: int, limits: str = "{}", now: int) -> int:
    """Make this person an agent, or change the agent they are; the agent's id. ``limits``: JSON,
    channel kind -> most at once."""
    found = tx.value(
        """
        INSERT INTO agent (user_id, capacity, limits, present_since, idle_since, created_at)
        VALUES (:user, :capacity, :limits, :now, :now, :now)
        ON CONFLICT (user_id) DO UPDATE SET capacity = excluded.capacity,
          limits = excluded.limits, active = TRUE
        RETURNING id
        """,
        user=user,
        capacity=capacity,
        limits=limits,
        now=now,
    )
    agents.changed(tx, found, now=now)
    return int(found)


def serve(tx: Tx, agent: int, names: Iterable[str], now: int) -> None:
    """Set the queues that an agent serves, by name. Raises LookupError: no such queue."""
    tx.run("DELETE FROM queue_agent WHERE agent = :agent", agent=agent)
    for name in sorted(set(names)):
        row = by_name(tx, name)
        if row is None or not row["active"]:
            raise LookupError(name)
        tx.run(
            "INSERT INTO queue_agent (queue, agent) VALUES (:queue, :agent)",
            queue=row["id"],
            agent=agent,
        )
    agents.changed(tx, agent, now=now)


def retire_agent(tx: Tx, agent: int, now: int) -> None:
    """They take no more work. What they hold is given back by the router when they go offline."""
    tx.run("DELETE FROM queue_agent WHERE agent = :agent", agent=agent)
    tx.run("UPDATE agent SET active = FALSE WHERE id = :agent", agent=agent)
    agents.set_presence(tx, agent, "offline", "", lease_until=None, now=now)
    agents.changed(tx, agent, now=now)
