"""What people have typed and not sent, kept per person and conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.db import Tx


def load(tx: Tx, user: int, conversation: int) -> str | None:
    """The draft as it was saved (JSON)."""
    found = tx.value(
        "SELECT body FROM draft WHERE user_id = :u AND conversation = :c", u=user, c=conversation
    )
    return None if found is None else str(found)


def save(tx: Tx, user: int, conversation: int, body: str, now: int) -> None:
    """Keep it; the last one wins."""
    tx.run(
        """
        INSERT INTO draft (user_id, conversation, body, updated_at)
        VALUES (:user, :conversation, :body, :now)
        ON CONFLICT (user_id, conversation) DO UPDATE
        SET body = excluded.body, updated_at = excluded.updated_at
        """,
        user=user,
        conversation=conversation,
        body=body,
        now=now,
    )


def forget(tx: Tx, user: int, conversation: int) -> None:
    """It was sent, or given up."""
    tx.run("DELETE FROM draft WHERE user_id = :u AND conversation = :c", u=user, c=conversation)
