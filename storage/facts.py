"""What rules may ask that costs a look-up: read only if some published rule asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from storage import last_moved

if TYPE_CHECKING:
    from storage.db import Row, Tx

_LIVE = "('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')"
"""As the index of live items has it."""


def profile(tx: Tx, contact: int) -> Row | None:
    """A person's language and attributes, with the name and attributes of their organization."""
    return tx.one(
        """
        SELECT c.language, c.attributes, o.name AS organization, o.attributes AS of_organization
        FROM contact c LEFT JOIN organization o ON o.id = c.organization WHERE c.id = :contact
        """,
        contact=contact,
    )


def last_contact(tx: Tx, members: Sequence[int]) -> int | None:
    """When something last came from a person or went to them; None: never."""
    last_moved.write(tx)
    times = [
        tx.value("SELECT MAX(last_at) FROM conversation WHERE contact = :contact", contact=contact)
        for contact in members
    ]
    return max((int(time) for time in times if time is not None), default=None)


def agent_email(tx: Tx, agent: int) -> str | None:
    """Under which address an agent signs in."""
    found = tx.value(
        "SELECT u.email FROM agent a JOIN user_account u ON u.id = a.user_id WHERE a.id = :agent",
        agent=agent,
    )
    return None if found is None else str(found)


def queues(tx: Tx, now: int) -> list[Row]:
    """Of each active queue: its name, how many wait, since when (µs), and who is available."""
    return tx.all(
        f"""
        SELECT q.name, COALESCE(w.waiting, 0) AS waiting, w.oldest,
          (SELECT COUNT(*) FROM queue_agent s JOIN agent a ON a.id = s.agent
           WHERE s.queue = q.id AND a.active AND a.presence = 'available'
             AND (a.lease_until IS NULL OR a.lease_until > :now)) AS available
        FROM queue q LEFT JOIN (
          SELECT queue, COUNT(*) AS waiting, MIN(entered_at) AS oldest
          FROM work_item WHERE state IN {_LIVE} AND (state = 'queued' OR state = 'offered')
          GROUP BY queue
        ) w ON w.queue = q.id
        WHERE q.active
        """,
        now=now,
    )


def names(tx: Tx) -> dict[str, set[str]]:
    """Everything that a rule may name, by its noun."""
    rows = tx.all(
        """
        SELECT 'queues' AS noun, name FROM queue WHERE active
        UNION ALL SELECT 'channels', name FROM channel WHERE state <> 'removed'
        UNION ALL SELECT 'skills', name FROM skill
        UNION ALL SELECT 'templates', name FROM template
        UNION ALL SELECT 'calendars', name FROM calendar
        UNION ALL SELECT 'policies', name FROM sla_policy
        UNION ALL SELECT 'agents', u.email FROM agent a JOIN user_account u ON u.id = a.user_id
          WHERE a.active
        """
    )
    found: dict[str, set[str]] = {
        noun: set()
        for noun in ("queues", "channels", "skills", "templates", "calendars", "policies", "agents")
    }
    for row in rows:
        found[row["noun"]].add(row["name"])
    return found
