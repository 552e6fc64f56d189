"""How a contact is filed: the transaction behind intake, as plain functions.

Dedup claim, person, conversation, timeline entry, rule decision, work item and event rows commit
together or not at all. Nothing here waits, looks at a clock or touches an agent's row, so routing
can never block intake.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, assert_never

import msgspec

from connectors.contract import (
    Auto,
    Bounce,
    Event,
    Ignored,
    Inbound,
    Party,
    Raw,
    Receipt,
    SignalIn,
    Uri,
)
from connectors.fold import clean
from hub.context import Facts, context_of
from storage import (
    attachments,
    consents,
    contacts,
    conversations,
    deliveries,
    raw_events,
    timeline,
    views,
    work_items,
)
from storage.blobs import Blob
from storage.contacts import Who
from storage.conversations import Found
from storage.timeline import Entry

if TYPE_CHECKING:
    from hub.channels import Channel
    from hub.desk import Desk
    from routing.rules import Decision
    from storage.db import Row, Tx

MOST_PARTIES = 50  # participants kept of one mail
MOST_REFERENCES = 20  # newest References looked up
ID_CAP = 300  # characters of a provider's id
WORDS_CAP = 1_000  # characters of what a provider says
NO_REPLY = ("noreply", "no-reply", "no_reply", "donotreply", "do-not-reply")


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of one event."""

    state: raw_events.State
    event: int
    entry: int | None = None
    conversation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What filing one raw needs beside the store: all made before the transaction."""

    channel: Channel
    desk: Desk
    raw: Raw
    now: int
    code: str
    """A random tracking code, should a new conversation need one."""
    blob: Blob | None = None
    """Where the body is, if it is too large for a row."""


def file_raw(tx: Tx, case: Case, events: Sequence[Event]) -> list[Filed]:
    """File all events of one raw; raises what the first one that cannot be filed raises."""
    request = raw_events.keep(tx, case.channel.id, case.raw, now=case.now, blob=case.blob)
    filed = [file_event(tx, case, request, n, event) for n, event in enumerate(events)]
    if all(one.state == "duplicate" for one in filed):
        raw_events.drop_body(tx, request)
    return filed


def file_event(tx: Tx, case: Case, request: int, position: int, event: Event) -> Filed:
    """File one event of a kept request: claim first (a replay stops here), then file."""
    kind, provider_id = ledger_key(case.raw, position, event)
    claim = raw_events.claim(
        tx, request, case.channel.id, kind, provider_id, position, now=case.now
    )
    if not claim.fresh:
        return Filed("duplicate", claim.id, claim.entry)
    match event:
        case Inbound():
            return _inbound(tx, case, request, claim.id, event)
        case Receipt():
            return _receipt(tx, case, claim.id, event)
        case Ignored():
            return _ignored(tx, case, claim.id, event.reason)
        case SignalIn():
            return _ignored(tx, case, claim.id, "signal")
        case _:
            assert_never(event)


def keep_failed(
    tx: Tx, case: Case, position: int, kind: str, provider_id: str, reason: str
) -> Filed:
    """We have it and could not file it: kept, visible and replayable after a fix."""
    request = raw_events.keep(tx, case.channel.id, case.raw, now=case.now, blob=case.blob)
    event = raw_events.fail(
        tx, request, case.channel.id, kind, provider_id, position, reason, now=case.now
    )
    return Filed("failed", event)


def ledger_key(raw: Raw, position: int, event: Event) -> tuple[str, str]:
    """(kind, provider_id) of an event: what makes it the same event when it comes again."""
    match event:
        case Receipt():
            return "receipt", _storable(f"{event.provider_id}:{event.state}")
        case Inbound(provider_id=given) if given:
            return "message", _storable(given)
        case Ignored(provider_id=given) if given:
            return "ignored", _storable(given)
        case _:
            digest = hashlib.sha256(raw.body)
            digest.update(f"|{position}".encode())
            return type(event).__name__.lower(), digest.hexdigest()


def _storable(id: str) -> str:
    """A provider's id as a key: its digest where no table could hold it as it is."""
    if id == clean(id, ID_CAP):
        return id
    return hashlib.sha256(id.encode(errors="surrogatepass")).hexdigest()


