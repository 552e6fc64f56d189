"""Agents, queues and offers as screens show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from routing.explain.say import count, mapping
from storage import channels as stored_channels
from storage import reasons
from storage.views.matters import SNIPPET, person
from storage.views.times import time_of, when
from storage.views.types import (
    AgentView,
    ChannelRef,
    ChannelView,
    OfferView,
    OfferWhy,
    QueueView,
    Ref,
)

if TYPE_CHECKING:
    from storage.db import Row, Tx


def agents(tx: Tx, id: int | None = None) -> list[AgentView]:
    """All active agents, or one."""
    served: dict[int, list[int]] = {}
    one = "" if id is None else " WHERE agent = :id"
    given = {} if id is None else {"id": id}
    for row in tx.all(f"SELECT queue, agent FROM queue_agent{one} ORDER BY queue", **given):
        served.setdefault(row["agent"], []).append(row["queue"])
    rows = tx.all(
        """
        SELECT a.*, u.name, u.email FROM agent a JOIN user_account u ON u.id = a.user_id
        WHERE a.active AND (CAST(:id AS BIGINT) IS NULL OR a.id = :id) ORDER BY a.id
        """,
        id=id,
    )
    return [
        AgentView(
            id=row["id"],
            user=row["user_id"],
            name=row["name"],
            email=row["email"],
            presence=row["presence"],
            reason=row["reason"],
            present_since=time_of(row["present_since"]),
            used=row["used"],
            capacity=row["capacity"],
            queues=served.get(row["id"], []),
        )
        for row in rows
    ]


def channels(tx: Tx, id: int | None = None) -> list[ChannelView]:
    """All channels and how they are doing, or one; a removed one is not there."""
    late = stored_channels.oldest_undelivered(tx)
    return [
        ChannelView(
            id=row["id"],
            name=row["name"],
            kind=row["kind"],
            title=row["title"] or row["name"],
            enabled=bool(row["enabled"]),
            simulated=bool(row["simulated"]),
            state=row["state"] if row["enabled"] else "stopped",
            detail=row["state_detail"],
            state_since=when(row["state_since"]),
            last_event_at=when(row["last_event_at"]),
            oldest_undelivered=when(late.get(row["id"])),
            signature_mode=row["signature_mode"],
        )
        for row in stored_channels.listed(tx)
        if id is None or row["id"] == id
    ]


def queues(tx: Tx, id: int | None = None) -> list[QueueView]:
    """All active queues with who waits in them, or one."""
    rows = tx.all(
        """
        SELECT q.id, q.name, q.title, q.visible_to, COUNT(w.id) AS waiting,
               MIN(c.waiting_since) AS oldest
        FROM queue q
        LEFT JOIN work_item w ON w.queue = q.id AND w.state IN ('queued', 'offered') AND w.state IN
          ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
        LEFT JOIN conversation c ON c.id = w.conversation
        WHERE q.active AND (CAST(:id AS BIGINT) IS NULL OR q.id = :id)
        GROUP BY q.id, q.name, q.title, q.visible_to ORDER BY q.id
        """,
        id=id,
    )
    return [
        QueueView(
            id=row["id"],
            name=row["name"],
            title=msgspec.json.decode(row["title"]),
            visible_to=row["visible_to"],
            waiting=row["waiting"],
            oldest=when(row["oldest"]),
        )
        for row in rows
    ]


_OFFER = """
SELECT o.*, w.conversation, w.queue, w.why AS item_why, w.plan, w.step, w.preferred_agent,
       c.waiting_since, q.name AS queue_name,
       ch.id AS channel, ch.name AS channel_name, ch.kind AS channel_kind,
       COALESCE(l.root, c.contact) AS root, p.name AS contact_name, i.uri,
       (SELECT t.text FROM timeline_entry t WHERE t.id =
         (SELECT MAX(m.id) FROM timeline_entry m
          WHERE m.conversation = c.id AND m.direction = 'in')) AS last_text
FROM offer o
JOIN work_item w ON w.id = o.work_item
JOIN conversation c ON c.id = w.conversation
JOIN queue q ON q.id = w.queue
JOIN channel ch ON ch.id = w.channel
JOIN identity i ON i.id = c.identity
LEFT JOIN contact_link l ON l.member = c.contact AND l.revoked_at IS NULL
JOIN contact p ON p.id = COALESCE(l.root, c.contact)
"""


def offer(tx: Tx, id: int) -> OfferView | None:
    """One offer, whatever became of it."""
    row = tx.one(f"{_OFFER} WHERE o.id = :id", id=id)
    return None if row is None else _offer(tx, row)


def offers(tx: Tx, agent: int) -> list[OfferView]:
    """The offers that wait for this agent's answer."""
    rows = tx.all(
        f"{_OFFER} WHERE o.agent = :agent AND o.state = 'pending' ORDER BY o.id", agent=agent
    )
    return [_offer(tx, row) for row in rows]


def _offer(tx: Tx, row: Row) -> OfferView:
    return OfferView(
        id=row["id"],
        agent=row["agent"],
        state=row["state"],
        work_item=row["work_item"],
        conversation=row["conversation"],
        contact=person(row),
        channel=ChannelRef(id=row["channel"], name=row["channel_name"], kind=row["channel_kind"]),
        queue=Ref(id=row["queue"], name=row["queue_name"]),
        last_text=(row["last_text"] or "")[:SNIPPET],
        waiting_since=when(row["waiting_since"]),
        made_at=time_of(row["made_at"]),
        expires_at=time_of(row["expires_at"]),
        why=_why(tx, row),
    )


def _why(tx: Tx, row: Row) -> OfferWhy:
    """Why this agent: said to them, so nothing of the others but how many there were."""
    stored = mapping(msgspec.json.decode(row["why"] if row["why"] != "{}" else row["item_why"]))
    told = {name: value for name, value in stored.items() if name != "how"}
    return OfferWhy(
        candidates=count(stored.get("candidates")),
        preferred=bool(stored.get("preferred")),
        words=reasons.of_agent(
            tx,
            told,
            row["agent"],
            preferred=row["preferred_agent"],
            skills=reasons.skills_asked(row["plan"], row["step"]),
        ),
    )
