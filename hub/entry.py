"""The timeline entry that a message becomes, with what is kept beside its words."""

from __future__ import annotations

from typing import Any

from connectors.contract import Auto, Inbound
from connectors.fold import clean
from hub.automatic import answerable
from hub.case import Case
from hub.replies import customer
from hub.replies.customer import Customer
from storage import contacts, views
from storage.contacts import Who
from storage.conversations import Found
from storage.timeline import Entry

WORDS_CAP = 1_000  # characters of what a provider says


def entry_of(
    case: Case,
    who: Who,
    conversation: int,
    event: int,
    whose: Customer,
    found: Found,
    *,
    routed: bool = True,
) -> Entry:
    message = whose.message
    return Entry(
        contact=who.contact,
        identity=who.identity,
        conversation=conversation,
        kind="message",
        channel=case.channel.id,
        direction="in",
        actor="customer",
        subject=message.subject,
        text=message.text,
        full_text=message.full_text or None,
        html=message.html or None,
        data={**_data(case, message, found, routed=routed), **whose.facts},
        provider_id=message.provider_id or None,
        message_id=message.message_id or None,
        raw_event=event,
        provider_time=None if message.sent_at is None else views.micros(message.sent_at),
    )


def _data(case: Case, message: Inbound, found: Found, *, routed: bool) -> dict[str, Any]:
    """What an entry keeps beside its words: only what is there."""
    facts = _filed_by(found)
    if not routed:
        facts["unrouted"] = True
    if case.channel.capabilities.threads:
        facts |= customer.kept(case, message)
    elif message.cc:
        facts["cc"] = customer.named(message.cc)
    return facts | _marks(message, case.now)


def _marks(message: Inbound, now: int) -> dict[str, Any]:
    """What the message says of itself, or its provider of it."""
    facts: dict[str, Any] = {}
    if message.auto is not Auto.NO:
        facts["auto"] = message.auto.value
    if message.return_path is not None and message.return_path != message.sender:
        facts["return_path"] = clean(message.return_path, contacts.URI_CAP)
    if message.received_at is not None and now - views.micros(message.received_at) > answerable.DAY:
        facts["too_old"] = True
    if message.provider_answered:
        facts["provider_answered"] = True
    if message.stub:
        facts["stub"] = clean(message.stub, WORDS_CAP)
    if message.consent:
        facts["consent"] = message.consent
    if message.bounce is not None:
        facts["bounce"] = [
            tuple(clean(words, WORDS_CAP) for words in (one.uri, one.status, one.words))
            for one in message.bounce.failed[: customer.MOST_PARTIES]
        ]
    return facts


def _filed_by(found: Found) -> dict[str, Any]:
    """Why it is where it is."""
    facts: dict[str, Any] = {}
    if found.evidence not in ("new", "channel"):
        facts["evidence"] = found.evidence
    if found.by is not None:
        facts["by"] = found.by
    if found.suggests is not None:
        facts["suggests"] = {"conversation": found.suggests["id"], "code": found.suggests["code"]}
    return facts
