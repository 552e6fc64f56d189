"""The event log: what screens, router and deliverer follow. Its order is commit order.

``append`` only collects; the writer calls ``flush`` once, at the very end of each group, so that on
PostgreSQL no row can become visible behind a reader that has already passed its number.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import asdict, astuple

from storage.later import Table

if TYPE_CHECKING:
    from storage.db import Row, Tx


class PendingEvent(msgspec.Struct, frozen=True, gc=False):
    """One event on its way into the log; ``data`` holds ids and typed fields, never text."""

    kind: str
    subject: int
    conversation: int | None
    contact: int | None
    queue: int | None
    agent: int | None
    data: str
    at: int


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
            conversation,
            contact,
            queue,
            agent,
            msgspec.json.encode(data).decode() if data else "{}",
            now,
        )
    )


_EVENTS: Final = Table("event", PendingEvent)
_FLUSH = """
INSERT INTO event (kind, subject, conversation, contact, queue, agent, data, at)
SELECT value->>0, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT),
  CAST(value->>3 AS BIGINT), CAST(value->>4 AS BIGINT), CAST(value->>5 AS BIGINT),
  value->>6, CAST(value->>7 AS BIGINT)
FROM json_array_elements(CAST(:events AS json)) WITH ORDINALITY AS given (value, place)
ORDER BY place RETURNING seq
"""


def flush(tx: Tx) -> None:
    """Write a group's events by few statements; the writer holds the event lock around it.

    On PostgreSQL they go as one JSON parameter: a VALUES list of every length is parsed anew each
    time. Only SQLite, where nobody else writes meanwhile, numbers them without a gap for sure.
    """
    pending = tx.pending_events
    if not pending:
        return
    given = [astuple(event) for event in pending]
    if tx.engine == "sqlite":
        tx.last_seq = last = tx.insert_all(_EVENTS, given)
        first = last - len(given) + 1
        tx.logged = [{"seq": seq, **asdict(event)} for seq, event in enumerate(pending, first)]
    else:
        rows = tx.all(_FLUSH, events=msgspec.json.encode(given).decode())
        tx.last_seq = max(row[0] for row in rows)
    pending.clear()


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


def places(tx: Tx, seq: int, back: int) -> dict[int, tuple[int | None, int | None]]:
    """Where each conversation was at ``seq``: (queue, owner), of those that moved in the ``back``
    events before it."""
    rows = tx.all(
        """
        SELECT conversation, queue, agent FROM event
        WHERE seq <= :seq AND seq > :floor AND kind IN ('entry.added', 'conversation.changed')
          AND conversation IS NOT NULL
        ORDER BY seq
        """,
        seq=seq,
        floor=seq - back,
    )
    return {row["conversation"]: (row["queue"], row["agent"]) for row in rows}


def any_older(tx: Tx, conversations: Iterable[int], seq: int) -> bool:
    """Whether one of these conversations was there before ``seq``."""
    then = tx.value("SELECT at FROM event WHERE seq <= :seq ORDER BY seq DESC LIMIT 1", seq=seq)
    return then is not None and any(
        tx.value("SELECT created_at FROM conversation WHERE id = :id", id=id) <= then
        for id in conversations
    )


def queues_changed(tx: Tx, seq: int, back: int, most: int) -> set[int]:
    """Queues into which a turn came or which one left in the ``back`` microseconds before the event
    ``seq``, of the ``most`` events before it."""
    rows = tx.all(
        """
        SELECT DISTINCT queue FROM event
        WHERE seq <= :seq AND seq > :floor AND kind = 'item.changed' AND queue IS NOT NULL
          AND at >= (SELECT at FROM event WHERE seq <= :seq ORDER BY seq DESC LIMIT 1) - :back
        """,
        seq=seq,
        floor=seq - most,
        back=back,
    )
    return {int(row["queue"]) for row in rows}


def first_entry_after(tx: Tx, conversation: int, seq: int) -> int | None:
    """The first entry of a conversation that came after ``seq``; None if there is none.

    Entries of the running group have no number yet and count as after.
    """
    found = tx.value(
        """
        SELECT MIN(subject) FROM event
        WHERE seq > :seq AND kind = 'entry.added' AND conversation = :conversation
        """,
        seq=seq,
        conversation=conversation,
    )
    waiting = [
        event.subject
        for event in tx.pending_events
        if event.kind == "entry.added" and event.conversation == conversation
    ]
    return min([int(found), *waiting] if found is not None else waiting, default=None)
