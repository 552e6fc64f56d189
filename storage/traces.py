"""Traces: what is stored of one message's way, found by whatever somebody has in their hand.

Reads only, by indexes only: what can be looked for is what the tables are keyed by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.db import Row, Tx

Kind = Literal["code", "event", "provider_id", "message_id", "address", "request"]

MOST = 20  # matches of one kind
ENTRIES = 200  # of one conversation, the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Something that what was asked for names."""

    kind: Kind
    conversation: int | None = None
    event: int | None = None
    entry: int | None = None
    contact: int | None = None


def by_code(tx: Tx, code: str) -> list[Match]:
    """The conversation with this tracking code."""
    rows = tx.all("SELECT id, contact FROM conversation WHERE code = :code", code=code)
    return [Match(kind="code", conversation=row["id"], contact=row["contact"]) for row in rows]


def by_event(tx: Tx, id: int) -> list[Match]:
    """The raw event of this number."""
    return _of_events("event", tx.all(f"{_EVENTS} WHERE e.id = :id", id=id))


def by_provider_id(tx: Tx, given: str) -> list[Match]:
    """What came in, or left, under this id of the provider's; its receipts too."""
    found = _of_events(
        "provider_id",
        tx.all(
            f"""
            {_EVENTS} WHERE e.id IN (
              SELECT x.id FROM channel h JOIN raw_event x ON x.channel = h.id
                AND x.kind IN ('message', 'inbound', 'ignored', 'request')
                AND x.provider_id = :given AND x.duplicate_of IS NULL)
            ORDER BY e.id DESC LIMIT :most
            """,
            given=given,
            most=MOST,
        ),
    )
    sent = tx.all(
        """
        SELECT d.entry, d.conversation FROM delivery d WHERE d.id IN (
          SELECT q.delivery FROM delivery_provider_id q
          WHERE q.channel IN (SELECT id FROM channel) AND q.provider_id = :given)
        ORDER BY d.id DESC LIMIT :most
        """,
        given=given,
        most=MOST,
    )
    found += [
        Match(kind="provider_id", conversation=row["conversation"], entry=row["entry"])
        for row in sent
    ]
    return found or _of_events("provider_id", _receipts_of_none(tx, given))


def _receipts_of_none(tx: Tx, given: str) -> list[Row]:
    """What the provider said of an id that nothing left under."""
    return tx.all(
        f"""
        {_EVENTS} WHERE e.id IN (
          SELECT x.id FROM channel h JOIN raw_event x ON x.channel = h.id AND x.kind = 'receipt'
            AND x.duplicate_of IS NULL AND x.provider_id IN (CAST(:given AS TEXT) || ':sent',
              CAST(:given AS TEXT) || ':delivered', CAST(:given AS TEXT) || ':read',
              CAST(:given AS TEXT) || ':failed'))
        ORDER BY e.id DESC LIMIT :most
        """,
        given=given,
        most=MOST,
    )


def by_message_id(tx: Tx, message_id: str) -> list[Match]:
    """The mails with this Message-ID, in or out."""
    rows = tx.all(
        """
        SELECT id, conversation, raw_event FROM timeline_entry WHERE message_id = :m
        ORDER BY id DESC LIMIT :most
        """,
        m=message_id,
        most=MOST,
    )
    return [
        Match(
            kind="message_id",
            conversation=row["conversation"],
            entry=row["id"],
            event=row["raw_event"],
        )
        for row in rows
    ]


def by_address(tx: Tx, uri: str) -> list[Match]:
    """The conversations of whoever writes from this address; then those of linked contacts."""
    rows = tx.all(
        """
        SELECT c.id, c.contact FROM conversation c
        WHERE c.contact IN (
          SELECT i.contact FROM identity i WHERE i.uri = :uri
          UNION SELECT o.member FROM identity i
            JOIN contact_link m ON m.member = i.contact AND m.revoked_at IS NULL
            JOIN contact_link o ON o.root = m.root AND o.revoked_at IS NULL WHERE i.uri = :uri
          UNION SELECT m.root FROM identity i
            JOIN contact_link m ON m.member = i.contact AND m.revoked_at IS NULL WHERE i.uri = :uri
          UNION SELECT o.member FROM identity i
            JOIN contact_link o ON o.root = i.contact AND o.revoked_at IS NULL WHERE i.uri = :uri)
        ORDER BY CASE WHEN c.contact = (SELECT contact FROM identity WHERE uri = :uri) THEN 0
          ELSE 1 END, c.last_at DESC, c.id DESC LIMIT :most
        """,
        uri=uri,
        most=MOST,
    )
    return [Match(kind="address", conversation=row["id"], contact=row["contact"]) for row in rows]


