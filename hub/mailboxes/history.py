"""Mail that lay in a mailbox before us: on the timeline where it happened, and nothing comes of it.

It is never ruled, offered, answered or counted: no rule runs, no work item, no consent, no claim.
Its conversations are resolved from the beginning, at the time of their last mail, so that an answer
today reopens or follows them as it does any other matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from hub import messages, placing
from hub.case import Case, Filed, ignored
from hub.entry import entry_of
from hub.replies import customer
from storage import contacts, conversations, last_moved, raw_events, timeline, views
from storage.conversations import CLOSED, Found

if TYPE_CHECKING:
    from connectors.contract import Inbound
    from storage.contacts import Who
    from storage.db import Row, Tx


def arrived(message: Inbound, now: int) -> int:
    """When the mailbox took it in (µs), else when it says it was sent; never later than now."""
    at = message.received_at or message.sent_at
    return now if at is None else max(0, min(views.micros(at), now))


def file(tx: Tx, case: Case, request: int, event: int, message: Inbound) -> Filed:
    """Put it on the timeline."""
    if placing.is_echo(tx, case, message):
        return ignored(tx, case, event, "our own words")
    whose = customer.customer(tx, case, message)
    message = replace(whose.message, consent="", claims={}, identities=())
    whose = replace(whose, message=message)
    who = contacts.resolve(
        tx,
        message.sender,
        message.sender_name,
        source=f"channel:{case.channel.name}",
        verified=message.authenticated,
        now=case.now,
    )
    at = arrived(message, case.now)
    found = of_its_time(tx, placing.place(tx, case, who, message))
    conversation, row = attach(tx, case, who, found, message.subject, at)
    entry = entry_of(case, who, conversation, event, whose, found)
    data = {**entry.data, "history": True}
    data.pop("too_old", None)
    id = timeline.append(
        tx,
        replace(entry, data=data, recorded_at=at),
        queue=None if row is None else row["queue"],
        agent=None if row is None else row["agent"],
        now=case.now,
    )
    raw_events.filed(tx, event, id)
    messages.hang_on(tx, replace(case, proof=None), who, conversation, request, id, message)
    return Filed("stored", event, id, conversation)


def attach(
    tx: Tx, case: Case, who: Who, found: Found, subject: str, at: int
) -> tuple[int, Row | None]:
    """The conversation that a mail of that time belongs to, and its row if it was there.

    What is under way is not disturbed by what is older than its last message: an answer goes to
    whoever wrote last, and must go on doing so. Such a mail stands in a matter of its own.
    """
    row = found.row
    if row is not None and (row["status"] in CLOSED or last_moved.of(tx, row) <= at):
        conversations.remembered_in(tx, row["id"], at=at)
        return int(row["id"]), row
    id = conversations.create(
        tx,
        contact=who.contact,
        identity=who.identity,
        channel=case.channel.id,
        status="resolved",
        subject=subject,
        queue=None,
        priority=0,
        waiting_since=None,
        follows=None,
        resolved_at=at,
        now=at,
    )
    return id, None


def of_its_time(tx: Tx, found: Found) -> Found:
    """A matter that was closed too long ago for today is the right one for a mail of its time."""
    evidence, _, why = found.evidence.partition(", ")
    if found.follows is None or why != "closed too long ago":
        return found
    return Found(conversations.get(tx, found.follows), evidence)
