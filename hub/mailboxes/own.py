"""Mail in the sent folder: what a person of ours wrote in another program is filed as ours.

It is on the timeline as an answer of somebody ``elsewhere``, is never sent, and ends the turn as an
answer from the console does, if it is newer than the customer's last message. What the hub itself
sent carries its mark or its Message-ID, and is only acknowledged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from connectors.contract import Auto
from connectors.fold import clean
from hub import compose, placing, sla
from hub.case import Case, Filed, ignored
from hub.mailboxes import history
from hub.replies import customer
from storage import (
    attachments,
    contacts,
    conversations,
    last_moved,
    participants,
    raw_events,
    timeline,
    views,
)
from storage.contacts import NAME_CAP
from storage.conversations import Found
from storage.timeline import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import Inbound, Party
    from storage.contacts import Who
    from storage.db import Row, Tx

ELSEWHERE: Final = "elsewhere"
"""The actor of such an entry."""
MOST_RECIPIENTS: Final = 20


def file(tx: Tx, case: Case, request: int, event: int, message: Inbound) -> Filed:
    """Put it on the timeline of whom it was written to."""
    if message.auto is Auto.LOOP or _is_known(tx, case, message):
        return ignored(tx, case, event, "our own copy")
    people = [one for one in (*message.to, *message.cc) if not case.is_ours(one.uri)]
    if not people:
        return ignored(tx, case, event, "between our own addresses")
    reached = [
        contacts.resolve(tx, one.uri, one.name, source=f"sent:{case.channel.name}", now=case.now)
        for one in people[:MOST_RECIPIENTS]
    ]
    found, who = _placed(tx, case, reached, message)
    at = history.arrived(message, case.now)
    if message.history:
        conversation, row = history.attach(tx, case, who, found, message.subject, at)
    else:
        conversation, row = _attach(tx, case, who, found, message)
    ends = not message.history and row is not None and _ends_turn(tx, row, message, at)
    entry = timeline.append(
        tx,
        _entry(case, who, conversation, event, message, at),
        queue=None if row is None else row["queue"],
        agent=None if row is None else row["agent"],
        now=case.now,
    )
    raw_events.filed(tx, event, entry)
    _hang_on(tx, case, conversation, request, entry, message, people, reached)
    if ends and row is not None:
        compose.end_turn(tx, row, None, case.channel.id, who.identity, now=case.now)
        sla.on_reply(tx, row, person=True, now=case.now)
    return Filed("stored", event, entry, conversation)


def _is_known(tx: Tx, case: Case, message: Inbound) -> bool:
    """Whether the hub sent it, or the same mail came in (somebody sends himself copies)."""
    if not message.message_id:
        return False
    answer = replace(message, in_reply_to=(message.message_id,), references=(), to=(), cc=())
    if case.channel.conversation_of(answer) is not None:  # its Message-ID carries our token
        return True
    return timeline.is_known(tx, case.channel.id, message.message_id, message.provider_id)


def _placed(tx: Tx, case: Case, reached: Sequence[Who], message: Inbound) -> tuple[Found, Who]:
    """The conversation it answers, and with whom: the first recipient if it answers none."""
    for who in reached:
        found = placing.place(tx, case, who, message)
        if message.history:
            found = history.of_its_time(tx, found)
        if found.row is not None or found.evidence not in ("new", "token of another person"):
            return found, who
    return Found(None, "new"), reached[0]


def _attach(tx: Tx, case: Case, who: Who, found: Found, message: Inbound) -> tuple[int, Row | None]:
    """The conversation; one that we begin waits for the customer and is nobody's yet."""
    if found.row is not None:
        last_moved.note(tx, found.row["id"], now=case.now)
        return int(found.row["id"]), found.row
    id = conversations.create(
        tx,
        contact=who.contact,
        identity=who.identity,
        channel=case.channel.id,
        status="pending",
        subject=message.subject,
        queue=None,
        priority=0,
        waiting_since=None,
        follows=found.follows,
        now=case.now,
    )
    return id, None


def _ends_turn(tx: Tx, row: Row, message: Inbound, at: int) -> bool:
    """Whether it is an answer to what the customer wrote last, by what it names or by its time."""
    if message.auto is not Auto.NO or row["status"] == "spam":
        return False
    last = timeline.last_inbound(tx, row["id"])
    if last is None or last["message_id"] in message.in_reply_to:
        return True
    sent = last["provider_time"]
    return at >= min(int(last["recorded_at"]), int(last["recorded_at"] if sent is None else sent))


def _entry(case: Case, who: Who, conversation: int, event: int, message: Inbound, at: int) -> Entry:
    data: dict[str, Any] = {"elsewhere": clean(message.sender_name, NAME_CAP) or message.sender}
    if message.history:
        data["history"] = True
    if message.stub:
        data["stub"] = clean(message.stub, 1_000)
    if message.auto is not Auto.NO:
        data["auto"] = message.auto.value
    return Entry(
        contact=who.contact,
        identity=who.identity,
        conversation=conversation,
        kind="message",
        channel=case.channel.id,
        direction="out",
        actor=ELSEWHERE,
        subject=message.subject,
        text=message.text,
        full_text=message.full_text or None,
        html=message.html or None,
        data={**data, "to": customer.named(message.to), "cc": customer.named(message.cc)},
        provider_id=message.provider_id or None,
        message_id=message.message_id or None,
        raw_event=event,
        provider_time=None if message.sent_at is None else views.micros(message.sent_at),
        recorded_at=at,
    )


def _hang_on(
    tx: Tx,
    case: Case,
    conversation: int,
    request: int,
    entry: int,
    message: Inbound,
    people: Sequence[Party],
    reached: Sequence[Who],
) -> None:
    """Its files, and whom it was written to: they may answer into this conversation."""
    if message.attachments:
        attachments.expect(
            tx,
            entry,
            message.attachments,
            request=request,
            inside=case.channel.parts is not None,
            now=case.now,
        )
    to = {party.uri for party in message.to}
    for party, who in zip(people, reached, strict=False):
        role = "to" if party.uri in to else "cc"
        participants.join(tx, conversation, who.identity, role, entry, now=case.now)