# ---------------------------------------------------------------- the small ones


def _ignored(tx: Tx, case: Case, event: int, reason: str) -> Filed:
    raw_events.settle(tx, event, case.channel.id, "ignored", reason=reason)
    return Filed("ignored", event)


def _receipt(tx: Tx, case: Case, event: int, receipt: Receipt) -> Filed:
    delivery = deliveries.receipt(
        tx,
        case.channel.id,
        receipt.provider_id,
        receipt.state.value,
        code=receipt.code,
        words=receipt.words,
        opted_out=receipt.opted_out,
        now=case.now,
    )
    if delivery is None:
        return Filed("stored", event)
    raw_events.filed(tx, event, delivery["entry"])
    return Filed("stored", event, delivery["entry"], delivery["conversation"])


# ---------------------------------------------------------------- a message


def _inbound(tx: Tx, case: Case, request: int, event: int, message: Inbound) -> Filed:
    if _is_echo(case.channel, message):
        return _ignored(tx, case, event, "our own words")
    message = _with_customer(case.channel, message)
    who = contacts.resolve(
        tx,
        message.sender,
        message.sender_name,
        source=f"channel:{case.channel.name}",
        verified=message.authenticated,
        now=case.now,
    )
    if message.identities:
        who = _proven(tx, case, who, message.identities)
    found = _place(tx, case, who, message)
    facts = _facts(tx, who, found)
    decision = case.desk.rules.decide(context_of(case.channel, message, facts))
    conversation, queue, agent = _attach(tx, case, who, found, message, decision)
    entry = timeline.append(
        tx,
        _entry(case, who, conversation, event, message, found),
        queue=queue,
        agent=agent,
        now=case.now,
    )
    raw_events.filed(tx, event, entry)
    _hang_on(tx, case, who, conversation, request, entry, message)
    _enqueue(tx, case, conversation, entry, found, facts, decision)
    return Filed("stored", event, entry, conversation)


def _is_echo(channel: Channel, message: Inbound) -> bool:
    return message.auto is Auto.LOOP and channel.is_ours(message.sender)


def _with_customer(channel: Channel, message: Inbound) -> Inbound:
    """The customer is the Reply-To where From is ours or a no-reply: a web form's mail."""
    other = next((party for party in message.reply_to if not channel.is_ours(party.uri)), None)
    if other is None or other.uri == message.sender or message.auto is not Auto.NO:
        return message
    local = message.sender.partition(":")[2].partition("@")[0]
    if not channel.is_ours(message.sender) and local not in NO_REPLY:
        return message
    return replace(message, sender=other.uri, sender_name=other.name, authenticated=False)


def _proven(tx: Tx, case: Case, who: Who, uris: Sequence[Uri]) -> Who:
    """Addresses proven with this message: new ones join the person, known ones link two people."""
    for uri in uris:
        other = contacts.find(tx, uri)
        if other is None:
            contacts.add_identity(
                tx, who.contact, uri, "", source="signed", verified=True, now=case.now
            )
        elif other.root != who.root and other.verified:
            contacts.link(
                tx, other.root, who.root, evidence=f"signed:{uri}", by="hub", now=case.now
            )
            who = replace(who, root=other.root, linked=True)
    return who


def _members(tx: Tx, who: Who) -> list[int]:
    """All contacts of the person who writes."""
    return contacts.members(tx, who.root) if who.linked else [who.contact]


def _place(tx: Tx, case: Case, who: Who, message: Inbound) -> Found:
    """The conversation that this message belongs to, and the evidence for it."""
    if message.bounce is not None:
        about = _bounced(tx, case, message.bounce)
        if about is not None:
            return Found(conversations.get(tx, about["conversation"]), "bounce")
    if case.channel.capabilities.threads:
        found = _thread(tx, case, who, message)
    else:
        met = who.known or who.linked
        latest = conversations.latest(tx, _members(tx, who), case.channel.id) if met else None
        found = Found(latest, "channel" if latest is not None else "new")
    return _within_window(case, found)


