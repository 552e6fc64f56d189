"""Policies of what is promised to whom, as declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import events

if TYPE_CHECKING:
    from storage.db import Row, Tx


def listed(tx: Tx) -> list[Row]:
    """All policies, by name."""
    return tx.all("SELECT * FROM sla_policy ORDER BY name")


def save(tx: Tx, name: str, body: str, now: int) -> int:
    """Make a policy, or change the one of that name; its id. What runs already stays promised."""
    found = tx.value(
        """
        INSERT INTO sla_policy (name, body, updated_at) VALUES (:name, :body, :now)
        ON CONFLICT (name) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at
        RETURNING id
        """,
        name=name,
        body=body,
        now=now,
    )
    events.append(tx, "sla.changed", found, now=now)
    return int(found)


def remove(tx: Tx, id: int, now: int) -> None:
    """Promise no more by it. What was promised runs on: a deadline has all it needs."""
    tx.run("DELETE FROM sla_policy WHERE id = :id", id=id)
    events.append(tx, "sla.changed", id, now=now)
