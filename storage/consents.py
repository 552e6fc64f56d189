"""Consent: append-only, per address and purpose, read inside the delivery claim.

``reply`` is an answer to what they wrote, ``service`` what we write first about a matter of theirs,
``marketing`` what nobody has asked for: that alone needs a yes, the others the absence of a no.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from connectors.fold import clean
from storage import events

if TYPE_CHECKING:
    from storage.db import Row, Tx

Purpose = Literal["reply", "service", "marketing"]
State = Literal["granted", "withdrawn"]
Closed = Literal["", "blocked", "opted_out", "not_asked"]
PURPOSES: tuple[Purpose, ...] = ("reply", "service", "marketing")
PROOF_CAP = 1_000  # characters


def record(
    tx: Tx,
    identity: int,
    channel: int | None,
    state: State,
    *,
    source: str,
    proof: str = "",
    purposes: Sequence[Purpose] = PURPOSES,
    entry: int | None = None,
    now: int,
) -> None:
    """A person opted out of, or into, what we send to this address for these purposes.

    ``source``: ``customer``, ``link``, ``provider:CODE``, ``agent:ID`` ..; ``proof``: the words
    that were said, or how it is known; ``channel`` None: on every channel.
    """
    for purpose in purposes:
        tx.run(
            """
            INSERT INTO consent (identity, channel, purpose, state, source, proof, entry, at)
            VALUES (:identity, :channel, :purpose, :state, :source, :proof, :entry, :now)
            """,
            identity=identity,
            channel=channel,
            purpose=purpose,
            state=state,
            source=source,
            proof=clean(proof, PROOF_CAP),
            entry=entry,
            now=now,
        )
    contact = tx.value("SELECT contact FROM identity WHERE id = :i", i=identity)
    events.append(tx, "contact.changed", contact, contact=contact, now=now)


def withdrawn(tx: Tx, identity: int, channel: int, purpose: Purpose = "reply") -> Row | None:
    """The withdrawal in force for this address on this channel, or None if there is none."""
    row = _last(tx, identity, channel, purpose)
    return row if row is not None and row["state"] == "withdrawn" else None


def closed(tx: Tx, identity: int, channel: int, purpose: Purpose = "reply") -> Closed:
    """Why nothing may be sent to this address on this channel; empty if it may."""
    row = tx.one(
        """
        SELECT i.blocked_at, (
            SELECT s.state FROM consent s WHERE s.identity = i.id AND s.purpose = :purpose
              AND (s.channel IS NULL OR s.channel = :channel) ORDER BY s.id DESC LIMIT 1) AS state
        FROM identity i WHERE i.id = :identity
        """,
        identity=identity,
        channel=channel,
        purpose=purpose,
    )
    if row is None:
        return ""
    if row["blocked_at"] is not None:
        return "blocked"
    if row["state"] == "withdrawn":
        return "opted_out"
    return "not_asked" if purpose == "marketing" and row["state"] is None else ""


def _last(tx: Tx, identity: int, channel: int, purpose: Purpose) -> Row | None:
    return tx.one(
        """
        SELECT * FROM consent
        WHERE identity = :identity AND purpose = :purpose
          AND (channel IS NULL OR channel = :channel)
        ORDER BY id DESC LIMIT 1
        """,
        identity=identity,
        purpose=purpose,
        channel=channel,
    )


def history(tx: Tx, identity: int) -> list[Row]:
    """All that was said about this address, oldest first."""
    return tx.all("SELECT * FROM consent WHERE identity = :i ORDER BY id", i=identity)


def of_person(tx: Tx, root: int, limit: int = 600) -> list[Row]:
    """All that was said about every address of a person (``root``: a contact's id), newest first;
    with the queue and the owner of the matter in which it was said."""
    return tx.all(
        """
        SELECT s.*, i.uri, c.name AS channel_name, c.kind AS channel_kind, t.conversation,
          u.name AS agent_name, m.queue AS said_in_queue, m.agent AS said_to
        FROM identity i JOIN consent s ON s.identity = i.id
        LEFT JOIN channel c ON c.id = s.channel
        LEFT JOIN timeline_entry t ON t.id = s.entry
        LEFT JOIN conversation m ON m.id = t.conversation
        LEFT JOIN agent a ON s.source = 'agent:' || CAST(a.id AS TEXT)
        LEFT JOIN user_account u ON u.id = a.user_id
        WHERE i.contact = :root OR i.contact IN
          (SELECT member FROM contact_link WHERE root = :root AND revoked_at IS NULL)
        ORDER BY s.id DESC LIMIT :limit
        """,
        root=root,
        limit=limit,
    )


# ---------------------------------------------------------------- blocked


def block(tx: Tx, identity: int, *, conversation: int | None = None, now: int) -> bool:
    """What comes from this address is filed without routing, and nothing is sent there.

    ``conversation``: the one that was called spam. False: it was blocked before.
    """
    return _set_block(
        tx,
        """
        UPDATE identity SET blocked_at = :now, blocked_for = :conversation
        WHERE id = :identity AND blocked_at IS NULL RETURNING contact
        """,
        identity=identity,
        conversation=conversation,
        now=now,
    )


def unblock(tx: Tx, identity: int, *, now: int) -> bool:
    """What comes from this address is heard again. False: it was not blocked."""
    return _set_block(
        tx,
        """
        UPDATE identity SET blocked_at = NULL, blocked_for = NULL
        WHERE id = :identity AND blocked_at IS NOT NULL RETURNING contact
        """,
        identity=identity,
        now=now,
    )


def unblock_for(tx: Tx, conversation: int, identity: int, *, now: int) -> None:
    """What was blocked because this conversation was called spam is heard again; who was blocked
    by hand stays so. ``identity``: a participant, so that no table is searched."""
    _set_block(
        tx,
        """
        UPDATE identity SET blocked_at = NULL, blocked_for = NULL
        WHERE id = :identity AND blocked_for = :conversation RETURNING contact
        """,
        identity=identity,
        conversation=conversation,
        now=now,
    )


def _set_block(tx: Tx, sql: str, *, now: int, **params: int | None) -> bool:
    params |= {"now": now} if ":now" in sql else {}
    row = tx.one(sql, **params)
    if row is not None:
        events.append(tx, "contact.changed", row["contact"], contact=row["contact"], now=now)
    return row is not None