def _thread(tx: Tx, case: Case, who: Who, message: Inbound) -> Found:
    """Our signed token first, then the mails it answers, on this mailbox and for a participant."""
    token = case.channel.conversation_of(message)
    row = conversations.get(tx, token) if token is not None else None
    if row is not None and conversations.takes_part(tx, row["id"], who.identity):
        return Found(row, "token")
    if row is not None:
        return Found(None, "token of another person", follows=row["id"])
    answered = (*message.in_reply_to, *reversed(message.references[-MOST_REFERENCES:]))
    row = conversations.by_message_ids(tx, answered, case.channel.id, who.identity)
    return Found(row, "references" if row is not None else "new")


def _within_window(case: Case, found: Found) -> Found:
    row = found.row
    if row is None or row["status"] not in conversations.CLOSED or row["resolved_at"] is None:
        return found
    if case.now - row["resolved_at"] <= case.channel.reopen_micros:
        return found
    return Found(None, f"{found.evidence}, closed too long ago", follows=row["id"])


def _bounced(tx: Tx, case: Case, bounce: Bounce) -> Row | None:
    """The part that came back; it is marked failed."""
    row = deliveries.by_message_id(tx, case.channel.id, bounce.message_id)
    if row is None:
        return None
    failed = next((one for one in bounce.failed if one.permanent), None)
    if failed is not None:
        deliveries.advance(
            tx, row["id"], "failed", code=failed.status, words=failed.words, now=case.now
        )
    return row


def _facts(tx: Tx, who: Who, found: Found) -> Facts:
    """What rules may ask of the person and the matter."""
    if not (who.known or who.linked):
        return Facts(who=who, open_conversations=0, last_agent=None, status=None)
    row = found.row
    members = _members(tx, who)
    last = row["last_agent"] if row is not None else conversations.last_agent(tx, members)
    return Facts(
        who=who,
        open_conversations=conversations.open_count(tx, members),
        last_agent=last,
        status=None if row is None else row["status"],
    )


def _attach(
    tx: Tx, case: Case, who: Who, found: Found, message: Inbound, decision: Decision
) -> tuple[int, int | None, int | None]:
    """Open or continue the conversation: (its id, queue, owner)."""
    row = found.row
    queue = case.desk.queue_id(decision.queue)
    if row is None:
        id = conversations.create(
            tx,
            contact=who.contact,
            identity=who.identity,
            channel=case.channel.id,
            status="open" if decision.routed else "resolved",
            subject=message.subject,
            queue=queue,
            priority=decision.priority,
            tags=decision.tags,
            waiting_since=case.now if decision.routed else None,
            follows=found.follows,
            code=case.code,
            now=case.now,
        )
        return id, queue, None
    if not decision.routed:
        conversations.seen_in(tx, row["id"], now=case.now)
        return row["id"], row["queue"], row["agent"]
    queue = _queue(case, found, decision)
    conversations.touch(
        tx,
        row["id"],
        identity=who.identity,
        channel=case.channel.id,
        status="open",
        queue=queue,
        priority=max(row["priority"], decision.priority),
        waiting_since=row["waiting_since"] or case.now,
        now=case.now,
    )
    return row["id"], queue, row["agent"]


def _queue(case: Case, found: Found, decision: Decision) -> int | None:
    """Where the turn waits: a matter stays in its queue, where people may have moved it."""
    if not decision.routed:
        return None
    kept = found.row["queue"] if found.row is not None else None
    return kept if kept in case.desk.queues else case.desk.queue_id(decision.queue)


def _entry(
    case: Case, who: Who, conversation: int, event: int, message: Inbound, found: Found
) -> Entry:
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
        data=_data(message, found, threads=case.channel.capabilities.threads),
        provider_id=message.provider_id or None,
        message_id=message.message_id or None,
        raw_event=event,
        provider_time=None if message.sent_at is None else views.micros(message.sent_at),
    )


