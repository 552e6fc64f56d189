"""Decisions of past days with the messages that they were made on, for the dry run of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from storage.db import Row, Tx

_read = msgspec.json.Decoder(dict[str, object]).decode


Place = tuple[int, int]
"""Where a page ends: time and id of its last row."""


def page(tx: Tx, since: int, before: Place | None, limit: int) -> list[Row]:
    """Decisions made since ``since`` (µs) and earlier than ``before``, newest first, with entries.

    ``contact`` is the person, ``uri`` and ``sender_name`` the address that wrote.
    """
    at, id = before or (2**62, 0)
    return tx.all(
        """
        SELECT d.id, d.conversation, d.entry, d.rule, d.data, d.inputs, d.at,
          t.text, t.subject, COALESCE(l.root, t.contact) AS contact, c.name AS contact_name,
          h.name AS channel, i.uri, i.name AS sender_name
        FROM decision d
        JOIN timeline_entry t ON t.id = d.entry
        LEFT JOIN contact_link l ON l.member = t.contact AND l.revoked_at IS NULL
        JOIN contact c ON c.id = COALESCE(l.root, t.contact)
        LEFT JOIN channel h ON h.id = t.channel
        LEFT JOIN identity i ON i.id = t.identity
        WHERE d.at >= :since AND (d.at, d.id) < (:at, :id)
        ORDER BY d.at DESC, d.id DESC LIMIT :limit
        """,
        since=since,
        at=at,
        id=id,
        limit=limit,
    )


def claims(tx: Tx, contact: int, entry: int) -> dict[str, str]:
    """What a person had said of themselves by the time of an entry: kind -> the latest words."""
    rows = tx.all(
        """
        SELECT kind, value FROM claim
        WHERE entry <= :entry AND (contact = :contact OR contact IN
          (SELECT member FROM contact_link WHERE root = :contact AND revoked_at IS NULL))
        ORDER BY id
        """,
        contact=contact,
        entry=entry,
    )
    return {row["kind"]: row["value"] for row in rows}


def queue_of(row: Row) -> str | None:
    """The queue that the rules chose then; None: they gave it to nobody."""
    queue = _read(row["data"]).get("queue")
    return None if queue is None else str(queue)


def rule_of(row: Row) -> str:
    """The rule that chose that queue then."""
    by = _read(row["data"]).get("by")
    return str(by.get("queue", row["rule"]) if isinstance(by, dict) else row["rule"])