def by_request(tx: Tx, request_id: str) -> list[Match]:
    """What was sent because of this request of our API, as long as the exchanges are kept."""
    rows = tx.all(
        """
        SELECT DISTINCT d.entry, d.conversation FROM exchange x JOIN delivery d ON d.id = x.delivery
        WHERE x.request_id = :r ORDER BY d.entry DESC LIMIT :most
        """,
        r=request_id,
        most=MOST,
    )
    return [
        Match(kind="request", conversation=row["conversation"], entry=row["entry"]) for row in rows
    ]


_EVENTS = """
SELECT e.id, e.entry, t.conversation FROM raw_event e LEFT JOIN timeline_entry t ON t.id = e.entry
"""


def _of_events(kind: Kind, rows: Iterable[Row]) -> list[Match]:
    return [
        Match(kind=kind, conversation=row["conversation"], entry=row["entry"], event=row["id"])
        for row in rows
    ]


# ---------------------------------------------------------------- one matter


def matter(tx: Tx, id: int) -> Row | None:
    """A conversation, with the names that a trace begins with."""
    return tx.one(
        """
        SELECT c.*, p.name AS contact_name, i.uri, h.name AS channel_name
        FROM conversation c JOIN contact p ON p.id = c.contact JOIN identity i ON i.id = c.identity
        JOIN channel h ON h.id = c.channel WHERE c.id = :id
        """,
        id=id,
    )


def entries(tx: Tx, conversation: int) -> list[Row]:
    """The newest entries of a conversation in order, without anybody's words."""
    rows = tx.all(
        """
        SELECT t.id, t.kind, t.direction, t.actor, t.data, t.provider_id, t.message_id, t.raw_event,
          t.provider_time, t.recorded_at, i.uri, i.verified, h.name AS channel, u.name AS writer
        FROM timeline_entry t LEFT JOIN identity i ON i.id = t.identity
        LEFT JOIN channel h ON h.id = t.channel
        LEFT JOIN agent a ON a.id =
          CASE WHEN SUBSTR(t.actor, 1, 6) = 'agent:' THEN CAST(SUBSTR(t.actor, 7) AS BIGINT) END
        LEFT JOIN user_account u ON u.id = a.user_id
        WHERE t.conversation = :c ORDER BY t.id DESC LIMIT :most
        """,
        c=conversation,
        most=ENTRIES,
    )
    return rows[::-1]


def arrivals(tx: Tx, event: int) -> list[Row]:
    """An event of the ledger with its request, then the times it came again, and the other
    mailboxes that the same mail reached."""
    return tx.all(
        """
        SELECT e.id, e.kind, e.provider_id, e.state, e.reason, e.duplicate_of, e.entry, e.at,
          r.id AS request, r.kind AS door, r.key, r.url, r.signature, r.received_at,
          h.name AS channel
        FROM raw_event e JOIN raw_request r ON r.id = e.request JOIN channel h ON h.id = e.channel
        WHERE e.id IN (
          SELECT f.id FROM raw_event f WHERE f.id = :id
          UNION SELECT g.id FROM raw_event g WHERE g.duplicate_of = :id
          UNION SELECT o.id FROM raw_event f JOIN channel h ON h.id <> f.channel
            JOIN raw_event o ON o.channel = h.id AND o.kind = f.kind
              AND o.provider_id = f.provider_id AND o.duplicate_of IS NULL AND o.entry = f.entry
            WHERE f.id = :id)
        ORDER BY e.id LIMIT 20
        """,
        id=event,
    )


def moves(tx: Tx, conversation: int) -> list[Row]:
    """What people filed elsewhere from here, or from elsewhere here, in order."""
    return tx.all(
        """
        SELECT m.*, s.code AS source_code, t.code AS target_code FROM entry_move m
        JOIN conversation s ON s.id = m.source JOIN conversation t ON t.id = m.target
        WHERE m.id IN (SELECT id FROM entry_move WHERE source = :c
          UNION SELECT id FROM entry_move WHERE target = :c)
        ORDER BY m.id
        """,
        c=conversation,
    )


