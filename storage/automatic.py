"""What no person wrote: asked for with the message that it answers, settled once.

A row is ``wanted`` in the transaction that files the message, and ``sent`` or ``refused`` in the
transaction that writes the answer or the reason: never lost, never done twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from storage import events, timeline

if TYPE_CHECKING:
    from storage.db import Row, Tx

Cause = Literal["rule", "closed", "deflect", "acknowledgement"]


def want(
    tx: Tx,
    *,
    conversation: int,
    identity: int,
    answers: int,
    template: str,
    cause: Cause,
    now: int,
) -> int | None:
    """Ask for an answer to an entry; None if the same was asked for before."""
    id = tx.insert_new(
        """
        INSERT INTO automatic_send (conversation, identity, answers, template, cause, wanted_at, at)
        VALUES (:conversation, :identity, :answers, :template, :cause, :now, :now)
        ON CONFLICT DO NOTHING
        """,
        conversation=conversation,
        identity=identity,
        answers=answers,
        template=template,
        cause=cause,
        now=now,
    )
    if id is not None:
        events.append(tx, "automatic.wanted", id, conversation=conversation, now=now)
    return id


def wanted(tx: Tx, limit: int) -> list[int]:
    """Ids of what is not settled yet, oldest first."""
    rows = tx.all(
        "SELECT id FROM automatic_send WHERE state = 'wanted' ORDER BY id LIMIT :limit", limit=limit
    )
    return [row["id"] for row in rows]


def begin(tx: Tx, id: int, *, now: int) -> Row | None:
    """Take one that is wanted, to settle it in this transaction; None if it is settled. Whoever
    else wants to waits until then."""
    return tx.one(
        "UPDATE automatic_send SET at = :now WHERE id = :id AND state = 'wanted' RETURNING *",
        id=id,
        now=now,
    )


def sent(tx: Tx, id: int, *, entry: int, address: str, now: int) -> None:
    """It is on its way as this entry, to this address."""
    tx.run(
        """
        UPDATE automatic_send SET state = 'sent', entry = :entry, address = :address, at = :now
        WHERE id = :id AND state = 'wanted'
        """,
        id=id,
        entry=entry,
        address=address,
        now=now,
    )


def refuse(tx: Tx, id: int, reason: str, *, now: int) -> None:
    """It is not sent, and why: shown with the message that it would have answered."""
    row = tx.one(
        """
        UPDATE automatic_send SET state = 'refused', refused = :reason, at = :now
        WHERE id = :id AND state = 'wanted' RETURNING answers
        """,
        id=id,
        reason=reason,
        now=now,
    )
    if row is not None:
        timeline.changed(tx, row["answers"], now=now)


def sent_in(tx: Tx, conversation: int, since: int) -> int:
    """How many left in a conversation after that time."""
    return int(
        tx.value(
            """
            SELECT COUNT(*) FROM automatic_send
            WHERE conversation = :c AND state = 'sent' AND at > :since
            """,
            c=conversation,
            since=since,
        )
    )


def sent_to(tx: Tx, address: str, identity: int, since: int) -> int:
    """How many left after that time, whatever the conversation: to an address, or for what this
    writer wrote, who may give another return path each time."""
    counts = tx.one(
        """
        SELECT
          (SELECT COUNT(*) FROM automatic_send
           WHERE address = :address AND state = 'sent' AND at > :since) AS there,
          (SELECT COUNT(*) FROM conversation c JOIN automatic_send s ON s.conversation = c.id
           WHERE c.contact = (SELECT contact FROM identity WHERE id = :identity)
             AND c.last_at > :since AND s.identity = :identity AND s.state = 'sent'
             AND s.at > :since) AS here
        """,
        address=address,
        identity=identity,
        since=since,
    )
    return 0 if counts is None else max(int(counts["there"]), int(counts["here"]))


def last_sent(tx: Tx, conversation: int, cause: Cause) -> int | None:
    """When the last of its kind left in a conversation."""
    found = tx.value(
        """
        SELECT MAX(at) FROM automatic_send
        WHERE conversation = :c AND state = 'sent' AND cause = :cause
        """,
        c=conversation,
        cause=cause,
    )
    return None if found is None else int(found)


def listed(tx: Tx, conversation: int, limit: int = 50) -> list[Row]:
    """What was wanted in a conversation and what became of it, newest first."""
    return tx.all(
        """
        SELECT a.*, i.uri FROM automatic_send a JOIN identity i ON i.id = a.identity
        WHERE a.conversation = :c ORDER BY a.id DESC LIMIT :limit
        """,
        c=conversation,
        limit=limit,
    )


def newest_inbound(tx: Tx, conversation: int) -> Row | None:
    """The last message of a customer: what an answer to the conversation as a whole answers."""
    return tx.one(
        """
        SELECT * FROM timeline_entry WHERE conversation = :c AND direction = 'in'
          AND kind = 'message' ORDER BY id DESC LIMIT 1
        """,
        c=conversation,
    )


def answered_since(tx: Tx, conversation: int, entry: int) -> bool:
    """Whether a person of ours has written after that entry."""
    return bool(
        tx.value(
            """
            SELECT 1 FROM timeline_entry WHERE conversation = :c AND id > :entry
              AND direction = 'out' AND kind = 'message' AND actor <> 'hub' LIMIT 1
            """,
            c=conversation,
            entry=entry,
        )
    )
