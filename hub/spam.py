"""Calling a matter spam, and taking it back: what it was before is kept with the act.

The matter is resolved, whoever wrote it is blocked, what was on its way to them stops. Undone, it
is as it was: status, owner, and the place in line by the old ``waiting_since``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from storage import agents, audit, consents, conversations

if TYPE_CHECKING:
    from hub.compose import Author
    from storage.db import Row, Tx


_NO_TURN = frozenset({"auto", "bounce", "consent"})
"""Facts of messages that owe nobody an answer."""


def before(row: Row) -> dict[str, Any]:
    """What is kept of a conversation when it is called spam."""
    names = ("status", "agent", "waiting_since", "snoozed_until")
    return {name: row[name] for name in names if row[name] is not None}


def block(tx: Tx, row: Row, author: Author, *, now: int) -> None:
    """Block whoever wrote the matter."""
    sender = _sender(tx, row)
    if consents.block(tx, sender, conversation=row["id"], now=now):
        audit.record(tx, author.by, "identity.block", f"identity:{sender}", now=now, spam=row["id"])


def unblock(tx: Tx, row: Row, author: Author, *, now: int) -> None:
    """Whoever was blocked for this matter is heard again; a block by hand stays."""
    for one in {_sender(tx, row), row["identity"]}:
        consents.unblock_for(tx, row["id"], one, now=now)
    audit.record(tx, author.by, "identity.unblock", f"conversation:{row['id']}", now=now)


def restore(tx: Tx, row: Row, *, now: int) -> Row | None:
    """Make the matter what it was before it was called spam; None where nothing is known of that.

    The owner is left out if they work here no more. If they wrote meanwhile, that is owed now. Its
    turn is for the caller to begin.
    """
    kept = _kept(tx, row["id"])
    if not kept:
        return None
    if (missed := _written_since(tx, row["id"])) is not None:
        kept = {"waiting_since": missed, **kept, "status": "open", "snoozed_until": None}
    owner = None if kept.get("agent") is None else agents.get(tx, kept["agent"])
    owner_id = owner["id"] if owner is not None and owner["active"] else None
    tx.run(
        """
        UPDATE conversation SET status = :status, agent = CAST(:agent AS BIGINT),
          waiting_since = CAST(:waiting AS BIGINT), snoozed_until = CAST(:until AS BIGINT),
          resolved_at = CASE WHEN :resolved THEN resolved_at END
        WHERE id = :id
        """,
        status=kept["status"],
        resolved=kept["status"] == "resolved",
        agent=owner_id,
        waiting=kept.get("waiting_since"),
        until=kept.get("snoozed_until"),
        id=row["id"],
    )
    conversations.changed(tx, row["id"], now=now)
    return conversations.get(tx, row["id"])


def missed(tx: Tx, row: Row, *, now: int) -> list[Row]:
    """What they began elsewhere while they were blocked for this matter is owed too, in its queue;
    those conversations, open now. Their turns are for the caller to begin."""
    found = []
    for id, since in _begun_since(tx, row["id"], _sender(tx, row)).items():
        tx.run(
            """
            UPDATE conversation SET status = 'open', waiting_since = :since, resolved_at = NULL,
              queue = COALESCE(queue, CAST(:queue AS BIGINT))
            WHERE id = :id AND status = 'resolved'
            """,
            since=since,
            queue=row["queue"],
            id=id,
        )
        conversations.changed(tx, id, now=now)
        back = conversations.get(tx, id)
        found += [back] if back is not None and back["status"] == "open" else []
    return found


def _begun_since(tx: Tx, spam: int, sender: int) -> dict[int, int]:
    """Conversation -> when a person first wrote there (µs) and went unheard as blocked, since the
    matter was called spam."""
    rows = tx.all(
        """
        SELECT t.conversation, t.recorded_at, t.data FROM timeline_entry t
        JOIN identity i ON i.id = t.identity
        JOIN decision d ON d.conversation = t.conversation AND d.entry = t.id
        WHERE t.contact = i.contact AND t.identity = :sender AND i.blocked_at IS NULL
          AND t.conversation <> :spam AND d.rule = 'hub:blocked' AND t.id >
          (SELECT MAX(s.id) FROM timeline_entry s WHERE s.conversation = :spam AND s.kind = 'spam')
        ORDER BY t.id DESC
        """,
        sender=sender,
        spam=spam,
    )
    return {row["conversation"]: row["recorded_at"] for row in rows if _asks(row)}


def _asks(row: Row) -> bool:
    return _NO_TURN.isdisjoint(msgspec.json.decode(row["data"], type=dict[str, Any]))


def _sender(tx: Tx, row: Row) -> int:
    """Who wrote last; where only we wrote, to whom."""
    found = tx.value(
        """
        SELECT identity FROM timeline_entry WHERE conversation = :c AND direction = 'in'
          AND kind = 'message' AND identity IS NOT NULL ORDER BY id DESC LIMIT 1
        """,
        c=row["id"],
    )
    return int(found if found is not None else row["identity"])


def _written_since(tx: Tx, conversation: int) -> int | None:
    """When a person first wrote after it was called spam: filed, and nobody was told of it."""
    rows = tx.all(
        """
        SELECT recorded_at, data FROM timeline_entry
        WHERE conversation = :c AND kind = 'message' AND direction = 'in' AND id >
          (SELECT MAX(s.id) FROM timeline_entry s WHERE s.conversation = :c AND s.kind = 'spam')
        ORDER BY id
        """,
        c=conversation,
    )
    return next((row["recorded_at"] for row in rows if _asks(row)), None)


def _kept(tx: Tx, conversation: int) -> dict[str, Any]:
    data = tx.value(
        """
        SELECT data FROM timeline_entry WHERE conversation = :c AND kind = 'spam'
        ORDER BY id DESC LIMIT 1
        """,
        c=conversation,
    )
    kept: dict[str, Any] = {} if data is None else msgspec.json.decode(data).get("before", {})
    return kept
