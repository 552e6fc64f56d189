"""Conversations as lists show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from connectors import address
from storage import sla_deadlines
from storage.views.sight import VISIBLE, Sight
from storage.views.times import time_of, when
from storage.views.types import (
    ChannelRef,
    ConversationView,
    DeadlineView,
    ItemView,
    Ref,
)

if TYPE_CHECKING:
    from storage.db import Row, Tx

_CONVERSATION = """
SELECT c.*, p.name AS contact_name, COALESCE(l.root, c.contact) AS root, i.uri,
       ch.name AS channel_name, ch.kind AS channel_kind, q.name AS queue_name,
       u.name AS agent_name,
       w.id AS item, w.state AS item_state, w.mode AS item_mode, w.order_key, w.entered_at,
       w.step, w.plan, w.target,
       t.text AS last_text, t.direction AS last_direction, t.subject AS last_subject,
       COALESCE((SELECT MAX(m.id) FROM timeline_entry m
                 WHERE m.conversation = c.id AND m.direction = 'in'), 0) AS last_inbound,
       EXISTS (SELECT 1 FROM sla_deadline d WHERE d.conversation = c.id
               AND d.state IN ('running', 'paused')) AS promised,
       COALESCE((SELECT MAX(s.entry) FROM seen s WHERE s.conversation = c.id), 0) AS seen
FROM conversation c
LEFT JOIN contact_link l ON l.member = c.contact AND l.revoked_at IS NULL
JOIN contact p ON p.id = COALESCE(l.root, c.contact)
JOIN identity i ON i.id = c.identity
JOIN channel ch ON ch.id = c.channel
LEFT JOIN queue q ON q.id = c.queue
LEFT JOIN agent a ON a.id = c.agent
LEFT JOIN user_account u ON u.id = a.user_id
LEFT JOIN work_item w ON w.conversation = c.id AND w.state IN
  ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
LEFT JOIN timeline_entry t ON t.id =
  (SELECT MAX(m.id) FROM timeline_entry m WHERE m.conversation = c.id AND m.kind = 'message')