def receipts(tx: Tx, delivery: int) -> list[Row]:
    """What the provider said later of one part: each with the id of the part and its state."""
    return tx.all(
        """
        SELECT e.id, e.provider_id, e.state, e.reason, r.received_at, r.signature, p.provider_id AS part
        FROM delivery_provider_id p
        JOIN raw_event e ON e.channel = p.channel AND e.kind = 'receipt' AND e.duplicate_of IS NULL
          AND e.provider_id IN (p.provider_id || ':sent', p.provider_id || ':delivered',
            p.provider_id || ':read', p.provider_id || ':failed')
        JOIN raw_request r ON r.id = e.request
        WHERE p.delivery = :d ORDER BY e.id
        """,
        d=delivery,
    )


def deliveries(tx: Tx, entry: int) -> list[Row]:
    """The parts of an answer, with the address each goes to and what the provider calls it."""
    return tx.all(
        """
        SELECT d.id, d.part, d.parts, d.state, d.attempts, d.lease_until, d.retry_at, d.code, d.words,
          d.origin, d.created_at, d.updated_at, h.name AS channel, i.uri,
          (SELECT MIN(p.provider_id) FROM delivery_provider_id p WHERE p.delivery = d.id) AS called
        FROM delivery d JOIN channel h ON h.id = d.channel JOIN identity i ON i.id = d.identity
        WHERE d.entry = :e ORDER BY d.part
        """,
        e=entry,
    )


def items(tx: Tx, conversation: int) -> list[int]:
    """The turns of a conversation, the oldest first."""
    rows = tx.all(
        """
        SELECT work_item AS id FROM decision WHERE conversation = :c AND work_item IS NOT NULL
        UNION SELECT work_item FROM assignment WHERE conversation = :c AND work_item IS NOT NULL
        UNION SELECT id FROM work_item WHERE conversation = :c AND state IN
          ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
        ORDER BY id
        """,
        c=conversation,
    )
    return [int(row["id"]) for row in rows]


def rulings(tx: Tx, conversation: int) -> list[Row]:
    """What the rules said of its messages, in order."""
    return tx.all(
        "SELECT * FROM decision WHERE conversation = :c ORDER BY id DESC LIMIT :most",
        c=conversation,
        most=ENTRIES,
    )[::-1]


def automatic(tx: Tx, conversation: int) -> list[Row]:
    """What no person wrote, and what was refused to leave."""
    return tx.all(
        "SELECT * FROM automatic_send WHERE conversation = :c ORDER BY id", c=conversation
    )


def due(tx: Tx, conversation: int) -> list[Row]:
    """What will happen next by itself: (at, what, name), the soonest first."""
    return tx.all(
        """
        SELECT due AS at, kind AS what, '' AS name FROM timer
          WHERE subject = :c AND kind IN ('snooze', 'owner', 'owner_live', 'visitor')
        UNION ALL SELECT t.due, t.kind, '' FROM work_item w
          JOIN timer t ON t.kind = 'again' AND t.subject = w.id
          WHERE w.conversation = :c AND w.state IN
            ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
        UNION ALL SELECT due_at, 'promise', kind FROM sla_deadline
          WHERE conversation = :c AND state IN ('running', 'paused') AND state = 'running'
            AND due_at IS NOT NULL AND breached_at IS NULL
        UNION ALL SELECT CASE WHEN state = 'deferred' THEN deferred_until
            WHEN state = 'wrapping' THEN wrap_until ELSE step_until END,
          CASE WHEN state = 'deferred' THEN 'deferred'
            WHEN state = 'wrapping' THEN 'wrap' ELSE 'step' END, '' FROM work_item
          WHERE conversation = :c AND state IN
            ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
            AND CASE WHEN state = 'deferred' THEN deferred_until
              WHEN state = 'wrapping' THEN wrap_until ELSE step_until END IS NOT NULL
        UNION ALL SELECT o.expires_at, 'offer', u.name FROM work_item w
          JOIN offer o ON o.work_item = w.id AND o.state = 'pending'
          JOIN agent a ON a.id = o.agent JOIN user_account u ON u.id = a.user_id
          WHERE w.conversation = :c AND w.state IN
            ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
        UNION ALL SELECT retry_at, 'retry', CAST(attempts + 1 AS TEXT) FROM delivery
          WHERE conversation = :c AND state IN ('queued', 'deferred', 'sending')
            AND state = 'deferred' AND retry_at IS NOT NULL
        UNION ALL SELECT lease_until, 'lease', '' FROM delivery
          WHERE conversation = :c AND state IN ('queued', 'deferred', 'sending')
            AND state = 'sending' AND lease_until IS NOT NULL
        ORDER BY 1
        """,
        c=conversation,
    )
