"""The timeline: everything that happened with a contact, over all channels, in one order.

Order and paging are (recorded_at, id). ``contact`` is always the identity's own contact; the view
of a person unions the linked ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connectors.fold import clean
from storage import events
from storage.later import Table

if TYPE_CHECKING:
    from storage.db import Row, Tx

TEXT_CAP = 1_000_000  # characters
SUBJECT_CAP = 500


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, on its way into the timeline."""

    contact: int
    kind: str
    actor: str
    """``customer``, ``hub`` or ``agent:ID``."""
    identity: int | None = None
    conversation: int | None = None
    channel: int | None = None
    direction: str | None = None
    subject: str = ""
    text: str = ""
    full_text: str | None = None
    html: str | None = None
    data: Mapping[str, Any] = msgspec.field(default_factory=dict)
    provider_id: str | None = None
    message_id: str | None = None
    client_key: str | None = None
    """``CONVERSATION:KEY`` (hub/api/writing.py): the writer's key counts within one matter."""
    raw_event: int | None = None
    provider_time: int | None = None
    recorded_at: int | None = None
    """Its place in the order (µs), if that is not now: what lay in a mailbox before us."""


class EntryRow(msgspec.Struct, frozen=True, gc=False):
    """A row of ``timeline_entry``."""

    contact: int
    identity: int | None
    conversation: int | None
    kind: str
    channel: int | None
    direction: str | None
    actor: str
    subject: str
    text: str
    full_text: str | None
    html: str | None
    data: str
    provider_id: str | None
    message_id: str | None
    client_key: str | None
    raw_event: int | None
    provider_time: int | None
    recorded_at: int


ENTRIES: Final = Table("timeline_entry", EntryRow)


def append(
    tx: Tx, entry: Entry, *, queue: int | None = None, agent: int | None = None, now: int
) -> int:
    """Put an entry on the timeline and say so; its id. ``queue`` and ``agent`` say who may see it."""
    text = clean(entry.text, TEXT_CAP)
    full = None if entry.full_text is None else clean(entry.full_text, TEXT_CAP)
    row = EntryRow(
        contact=entry.contact,
        identity=entry.identity,
        conversation=entry.conversation,
        kind=entry.kind,
        channel=entry.channel,
        direction=entry.direction,
        actor=entry.actor,
        subject=clean(entry.subject, SUBJECT_CAP),
        text=text,
        full_text=None if full == text else full,
        html=clean(entry.html) if entry.html else None,
        data=msgspec.json.encode(entry.data).decode() if entry.data else "{}",
        provider_id=clean(entry.provider_id, SUBJECT_CAP) if entry.provider_id else None,
        message_id=clean(entry.message_id, SUBJECT_CAP) if entry.message_id else None,
        client_key=entry.client_key,
        raw_event=entry.raw_event,
        provider_time=entry.provider_time,
        recorded_at=now if entry.recorded_at is None else entry.recorded_at,
    )
    id = tx.insert_later(ENTRIES, row)
    events.append(
        tx,
        "entry.added",
        id,
        conversation=entry.conversation,
        contact=entry.contact,
        queue=queue,
        agent=agent,
        now=now,
    )
    return id


def name(tx: Tx, entry: int, provider_id: str) -> None:
    """The provider's id of an answer: that of its first part."""
    tx.run(
        "UPDATE timeline_entry SET provider_id = :p WHERE id = :id AND provider_id IS NULL",
        p=clean(provider_id, SUBJECT_CAP),
        id=entry,
    )


def set_data(tx: Tx, entry: int, data: Mapping[str, Any], *, now: int) -> None:
    """What is kept beside an entry's words is not what it was."""
    tx.run(
        "UPDATE timeline_entry SET data = :data WHERE id = :id",
        data=msgspec.json.encode(data).decode(),
        id=entry,
    )
    changed(tx, entry, now=now)


def changed(tx: Tx, entry: int, *, now: int) -> None:
    """Say that what hangs on an entry (a delivery, an attachment) has moved on."""
    row = tx.one("SELECT contact, conversation FROM timeline_entry WHERE id = :id", id=entry)
    if row is not None:
        events.append(
            tx,
            "entry.changed",
            entry,
            conversation=row["conversation"],
            contact=row["contact"],
            now=now,
        )


class KeyUsed(Exception):
    """Something else was written with this client key before: ``entry``."""

    def __init__(self, entry: int) -> None:
        super().__init__("something else was written with this client key: nothing was sent now")
        self.entry = entry


def by_client_key(tx: Tx, key: str, *, kind: str, text: str) -> int | None:
    """The entry of this kind and with this text that was written with this key before, if any: the
    same request once more. Raises KeyUsed."""
    row = tx.one("SELECT id, kind, text FROM timeline_entry WHERE client_key = :key", key=key)
    if row is None:
        return None
    if (row["kind"], row["text"]) != (kind, clean(text, TEXT_CAP)):
        raise KeyUsed(row["id"])
    return int(row["id"])


def is_ours(tx: Tx, message_id: str) -> bool:
    """Whether this Message-ID is of a mail that left from here."""
    return bool(
        tx.value(
            """
            SELECT 1 FROM timeline_entry
            WHERE message_id = :m AND message_id IS NOT NULL AND direction = 'out' LIMIT 1
            """,
            m=clean(message_id, SUBJECT_CAP),
        )
    )


def is_known(tx: Tx, channel: int, message_id: str, provider_id: str) -> bool:
    """Whether this channel has that very mail: sent from here, or with the same content."""
    return bool(
        tx.value(
            """
            SELECT 1 FROM timeline_entry
            WHERE message_id = :m AND message_id IS NOT NULL AND channel = :channel
              AND (provider_id = :p OR (direction = 'out' AND client_key IS NOT NULL)) LIMIT 1
            """,
            m=clean(message_id, SUBJECT_CAP),
            channel=channel,
            p=clean(provider_id, SUBJECT_CAP),
        )
    )


def last_inbound(tx: Tx, conversation: int) -> Row | None:
    """The customer's newest message in a conversation: message_id, provider_time, recorded_at."""
    return tx.one(
        """
        SELECT message_id, provider_time, recorded_at FROM timeline_entry
        WHERE conversation = :c AND direction = 'in' AND kind = 'message'
        ORDER BY id DESC LIMIT 1
        """,
        c=conversation,
    )


def get(tx: Tx, id: int) -> Row | None:
    """One entry, whole."""
    return tx.one("SELECT * FROM timeline_entry WHERE id = :id", id=id)


def last_id(tx: Tx, conversation: int) -> int:
    """The newest entry of a conversation: what a reply must have seen."""
    found = tx.value("SELECT MAX(id) FROM timeline_entry WHERE conversation = :c", c=conversation)
    return int(found or 0)
