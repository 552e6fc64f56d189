"""The timeline as screens show it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import msgspec

from storage.views.facts import facts_of
from storage.views.matters import person
from storage.views.sight import VISIBLE, Sight
from storage.views.times import time_of, when
from storage.views.types import (
    Actor,
    AttachmentView,
    DeliveryView,
    EntryView,
)

if TYPE_CHECKING:
    from storage.db import Row, Tx

LAST = 2**63 - 1  # no id is so large
LATE = 5 * 60 * 1_000_000  # microseconds between what the sender claims and when it came
_WITHHELD = """
EXISTS (SELECT 1 FROM delivery d WHERE d.entry = t.id AND (d.code = 'dropped'
  OR (d.state IN ('queued', 'deferred', 'sending')
    AND EXISTS (SELECT 1 FROM setting s WHERE s.name = 'hold'))))
"""

_ENTRY = """
SELECT t.*, ch.name AS channel_name, ch.kind AS channel_kind, p.name AS contact_name, i.uri,
       p.id AS root, COALESCE(own.root, i.contact) AS whose
FROM timeline_entry t
LEFT JOIN identity i ON i.id = t.identity
LEFT JOIN contact_link own ON own.member = i.contact AND own.revoked_at IS NULL
LEFT JOIN channel ch ON ch.id = t.channel
LEFT JOIN contact_link l ON l.member = t.contact AND l.revoked_at IS NULL
JOIN contact p ON p.id = COALESCE(l.root, t.contact)
"""


def entry(tx: Tx, id: int) -> EntryView | None:
    """One entry of the timeline."""
    row = tx.one(f"{_ENTRY} WHERE t.id = :id", id=id)
    return None if row is None else _entry(tx, row)


def _entry(tx: Tx, row: Row) -> EntryView:
    provider_time = row["provider_time"]
    return EntryView(
        id=row["id"],
        contact=row["contact"],
        conversation=row["conversation"],
        kind=row["kind"],
        direction=row["direction"],
        channel=row["channel_name"],
        channel_kind=row["channel_kind"],
        actor=_actor(tx, row),
        address=row["uri"],
        to_other=row["direction"] == "out" and row["whose"] not in (None, row["root"]),
        provider_id=row["provider_id"],
        client_key=row["client_key"] and row["client_key"].partition(":")[2],
        subject=row["subject"],
        text=row["text"],
        has_more=row["full_text"] is not None,
        html=row["html"] is not None,
        at=time_of(row["recorded_at"]),
        provider_time=when(provider_time),
        late=provider_time is not None and row["recorded_at"] - provider_time > LATE,
        attachments=_attachments(tx, row["id"]),
        delivery=_delivery(tx, row["id"]) if row["direction"] == "out" else None,
        data=facts_of(msgspec.json.decode(row["data"])),
    )


def actor_name(tx: Tx, actor: str) -> str:
    """The name behind ``agent:ID`` and ``user:ID``; empty for a program, a customer and the hub."""
    kind, _, id = actor.partition(":")
    if kind == "agent":
        sql = "SELECT u.name FROM agent a JOIN user_account u ON u.id = a.user_id WHERE a.id = :id"
    elif kind == "user":
        sql = "SELECT name FROM user_account WHERE id = :id"
    else:
        return ""
    return str(tx.value(sql, id=int(id)) or "")


def _actor(tx: Tx, row: Row) -> Actor:
    kind, _, id = row["actor"].partition(":")
    if kind == "agent":
        return Actor(kind="agent", id=int(id), name=actor_name(tx, row["actor"]))
    if kind == "user":  # somebody who signs in but takes no work: an admin
        return Actor(kind="agent", id=None, name=actor_name(tx, row["actor"]))
    if kind == "elsewhere":  # somebody of ours, in another mail program
        return Actor(kind="agent", id=None, name=str(_elsewhere(row)))
    if kind == "customer":
        return Actor(kind="customer", id=row["contact"], name=person(row).name)
    return Actor(kind="hub", id=None, name="")


def _elsewhere(row: Row) -> object:
    return msgspec.json.decode(row["data"]).get("elsewhere", "")


def _attachments(tx: Tx, entry: int) -> list[AttachmentView]:
    rows = tx.all("SELECT * FROM attachment WHERE entry = :e ORDER BY position, id", e=entry)
    return [
        AttachmentView(
            id=row["id"],
            name=row["name"],
            type=row["type"],
            size=row["size"],
            state=row["state"],
            inline=bool(row["inline"]),
            content_id=row["content_id"],
        )
        for row in rows
    ]


_SHOWN = (
    "failed",
    "unknown",
    "stopped",
    "deferred",
    "sending",
    "queued",
    "sent",
    "delivered",
    "read",
)
"""Of several parts the one that needs eyes most decides what is shown."""


def _delivery(tx: Tx, entry: int) -> DeliveryView | None:
    rows = tx.all("SELECT * FROM delivery WHERE entry = :e ORDER BY part", e=entry)
    if not rows:
        return None
    worst = min(rows, key=lambda row: _SHOWN.index(row["state"]))
    return DeliveryView(
        state=worst["state"],
        code=worst["code"],
        words=worst["words"],
        parts=len(rows),
        retry_at=when(worst["retry_at"]),
    )


_OF_CONTACT = "t.contact = :contact"
_IN_MATTERS = """
t.conversation IN (SELECT m.id FROM conversation m WHERE m.contact = :contact AND EXISTS
  (SELECT 1 FROM participant pa JOIN identity ia ON ia.id = pa.identity
   WHERE pa.conversation = m.id AND ia.contact <> m.contact))
