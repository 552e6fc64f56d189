"""Composing an answer: in how many parts, and whether it may leave; to whom is in ``addressing``.

What is decided here is fixed in delivery rows before anything is sent: recipients, Message-ID,
parts. ``hub/deliver.py`` only sends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from connectors.split import split
from connectors.subject import answering
from hub import addressing, sla
from hub.addressing import (
    MOST_RECIPIENTS,
    WHY_CLOSED,
    Draft,
    Envelope,
    Option,
    Refused,
    check_reached,
    options,
)
from hub.persons import tracking
from hub.replies import recipients
from storage import (
    agents,
    attachments,
    contacts,
    conversations,
    deliveries,
    last_moved,
    timeline,
    work_items,
)
from storage.deliveries import Body
from storage.timeline import Entry

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.channels import Channels
    from storage.consents import Purpose
    from storage.db import Row, Tx

__all__ = [
    "MOST_RECIPIENTS",
    "WHY_CLOSED",
    "Author",
    "Draft",
    "Envelope",
    "Option",
    "Refused",
    "WroteSince",
    "check_reached",
    "end_turn",
    "message_id_of",
    "options",
    "references_of",
    "reply",
    "subject_of",
    "write",
]

MOST_REFERENCES = 20


class WroteSince(Exception):
    """Somebody wrote since the writer last looked; ``entries`` are the new ones, oldest first."""

    def __init__(self, entries: Sequence[int]) -> None:
        super().__init__("somebody wrote since you last looked")
        self.entries = tuple(entries)


@dataclass(frozen=True, slots=True)
class Author:
    """Who acts: an agent, or a program with a token of its own."""

    agent: int | None
    """None: a program."""
    name: str
    actor: str
    """As the timeline keeps it: ``agent:ID`` or ``token:ID``."""
    by: str
    """Whose uploads these are: ``user:ID`` or ``token:ID``."""


def reply(tx: Tx, channels: Channels, draft: Draft, author: Author, *, now: int) -> int:
    """File an answer and put its parts on their way; the entry's id.

    The same ``client_key`` is the same answer. Raises Refused, WroteSince, KeyUsed,
    LookupError.
    """
    known = timeline.by_client_key(tx, draft.client_key, kind="message", text=draft.text)
    if known is not None:
        return known
    row = conversations.get(tx, draft.conversation)
    if row is None:
        raise LookupError("no such conversation")
    _check_seen(tx, draft, author)
    option = addressing.choose(tx, channels, row, draft)
    channel = option.channel
    envelope = addressing.envelope(tx, channels, row, option, draft)
    contact = row["contact"] if option.other else _contact_of(tx, envelope.identity)
    entry = write(tx, channel, row, contact, envelope, draft, author, now=now)
    if channel.capabilities.many_recipients:
        written_to = [*(("to", one) for one in envelope.to), *(("cc", one) for one in envelope.cc)]
        recipients.join(tx, row["id"], entry, written_to, now=now)
    address = row["identity"] if option.other else envelope.identity
    if _reaches(tx, row, envelope):
        end_turn(tx, row, author.agent, channel.id, address, now=now)
        sla.on_reply(tx, row, person=not author.actor.startswith("token:"), now=now)
    else:  # a mail to a third party: the customer waits on
        last_moved.note(tx, row["id"], now=now)
        conversations.changed(tx, row["id"], now=now)
    return entry


def write(
    tx: Tx,
    channel: Channel,
    row: Row,
    contact: int,
    envelope: Envelope,
    draft: Draft,
    author: Author,
    *,
    purpose: Purpose = "reply",
    now: int,
) -> int:
    """The entry on ``contact``'s timeline and its parts on their way; the entry's id.

    ``row``: the conversation. Raises Refused.
    """
    message_id = message_id_of(channel, row["id"], draft.client_key)
    entry = timeline.append(
        tx,
        Entry(
            contact=contact,
            identity=envelope.identity,
            conversation=row["id"],
            kind="message",
            channel=channel.id,
            direction="out",
            actor=author.actor,
            subject=subject_of(row, channel, first=draft.first),
            text=draft.text,
            html=draft.html or None,
            data={"to": envelope.to, **({"cc": envelope.cc} if envelope.cc else {})},
            message_id=message_id or None,
            client_key=draft.client_key,
        ),
        queue=row["queue"],
        agent=row["agent"],
        now=now,
    )
    deliveries.create(
        tx,
        entry=entry,
        conversation=row["id"],
        channel=channel.id,
        identity=envelope.identity,
        parts=_bodies(tx, channel, row, entry, envelope, draft, author),
        purpose=purpose,
        now=now,
    )
    return entry


def _reaches(tx: Tx, row: Row, envelope: Envelope) -> bool:
    """Whether an answer goes to the person it is about, or to whoever wrote last."""
    if envelope.identity == row["identity"]:
        return True
    own = {one["uri"] for one in contacts.identities(tx, row["contact"])}
    own.add(contacts.uri(tx, row["identity"]))
    if envelope.answers is not None:  # where they want the answer
        own |= {uri for uri, _ in msgspec.json.decode(envelope.answers["data"]).get("reply_to", ())}
    return any(uri in own for uri, _ in (*envelope.to, *envelope.cc))


def _bodies(
    tx: Tx,
    channel: Channel,
    row: Row,
    entry: int,
    envelope: Envelope,
    draft: Draft,
    author: Author,
) -> list[Body]:
    """The parts as they leave: the first carries subject, threads and files, the others words."""
    parts = _parts(draft, channel)
    first = Body(
        to=envelope.to,
        cc=envelope.cc,
        subject=subject_of(row, channel, first=draft.first),
        text=parts[0],
        html=draft.html if channel.capabilities.html else "",
        files=_claim_files(tx, channel, entry, draft, author),
        message_id=message_id_of(channel, row["id"], draft.client_key),
        in_reply_to=_answered_message_id(tx, row["id"], channel, draft),
        references=references_of(tx, row["id"], channel, entry),
        reply_to=channel.threads.reply_to(row["id"]) if channel.threads else "",
        sender_name=channel.options.sender_name or author.name,
    )
    return [first, *(Body(to=envelope.to, text=part) for part in parts[1:])]


def end_turn(tx: Tx, row: Row, agent: int | None, channel: int, identity: int, *, now: int) -> None:
    """A person's answer ends the turn: the item is done, its units free, the customer owes."""
    item = work_items.live_of(tx, row["id"])
    if item is not None:
        work_items.end(tx, item, "completed", answered=True, now=now)
    conversations.answered(tx, row["id"], agent=agent, channel=channel, identity=identity, now=now)
    if agent is not None:
        agents.answered(tx, agent)
    conversations.changed(tx, row["id"], now=now)


