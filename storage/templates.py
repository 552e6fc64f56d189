"""Templates: texts that the hub itself sends, by name and language, as declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import events

if TYPE_CHECKING:
    from storage.db import Row, Tx


def listed(tx: Tx) -> list[Row]:
    """All of them, by name."""
    return tx.all("SELECT * FROM template ORDER BY name")


def save(tx: Tx, *, name: str, body: str, now: int) -> None:
    """Make a template, or change the one of that name. ``body``: JSON, language -> texts."""
    tx.run(
        """
        INSERT INTO template (name, body, updated_at) VALUES (:name, :body, :now)
        ON CONFLICT (name) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at
        """,
        name=name,
        body=body,
        now=now,
    )
    events.append(tx, "templates.changed", 0, now=now)


def remove(tx: Tx, name: str, *, now: int) -> None:
    """Take it away; what was sent stands on the timeline."""
    tx.run("DELETE FROM template WHERE name = :name", name=name)
    events.append(tx, "templates.changed", 0, now=now)