"""

SNIPPET = 160  # characters of the last words


def conversation(tx: Tx, id: int) -> ConversationView | None:
    """One conversation."""
    row = tx.one(f"{_CONVERSATION} WHERE c.id = :id", id=id)
    if row is None:
        return None
    promised = sla_deadlines.open_of(tx, id) if row["promised"] else []
    return _conversation(row, [_deadline(one) for one in promised])


def _deadline(row: Row) -> DeadlineView:
    return DeadlineView(
        kind=row["kind"],
        state=row["state"],
        started_at=time_of(row["started_at"]),
        due_at=when(row["due_at"]),
        warned=row["warned_at"] is not None,
        breached=row["breached_at"] is not None,
        calendar=row["calendar"],
        policy=row["policy"],
    )


def _conversation(row: Row, deadlines: list[DeadlineView]) -> ConversationView:
    return ConversationView(
        id=row["id"],
        contact=person(row),
        address=row["uri"],
        channel=ChannelRef(id=row["channel"], name=row["channel_name"], kind=row["channel_kind"]),
        status=row["status"],
        subject=row["subject"],
        queue=_ref(row["queue"], row["queue_name"]),
        agent=_ref(row["agent"], row["agent_name"]),
        priority=row["priority"],
        tags=msgspec.json.decode(row["tags"]),
        waiting_since=when(row["waiting_since"]),
        snoozed_until=when(row["snoozed_until"]),
        last_at=time_of(row["last_at"]),
        last_text=(row["last_text"] or row["last_subject"] or "")[:SNIPPET],
        last_direction=row["last_direction"],
        unread=row["last_inbound"] > row["seen"],
        code=row["code"],
        follows=row["follows"],
        moved_to=row["moved_to"],
        created_at=time_of(row["created_at"]),
        resolved_at=when(row["resolved_at"]),
        work_item=None if row["item"] is None else _item(row),
        deadlines=deadlines,
    )


def _item(row: Row) -> ItemView:
    steps = 1 if row["plan"] == "{}" else len(msgspec.json.decode(row["plan"]).get("steps", "1"))
    waits = row["item_state"] in ("queued", "offered", "deferred") and row["target"] is not None
    return ItemView(
        id=row["item"],
        state=row["item_state"],
        mode=row["item_mode"],
        order_key=time_of(row["order_key"]),
        entered_at=time_of(row["entered_at"]),
        step=min(row["step"] + 1, steps),
        steps=steps,
        target_at=time_of(row["entered_at"] + row["target"]) if waits else None,
    )


def person(row: Row) -> Ref:
    """A contact by name; one without a name by the address."""
    return Ref(id=row["root"], name=row["contact_name"] or address.display(row["uri"] or ""))


def _ref(id: int | None, name: str | None) -> Ref | None:
    return None if id is None else Ref(id=id, name=name or "")


def visible_ids(tx: Tx, sight: Sight, limit: int = 20_000) -> set[int]:
    """The conversations not yet closed that ``sight`` allows: what a screen may have been shown."""
    rows = tx.all(
        f"""
        SELECT c.id FROM conversation c
        WHERE c.status IN ('open', 'pending', 'snoozed') AND {VISIBLE}
        ORDER BY c.id DESC LIMIT :limit
        """,
        all=sight.all,
        agent=sight.agent,
        limit=limit,
    )
    return {int(row["id"]) for row in rows}


_OF_PERSON = """AND c.contact IN (SELECT CAST(:contact AS BIGINT)
  UNION ALL SELECT member FROM contact_link WHERE root = :contact AND revoked_at IS NULL)"""


def conversations(
    tx: Tx,
    sight: Sight,
    *,
    agent: int | None = None,
    queue: int | None = None,
    status: str | None = None,
    contact: int | None = None,
    waiting: bool = False,
    served_by: int | None = None,
    before: tuple[int, int] | None = None,
    limit: int = 50,
) -> list[ConversationView]:
    """Conversations that ``sight`` allows, newest first; ``before``: (last_at, id) of a page's end.

    ``agent``: owned by; ``served_by``: in a queue that this agent serves; ``waiting``: unassigned.
    """
    rows = tx.all(
        f"""
        {_CONVERSATION}
        WHERE {VISIBLE} AND c.status <> 'moved'
          AND (CAST(:owner AS BIGINT) IS NULL OR c.agent = :owner)
          AND (CAST(:queue AS BIGINT) IS NULL OR c.queue = :queue)
          AND (CAST(:status AS TEXT) IS NULL OR c.status = :status)
          {"" if contact is None else _OF_PERSON}
          AND (NOT :waiting OR w.state IN ('queued', 'offered'))
          AND (CAST(:served_by AS BIGINT) IS NULL OR EXISTS
            (SELECT 1 FROM queue_agent s WHERE s.queue = c.queue AND s.agent = :served_by))
          AND (CAST(:at AS BIGINT) IS NULL OR c.last_at < :at OR (c.last_at = :at AND c.id < :id))
        ORDER BY c.last_at DESC, c.id DESC LIMIT :limit
        """,
        all=sight.all,
        agent=sight.agent,
        owner=agent,
        queue=queue,
        status=status,
        **({} if contact is None else {"contact": contact}),
        waiting=waiting,
        served_by=served_by,
        at=before[0] if before else None,
        id=before[1] if before else None,
        limit=limit,
    )
    promised: dict[int, list[DeadlineView]] = {}
    wanted = [row["id"] for row in rows if row["promised"]]
    for one in sla_deadlines.open_of_several(tx, wanted):
        promised.setdefault(one["conversation"], []).append(_deadline(one))
    return [_conversation(row, promised.get(row["id"], [])) for row in rows]