def _check_seen(tx: Tx, draft: Draft, author: Author) -> None:
    if draft.seen is None:
        return
    newer = tx.all(
        """
        SELECT id FROM timeline_entry
        WHERE conversation = :c AND id > :seen AND kind = 'message'
          AND actor NOT IN (:me, 'hub') ORDER BY id
        """,
        c=draft.conversation,
        seen=draft.seen,
        me=author.actor,
    )
    if newer:
        raise WroteSince([row["id"] for row in newer])


def _parts(draft: Draft, channel: Channel) -> list[str]:
    capabilities = channel.capabilities
    if not draft.text.strip() and not draft.files:
        raise Refused("text", "is empty")
    if draft.files and not capabilities.attachments:
        raise Refused("files", f"{channel.title} cannot carry files")
    parts = split(draft.text, capabilities) or [""]
    if len(parts) > capabilities.max_parts:
        raise Refused("text", f"too long: {len(parts)} parts, {capabilities.max_parts} at most")
    return parts


def _claim_files(tx: Tx, channel: Channel, entry: int, draft: Draft, author: Author) -> list[int]:
    rows = attachments.claim_uploads(tx, entry, draft.files, by=author.by)
    size = sum(row["size"] or 0 for row in rows)
    if size > channel.capabilities.max_attachment_bytes > 0:
        most = channel.capabilities.max_attachment_bytes // 1_000_000
        raise Refused("files", f"together larger than {most} MB")
    return [row["id"] for row in rows]


def _contact_of(tx: Tx, identity: int) -> int:
    return int(tx.value("SELECT contact FROM identity WHERE id = :i", i=identity))


def subject_of(row: Row, channel: Channel, *, first: bool = False) -> str:
    """The subject of an answer in a conversation, or of our first mail, its tracking code last;
    empty where the channel has none."""
    if not channel.capabilities.subject:
        return ""
    subject = tracking.without_code(str(row["subject"]).strip())
    return tracking.with_code(subject if first else answering(subject), row["code"])


def message_id_of(channel: Channel, conversation: int, client_key: str) -> str:
    """Made before the first try, and the same for the same key: a retry cannot double a mail."""
    if channel.threads is None:
        return ""
    unique = hashlib.sha256(client_key.encode()).hexdigest()[:24]
    return channel.threads.message_id(conversation, unique)


def _last_inbound(tx: Tx, conversation: int, channel: Channel) -> Row | None:
    return tx.one(
        """
        SELECT * FROM timeline_entry WHERE conversation = :c AND channel = :channel
          AND direction = 'in' AND kind = 'message' ORDER BY id DESC LIMIT 1
        """,
        c=conversation,
        channel=channel.id,
    )


def _answered_message_id(tx: Tx, conversation: int, channel: Channel, draft: Draft) -> str:
    """Message-ID of the mail that is answered: the given one, else the last that came in."""
    if draft.answers is not None:
        return recipients.entry_of(tx, draft.answers, conversation)["message_id"] or ""
    found = _last_inbound(tx, conversation, channel)
    return (found["message_id"] or "") if found is not None else ""


def references_of(tx: Tx, conversation: int, channel: Channel, before: int) -> list[str]:
    """Message-IDs of a conversation before an entry, oldest first."""
    rows = tx.all(
        """
        SELECT message_id FROM timeline_entry WHERE conversation = :c AND channel = :channel
          AND message_id IS NOT NULL AND id < :before ORDER BY id DESC LIMIT :most
        """,
        c=conversation,
        channel=channel.id,
        before=before,
        most=MOST_REFERENCES,
    )
    return [row["message_id"] for row in reversed(rows)]
