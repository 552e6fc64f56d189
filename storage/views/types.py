"""The types of the read models: what REST answers, the snapshot and live frames are made of.

Ids are integers, times aware UTC, addresses URIs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from storage.views.facts import EntryFacts


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
    step: int
    """Of its plan, from 1."""
    steps: int
    target_at: datetime | None
    """By when it should be in somebody's hands; null once it is."""


class DeadlineView(View):
    """Something promised and not yet kept."""

    kind: Literal["answer", "first_reply", "next_reply", "resolution"]
    state: Literal["running", "paused"]
    started_at: datetime
    due_at: datetime | None
    """None while paused, or where its calendar never opens again."""
    warned: bool
    breached: bool
    calendar: str
    """Its name; empty: always open."""
    policy: str


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
    moved_to: int | None
    """Where some of its entries were moved; all of them, where its status is ``moved``."""
    created_at: datetime
    resolved_at: datetime | None
    work_item: ItemView | None
    deadlines: list[DeadlineView] = []
    """The open ones."""


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
    """One thing that happened; ``address``: who wrote it, or to whom it went."""

    id: int
    contact: int
    conversation: int | None
    kind: str
    direction: str | None
    channel: str | None
    """The channel's name."""
    channel_kind: str | None
    actor: Actor
    address: str | None
    to_other: bool
    """It went to somebody else than the person whose matter it is: a colleague, a lawyer."""
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
    data: EntryFacts


class ChannelView(View):
    """One channel; settings and secrets are never shown."""

    id: int
    name: str
    kind: str
    title: str
    enabled: bool
    simulated: bool
    state: str
    detail: str
    state_since: datetime | None
    last_event_at: datetime | None
    oldest_undelivered: datetime | None
    signature_mode: str


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


class OfferWhy(View):
    """Why it was proposed to this agent, told to them."""

    candidates: int
    """How many could have taken it."""
    preferred: bool
    """They were the first choice for this customer."""
    words: dict[str, list[str]]
    """Language -> sentences."""


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
    why: OfferWhy


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

    id: int
    kind: str
    value: str
    at: datetime
    identity: int | None
    """The address that it has become, by a code or an agent's act."""
    how: str
    """``code`` or ``agent``; empty: it is only said."""


class LinkView(View):
    """Somebody whom this person is said to be, and how that is known."""

    contact: Ref
    """Theirs alone, as it was before."""
    evidence: str
    by: str
    """The name of who said so; empty: the hub itself."""
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
    links: list[LinkView] = []
