"""Why a conversation went where it went: decisions, turns, offers and assignments, to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from storage.later import Table

if TYPE_CHECKING:
    from storage.db import Row, Tx


class DecisionRow(msgspec.Struct, frozen=True, gc=False):
    """A row of ``decision``."""

    conversation: int
    entry: int
    work_item: int | None
    rule_version: int
    rule: str
    data: str
    """What the rules said (JSON)."""
    inputs: str
    """What they were asked, so far as it is kept (JSON)."""
    at: int


DECISIONS: Final = Table("decision", DecisionRow)


def keep(tx: Tx, row: DecisionRow) -> None:
    """Keep what the rules said of an entry, and of what they were asked."""
    tx.insert_later(DECISIONS, row)


def latest(tx: Tx, conversation: int) -> Row | None:
    """What the rules said last."""
    return tx.one(
        "SELECT * FROM decision WHERE conversation = :c ORDER BY id DESC LIMIT 1", c=conversation
    )


def listed(tx: Tx, conversation: int, limit: int = 20) -> list[Row]:
    """What the rules said, newest first."""
    return tx.all(
        "SELECT * FROM decision WHERE conversation = :c ORDER BY id DESC LIMIT :limit",
        c=conversation,
        limit=limit,
    )


def turns(tx: Tx, conversation: int, limit: int = 20) -> list[Row]:
    """Its work items, newest first, with names."""
    return tx.all(
        """
        SELECT w.*, q.name AS queue_name, u.name AS agent_name
        FROM work_item w JOIN queue q ON q.id = w.queue
        LEFT JOIN agent a ON a.id = w.agent LEFT JOIN user_account u ON u.id = a.user_id
        WHERE w.id IN (
          SELECT work_item FROM decision WHERE conversation = :c
          UNION SELECT work_item FROM assignment WHERE conversation = :c
          UNION SELECT id FROM work_item WHERE conversation = :c AND state IN
            ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping'))
        ORDER BY w.id DESC LIMIT :limit
        """,
        c=conversation,
        limit=limit,
    )


def last_item(tx: Tx, conversation: int) -> Row | None:
    """The newest turn that a decision began."""
    return tx.one(
        """
        SELECT w.* FROM decision d JOIN work_item w ON w.id = d.work_item
        WHERE d.conversation = :c AND d.work_item IS NOT NULL ORDER BY d.id DESC LIMIT 1
        """,
        c=conversation,
    )


def last_assigned(tx: Tx, conversation: int) -> Row | None:
    """The turn that came into somebody's hands last."""
    return tx.one(
        """
        SELECT w.* FROM assignment s JOIN work_item w ON w.id = s.work_item
        WHERE s.conversation = :c ORDER BY s.id DESC LIMIT 1
        """,
        c=conversation,
    )


def offers(tx: Tx, item: int) -> list[Row]:
    """To whom a turn was offered, in order."""
    return tx.all(
        """
        SELECT o.*, u.name AS agent_name FROM offer o JOIN agent a ON a.id = o.agent
        JOIN user_account u ON u.id = a.user_id WHERE o.work_item = :item ORDER BY o.id
        """,
        item=item,
    )


def assignments(tx: Tx, conversation: int, limit: int = 50) -> list[Row]:
    """Who had it, in order."""
    return tx.all(
        """
        SELECT s.*, u.name AS agent_name FROM assignment s JOIN agent a ON a.id = s.agent
        JOIN user_account u ON u.id = a.user_id WHERE s.conversation = :c
        ORDER BY s.id LIMIT :limit
        """,
        c=conversation,
        limit=limit,
    )
