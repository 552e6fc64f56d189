"""What screens and the API show: the read models, filled from the tables in one place.

REST answers, the snapshot and the live frames are all made of these types, so that a snapshot and
the events after it cannot drift apart. Ids are integers, times aware UTC, addresses URIs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from storage.db import Row, Tx

LATE = 5 * 60 * 1_000_000  # microseconds between what the sender claims and when it came
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class View(msgspec.Struct, kw_only=True):
    """A read model."""


class Ref(View):
    """Something with a name."""

    id: int
    name: str


class ChannelRef(View):
    """A channel as far as a screen needs it."""

    id: int
    name: str
    kind: str


class ItemView(View):
    """The turn that is under way."""

    id: int
    state: str
    mode: str
    order_key: datetime
    entered_at: datetime


class ConversationView(View):
    """One matter, as lists show it."""

    id: int
    contact: Ref
    address: str
    channel: ChannelRef
    status: str
    subject: str
    queue: Ref | None
    agent: Ref | None
    priority: int
    tags: list[str]
    waiting_since: datetime | None
    snoozed_until: datetime | None
    last_at: datetime
    last_text: str
    last_direction: str | None
    unread: bool
    code: str
    follows: int | None
    created_at: datetime
    resolved_at: datetime | None
    work_item: ItemView | None


class Actor(View):
    """Who did it."""

    kind: Literal["customer", "agent", "hub"]
    id: int | None
    name: str


class AttachmentView(View):
    """A file on the timeline; ``url`` is signed when the hub shows it."""

    id: int
    name: str
    type: str
    size: int | None
    state: str
    inline: bool
    content_id: str
    url: str | None = None


class DeliveryView(View):
    """How far an answer came: the least of its parts."""

    state: str
    code: str
    words: str
    parts: int
    retry_at: datetime | None


class EntryView(View):
    """One thing that happened; ``address`` is the customer's, in and out."""

    id: int
    contact: int
    conversation: int | None
    kind: str
    direction: str | None
    channel: ChannelRef | None
    actor: Actor
    address: str | None
    provider_id: str | None
    client_key: str | None
    subject: str
    text: str
    has_more: bool
    html: bool
    at: datetime
    provider_time: datetime | None
    late: bool
    attachments: list[AttachmentView]
    delivery: DeliveryView | None
    data: dict[str, Any]


class AgentView(View):
    """One agent, as colleagues see them."""

    id: int
    user: int
    name: str
    email: str
    presence: str
    reason: str
    present_since: datetime
    used: int
    capacity: int
    queues: list[int]


class QueueView(View):
    """One queue and who waits in it."""

    id: int
    name: str
    title: dict[str, str]
    visible_to: str
    waiting: int
    oldest: datetime | None


class OfferView(View):
    """A proposal to one agent."""

    id: int
    agent: int
    state: str
    work_item: int
    conversation: int
    contact: Ref
    channel: ChannelRef
    queue: Ref
    last_text: str
    waiting_since: datetime | None
    made_at: datetime
    expires_at: datetime
    why: dict[str, Any]


class IdentityView(View):
    """An address of a person."""

    id: int
    uri: str
    name: str
    verified: bool
    source: str
    opted_out: bool
    blocked: bool


class ClaimView(View):
    """What a person says of themselves."""

    kind: str
    value: str
    at: datetime


class ContactView(View):
    """A person."""

    id: int
    name: str
    language: str
    attributes: dict[str, Any]
    identities: list[IdentityView]
    claims: list[ClaimView]
    created_at: datetime


def when(micros: int | None) -> datetime | None:
    """A table's time as an aware one."""
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)


