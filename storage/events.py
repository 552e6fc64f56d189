"""The event log: what screens, router and deliverer follow. Its order is commit order.

``append`` only collects; the writer calls ``flush`` once, at the very end of each group, so that on
PostgreSQL no row can become visible behind a reader that has already passed its number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from storage.db import Row, Tx

_INSERT = """
INSERT INTO event (kind, subject, conversation, contact, queue, agent, data, at)
VALUES (:kind, :subject, :conversation, :contact, :queue, :agent, :data, :at)
RETURNING seq
"""


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """One event on its way into the log; ``data`` holds ids and typed fields, never text."""

    kind: str
    subject: int
    at: int
    conversation: int | None = None
    contact: int | None = None
    queue: int | None = None
    agent: int | None = None
    data: str = "{}"


def append(
    tx: Tx,
    kind: str,
    subject: int,
    *,
    now: int,
    conversation: int | None = None,
    contact: int | None = None,
    queue: int | None = None,
    agent: int | None = None,
    **data: Any,
) -> None:
    """Say that something happened. Visible once the group is committed."""
    tx.pending_events.append(
        PendingEvent(
            kind,
            subject,
            now,
            conversation,
            contact,
            queue,
            agent,
            msgspec.json.encode(data).decode() if data else "{}",
        )
    )


def since(tx: Tx, seq: int, limit: int = 1000) -> list[Row]:
    """Events after ``seq``, in order, at most ``limit``."""
    return tx.all(
        "SELECT * FROM event WHERE seq > :seq ORDER BY seq LIMIT :limit", seq=seq, limit=limit
    )


def last_seq(tx: Tx) -> int:
    """The newest number in the log; 0 when it is empty."""
    return int(tx.value("SELECT MAX(seq) FROM event") or 0)


def first_seq(tx: Tx) -> int:
    """The oldest number still kept; 0 when the log is empty."""
    return int(tx.value("SELECT MIN(seq) FROM event") or 0)