def _data(message: Inbound, found: Found, *, threads: bool) -> dict[str, Any]:
    """What an entry keeps beside its words: only what is there."""
    facts: dict[str, Any] = {}
    if found.evidence not in ("new", "channel"):
        facts["evidence"] = found.evidence
    if message.to and threads:
        facts["to"] = _named(message.to)
    if message.cc:
        facts["cc"] = _named(message.cc)
    if message.auto is not Auto.NO:
        facts["auto"] = message.auto.value
    if message.stub:
        facts["stub"] = clean(message.stub, WORDS_CAP)
    if message.consent:
        facts["consent"] = message.consent
    if message.bounce is not None:
        facts["bounce"] = [
            tuple(clean(words, WORDS_CAP) for words in (one.uri, one.status, one.words))
            for one in message.bounce.failed[:MOST_PARTIES]
        ]
    return facts


def _named(parties: Sequence[Party]) -> list[tuple[str, str]]:
    return [
        (clean(party.uri, contacts.URI_CAP), clean(party.name, contacts.NAME_CAP))
        for party in parties[:MOST_PARTIES]
    ]


def _hang_on(
    tx: Tx, case: Case, who: Who, conversation: int, request: int, entry: int, message: Inbound
) -> None:
    """What comes with a message: files, participants, claims, consent."""
    if message.attachments:
        attachments.expect(
            tx,
            entry,
            message.attachments,
            request=request,
            inside=case.channel.parts is not None,
            now=case.now,
        )
    if case.channel.capabilities.threads:
        _take_part(tx, case, who, conversation, entry, message)
    if message.claims:
        contacts.claim(
            tx,
            who.contact,
            conversation,
            entry,
            message.claims,
            source=f"channel:{case.channel.name}",
            now=case.now,
        )
    if message.consent in ("stop", "start"):
        consents.record(
            tx,
            who.identity,
            case.channel.id,
            "withdrawn" if message.consent == "stop" else "granted",
            source="customer",
            entry=entry,
            now=case.now,
        )


def _take_part(
    tx: Tx, case: Case, who: Who, conversation: int, entry: int, message: Inbound
) -> None:
    conversations.join(tx, conversation, who.identity, "from", entry, now=case.now)
    for role, parties in (
        ("reply_to", message.reply_to), ("to", message.to), ("cc", message.cc),
    ):  # fmt: skip
        for party in parties[:MOST_PARTIES]:
            if case.channel.is_ours(party.uri) or party.uri == message.sender:
                continue
            other = contacts.resolve(
                tx, party.uri, party.name, source=f"{role}:{case.channel.name}", now=case.now
            )
            conversations.join(tx, conversation, other.identity, role, entry, now=case.now)


def _enqueue(
    tx: Tx,
    case: Case,
    conversation: int,
    entry: int,
    found: Found,
    facts: Facts,
    decision: Decision,
) -> None:
    """Keep why, and let the turn wait, unless one is under way or nothing is owed."""
    item: int | None = None
    queue = _queue(case, found, decision)
    if queue is not None:
        row = found.row
        since = (row["waiting_since"] if row is not None else None) or case.now
        priority = max(decision.priority, row["priority"] if row is not None else 0)
        owner = row["agent"] if row is not None else None
        item = work_items.enqueue(
            tx,
            conversation=conversation,
            channel=case.channel.id,
            queue=queue,
            mode=case.desk.mode(queue, case.channel, decision),
            units=case.desk.units(queue, case.channel),
            order_key=since - priority * 1_000_000,
            preferred_agent=owner or facts.last_agent,
            rule_version=case.desk.version,
            now=case.now,
        )
    tx.run(
        """
        INSERT INTO decision (conversation, entry, work_item, rule_version, rule, data, at)
        VALUES (:conversation, :entry, :item, :version, :rule, :data, :now)
        """,
        conversation=conversation,
        entry=entry,
        item=item,
        version=case.desk.version,
        rule=decision.rule_id,
        data=msgspec.json.encode(decision.as_dict()).decode(),
        now=case.now,
    )