def _time(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def micros(moment: datetime) -> int:
    """An aware time as a table's."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


_CONVERSATION = """
SELECT c.*, p.name AS contact_name, COALESCE(l.root, c.contact) AS root, i.uri,
       ch.name AS channel_name, ch.kind AS channel_kind, q.name AS queue_name,
       u.name AS agent_name,
       w.id AS item, w.state AS item_state, w.mode AS item_mode, w.order_key, w.entered_at,
       t.text AS last_text, t.direction AS last_direction, t.subject AS last_subject,
       COALESCE((SELECT MAX(m.id) FROM timeline_entry m
                 WHERE m.conversation = c.id AND m.direction = 'in'), 0) AS last_inbound,
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
    return None if row is None else _conversation(row)


def _conversation(row: Row) -> ConversationView:
    return ConversationView(
        id=row["id"],
        contact=Ref(id=row["root"], name=row["contact_name"]),
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
        last_at=_time(row["last_at"]),
        last_text=(row["last_text"] or row["last_subject"] or "")[:SNIPPET],
        last_direction=row["last_direction"],
        unread=row["last_inbound"] > row["seen"],
        code=row["code"],
        follows=row["follows"],
        created_at=_time(row["created_at"]),
        resolved_at=when(row["resolved_at"]),
        work_item=None
        if row["item"] is None
        else ItemView(
            id=row["item"],
            state=row["item_state"],
            mode=row["item_mode"],
            order_key=_time(row["order_key"]),
            entered_at=_time(row["entered_at"]),
        ),
    )


def _ref(id: int | None, name: str | None) -> Ref | None:
    return None if id is None else Ref(id=id, name=name or "")


class Sight(msgspec.Struct, frozen=True):
    """What one person may see: everything, or what their queues and their own hands hold.

    The one predicate for lists, timelines, live, find and explain (``sees``, ``_VISIBLE``).
    """

    all: bool
    agent: int | None = None
    queues: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    """Queues that only members see and this person is not a member of."""

    def sees(self, queue: int | None, agent: int | None) -> bool:
        """Whether a conversation in this queue, with this owner, is theirs to see."""
        if self.all or queue is None or queue not in self.hidden:
            return True
        return agent is not None and agent == self.agent


def sight(tx: Tx, agent: int | None, *, everything: bool) -> Sight:
    """What this agent may see; ``everything`` for admins."""
    rows = tx.all("SELECT queue FROM queue_agent WHERE agent = :a", a=agent)
    member = frozenset(int(row["queue"]) for row in rows)
    closed = tx.all("SELECT id FROM queue WHERE visible_to = 'members'")
    hidden = frozenset(int(row["id"]) for row in closed) - member
    return Sight(everything, agent, member, hidden)


_VISIBLE = """
(:all OR c.queue IS NULL OR (CAST(:agent AS BIGINT) IS NOT NULL AND c.agent = :agent)
 OR EXISTS (SELECT 1 FROM queue qv WHERE qv.id = c.queue AND (qv.visible_to = 'everyone'
   OR EXISTS (SELECT 1 FROM queue_agent qa WHERE qa.queue = qv.id AND qa.agent = :agent))))
"""


def visible_ids(tx: Tx, sight: Sight, limit: int = 20_000) -> set[int]:
    """The conversations not yet closed that ``sight`` allows: what a screen may have been shown."""
    rows = tx.all(
        f"""
        SELECT c.id FROM conversation c
        WHERE c.status IN ('open', 'pending', 'snoozed') AND {_VISIBLE}
        ORDER BY c.id DESC LIMIT :limit
        """,
        all=sight.all,
        agent=sight.agent,
        limit=limit,
    )
    return {int(row["id"]) for row in rows}


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
    """Conversations that ``sight`` allows, newest first; ``before`` is (last_at, id) of a page's end.

    ``agent``: owned by; ``served_by``: in a queue that this agent serves; ``waiting``: unassigned.
    """
    rows = tx.all(
        f"""
        {_CONVERSATION}
        WHERE {_VISIBLE}
          AND (CAST(:owner AS BIGINT) IS NULL OR c.agent = :owner)
          AND (CAST(:queue AS BIGINT) IS NULL OR c.queue = :queue)
          AND (CAST(:status AS TEXT) IS NULL OR c.status = :status)
          AND (CAST(:contact AS BIGINT) IS NULL OR COALESCE(l.root, c.contact) = :contact)
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
        contact=contact,
        waiting=waiting,
        served_by=served_by,
        at=before[0] if before else None,
        id=before[1] if before else None,
        limit=limit,
    )
    return [_conversation(row) for row in rows]


_ENTRY = """
SELECT t.*, ch.name AS channel_name, ch.kind AS channel_kind, p.name AS contact_name, i.uri
FROM timeline_entry t
LEFT JOIN identity i ON i.id = t.identity
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
        channel=None
        if row["channel"] is None
        else ChannelRef(id=row["channel"], name=row["channel_name"], kind=row["channel_kind"]),
        actor=_actor(tx, row),
        address=row["uri"],
        provider_id=row["provider_id"],
        client_key=row["client_key"],
        subject=row["subject"],
        text=row["text"],
        has_more=row["full_text"] is not None,
        html=row["html"] is not None,
        at=_time(row["recorded_at"]),
        provider_time=when(provider_time),
        late=provider_time is not None and row["recorded_at"] - provider_time > LATE,
        attachments=_attachments(tx, row["id"]),
        delivery=_delivery(tx, row["id"]) if row["direction"] == "out" else None,
        data=msgspec.json.decode(row["data"]),
    )


def _actor(tx: Tx, row: Row) -> Actor:
    kind, _, id = row["actor"].partition(":")
    if kind == "agent":
        name = tx.value(
            "SELECT u.name FROM agent a JOIN user_account u ON u.id = a.user_id WHERE a.id = :id",
            id=int(id),
        )
        return Actor(kind="agent", id=int(id), name=name or "")
    if kind == "customer":
        return Actor(kind="customer", id=row["contact"], name=row["contact_name"])
    return Actor(kind="hub", id=None, name="")


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
    """What happened with a person, newest first: a merge of the linked contacts' entries.

    ``before`` is (recorded_at, id) of the last entry of the page before.
    """
    found: list[Row] = []
    for contact in members:
        found += tx.all(
            f"""
            {_ENTRY} LEFT JOIN conversation c ON c.id = t.conversation
            WHERE t.contact = :contact AND {_VISIBLE}
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
    found.sort(key=lambda row: (row["recorded_at"], row["id"]), reverse=True)
    return [_entry(tx, row) for row in found[:limit]]


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


def visitor_entries(
    tx: Tx, uri: str, channel: int, *, after: int | None, limit: int
) -> list[EntryView]:
    """What one address wrote and was written on a channel, oldest first: all a widget may show.

    The first ``limit`` after that entry, or without one the newest ``limit``.
    """
    order = "DESC" if after is None else "ASC"
    rows = tx.all(
        f"""
        {_ENTRY} WHERE i.uri = :uri AND t.channel = :channel AND t.kind = 'message' AND t.id > :after
        ORDER BY t.id {order} LIMIT :limit
        """,
        uri=uri,
        channel=channel,
        after=after or 0,
        limit=limit,
    )
    return [_entry(tx, row) for row in (reversed(rows) if after is None else rows)]


def agents(tx: Tx, id: int | None = None) -> list[AgentView]:
    """All active agents, or one."""
    served: dict[int, list[int]] = {}
    for row in tx.all("SELECT queue, agent FROM queue_agent ORDER BY queue"):
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
            present_since=_time(row["present_since"]),
            used=row["used"],
            capacity=row["capacity"],
            queues=served.get(row["id"], []),
        )
        for row in rows
    ]


def queues(tx: Tx, id: int | None = None) -> list[QueueView]:
    """All active queues with who waits in them, or one."""
    rows = tx.all(
        """
        SELECT q.id, q.name, q.title, q.visible_to, COUNT(w.id) AS waiting,
               MIN(c.waiting_since) AS oldest
        FROM queue q
        LEFT JOIN work_item w ON w.queue = q.id AND w.state IN ('queued', 'offered')
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
SELECT o.*, w.conversation, w.queue, w.why, c.waiting_since, q.name AS queue_name,
       ch.id AS channel, ch.name AS channel_name, ch.kind AS channel_kind,
       COALESCE(l.root, c.contact) AS root, p.name AS contact_name,
       (SELECT t.text FROM timeline_entry t WHERE t.id =
         (SELECT MAX(m.id) FROM timeline_entry m
          WHERE m.conversation = c.id AND m.direction = 'in')) AS last_text
FROM offer o
JOIN work_item w ON w.id = o.work_item
JOIN conversation c ON c.id = w.conversation
JOIN queue q ON q.id = w.queue
JOIN channel ch ON ch.id = w.channel
LEFT JOIN contact_link l ON l.member = c.contact AND l.revoked_at IS NULL
JOIN contact p ON p.id = COALESCE(l.root, c.contact)
"""


def offer(tx: Tx, id: int) -> OfferView | None:
    """One offer, whatever became of it."""
    row = tx.one(f"{_OFFER} WHERE o.id = :id", id=id)
    return None if row is None else _offer(row)


def offers(tx: Tx, agent: int) -> list[OfferView]:
    """The offers that wait for this agent's answer."""
    rows = tx.all(
        f"{_OFFER} WHERE o.agent = :agent AND o.state = 'pending' ORDER BY o.id", agent=agent
    )
    return [_offer(row) for row in rows]


def _offer(row: Row) -> OfferView:
    return OfferView(
        id=row["id"],
        agent=row["agent"],
        state=row["state"],
        work_item=row["work_item"],
        conversation=row["conversation"],
        contact=Ref(id=row["root"], name=row["contact_name"]),
        channel=ChannelRef(id=row["channel"], name=row["channel_name"], kind=row["channel_kind"]),
        queue=Ref(id=row["queue"], name=row["queue_name"]),
        last_text=(row["last_text"] or "")[:SNIPPET],
        waiting_since=when(row["waiting_since"]),
        made_at=_time(row["made_at"]),
        expires_at=_time(row["expires_at"]),
        why=msgspec.json.decode(row["why"]),
    )


def contact(tx: Tx, id: int) -> ContactView | None:
    """One person, with every address and claim of the linked contacts."""
    top = tx.one(
        """
        SELECT * FROM contact WHERE id = COALESCE(
          (SELECT root FROM contact_link WHERE member = :id AND revoked_at IS NULL), :id)
        """,
        id=id,
    )
    if top is None:
        return None
    return ContactView(
        id=top["id"],
        name=top["name"],
        language=top["language"],
        attributes=msgspec.json.decode(top["attributes"]),
        identities=_identities(tx, top["id"]),
        claims=_claims(tx, top["id"]),
        created_at=_time(top["created_at"]),
    )


_OF_PERSON = """(x.contact = :top OR x.contact IN
  (SELECT member FROM contact_link WHERE root = :top AND revoked_at IS NULL))"""


def _identities(tx: Tx, top: int) -> list[IdentityView]:
    rows = tx.all(
        f"""
        SELECT x.*, (SELECT s.state FROM consent s WHERE s.identity = x.id AND s.purpose = 'reply'
                     ORDER BY s.id DESC LIMIT 1) AS consent
        FROM identity x WHERE {_OF_PERSON} ORDER BY x.id
        """,
        top=top,
    )
    return [
        IdentityView(
            id=row["id"],
            uri=row["uri"],
            name=row["name"],
            verified=bool(row["verified"]),
            source=row["source"],
            opted_out=row["consent"] == "withdrawn",
            blocked=row["blocked_at"] is not None,
        )
        for row in rows
    ]


def _claims(tx: Tx, top: int) -> list[ClaimView]:
    rows = tx.all(f"SELECT x.* FROM claim x WHERE {_OF_PERSON} ORDER BY x.id", top=top)
    return [ClaimView(kind=row["kind"], value=row["value"], at=_time(row["at"])) for row in rows]
