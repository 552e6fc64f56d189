"""Templates: what the hub sends by itself and people send often, by name and language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import events

if TYPE_CHECKING:
    from storage.db import Row, Tx


def listed(tx: Tx) -> list[Row]:
    """All of them, by name."""
    return tx.all("SELECT * FROM template ORDER BY name")


def save(tx: Tx, *, name: str, body: str, canned: bool = True, now: int) -> None:
    """Make a template, or change the one of that name. ``body``: JSON, language -> texts;
    ``canned``: offered to whoever writes an answer."""
    tx.run(
        """
        INSERT INTO template (name, body, canned, updated_at) VALUES (:name, :body, :canned, :now)
        ON CONFLICT (name) DO UPDATE SET body = excluded.body, canned = excluded.canned,
          updated_at = excluded.updated_at
        """,
        name=name,
        body=body,
        canned=canned,
        now=now,
    )
    events.append(tx, "templates.changed", 0, now=now)


def remove(tx: Tx, name: str, *, now: int) -> None:
    """Take it away; what was sent stands on the timeline."""
    tx.run("DELETE FROM template WHERE name = :name", name=name)
    events.append(tx, "templates.changed", 0, now=now)