AND t.contact <> :contact
"""
"""What others wrote: colleagues in copy, whoever it was forwarded to."""


def timeline(
    tx: Tx,
    members: list[int],
    sight: Sight,
    *,
    conversation: int | None = None,
    identity: int | None = None,
    before: tuple[int, int] | None = None,
    limit: int = 50,
) -> list[EntryView]:
    """What happened with a person, newest first: a merge of the linked contacts' entries, and of
    what others wrote in the person's matters.

    ``before`` is (recorded_at, id) of the last entry of the page before.
    """
    found: dict[int, Row] = {}
    for contact, of in product(members, (_OF_CONTACT, _IN_MATTERS)):
        rows = tx.all(
            f"""
            {_ENTRY} LEFT JOIN conversation c ON c.id = t.conversation
            WHERE {of} AND {VISIBLE}
              AND (CAST(:conversation AS BIGINT) IS NULL OR t.conversation = :conversation)
              AND (CAST(:identity AS BIGINT) IS NULL OR t.identity = :identity)
              AND (CAST(:at AS BIGINT) IS NULL OR t.recorded_at < :at
                   OR (t.recorded_at = :at AND t.id < :id))
            ORDER BY t.recorded_at DESC, t.id DESC LIMIT :limit
            """,
            contact=contact,
            all=sight.all,
            agent=sight.agent,
            conversation=conversation,
            identity=identity,
            at=before[0] if before else None,
            id=before[1] if before else None,
            limit=limit,
        )
        found |= {row["id"]: row for row in rows}
    order = sorted(found.values(), key=lambda row: (row["recorded_at"], row["id"]), reverse=True)
    return [_entry(tx, row) for row in order[:limit]]


def matter(
    tx: Tx, conversation: int, *, before: int | None = None, limit: int = 50
) -> list[EntryView]:
    """The entries of one conversation, whoever wrote them, newest first."""
    rows = tx.all(
        f"""
        {_ENTRY} WHERE t.conversation = :c AND (CAST(:before AS BIGINT) IS NULL OR t.id < :before)
        ORDER BY t.id DESC LIMIT :limit
        """,
        c=conversation,
        before=before,
        limit=limit,
    )
    return [_entry(tx, row) for row in rows]


def visitor_code(tx: Tx, uri: str, channel: int) -> str:
    """The tracking code of the matter in which this address wrote last on a channel; or empty."""
    found = tx.value(
        """
        SELECT c.code FROM identity i
        JOIN timeline_entry t ON t.contact = i.contact AND t.identity = i.id
        JOIN conversation c ON c.id = t.conversation
        WHERE i.uri = :uri AND t.channel = :channel AND t.direction = 'in'
        ORDER BY t.recorded_at DESC, t.id DESC LIMIT 1
        """,
        uri=uri,
        channel=channel,
    )
    return "" if found is None else str(found)


def visitor_entries(
    tx: Tx,
    uri: str,
    channel: int,
    *,
    after: int | None,
    before: int | None = None,
    limit: int,
) -> list[EntryView]:
    """What one address wrote and was written on a channel, oldest first: all a widget may show.

    The first ``limit`` after that entry, or without one the newest ``limit`` (before ``before``).
    Nothing that is ``withheld``.
    """
    order = "DESC" if after is None else "ASC"
    rows = tx.all(
        f"""
        {_ENTRY}
        WHERE t.contact = (SELECT contact FROM identity WHERE uri = :uri) AND i.uri = :uri
          AND t.channel = :channel AND t.kind = 'message' AND t.id > :after AND t.id < :before
          AND NOT {_WITHHELD}
        ORDER BY t.id {order} LIMIT :limit
        """,
        uri=uri,
        channel=channel,
        after=after or 0,
        before=LAST if before is None else before,
        limit=limit,
    )
    return [_entry(tx, row) for row in (reversed(rows) if after is None else rows)]


def withheld(tx: Tx, entry: int) -> bool:
    """Whether its customer may not be shown it: on a store on hold what was not sent yet, and ever
    after what was dropped then."""
    return bool(
        tx.value(f"SELECT 1 FROM timeline_entry t WHERE t.id = :id AND {_WITHHELD}", id=entry)
    )
