"""Writing first: a matter that we begin, on any channel that reaches the person.

Whoever starts it owns it: the matter is pending, nobody waits, and the customer's answer comes back
to the starter, or waits for them by preference. Consent is asked for as ``service`` here and once
more when a part leaves (storage/deliveries.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.contract import Uri
from hub import compose
from hub.compose import MOST_RECIPIENTS, WHY_CLOSED, Draft, Envelope, Refused
from storage import consents, contacts, conversations, participants, timeline
from storage.timeline import SUBJECT_CAP

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.channels import Channels
    from hub.compose import Author
    from storage.consents import Closed, Purpose
    from storage.contacts import Who
    from storage.db import Row, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What somebody wants to begin a matter with."""

    channel: Channel
    to: tuple[Uri, ...] = ()
    """The first is the customer. Empty: the address of ``contact`` that the channel reaches."""
    contact: int | None = None
    name: str = ""
    """Of the customer, where we did not know them."""
    cc: tuple[Uri, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    files: tuple[int, ...] = ()
    queue: int | None = None
    """Where the matter belongs; None: the rules say so when the customer answers."""
    purpose: Purpose = "service"
    client_key: str


@dataclass(frozen=True, slots=True)
class Way:
    """A channel that reaches a person at an address, and why it may not be used."""

    channel: Channel
    identity: int | None
    """None: an address that we do not know yet."""
    uri: Uri
    closed: Closed = ""


def ways(
    tx: Tx,
    channels: Iterable[Channel],
    *,
    contact: int | None = None,
    uri: Uri | None = None,
    purpose: Purpose = "service",
) -> list[Way]:
    """How a person, or whoever has an address, can be written to: open ways first, and of these the
    channel that they were last met on."""
    if uri is not None:
        who = contacts.find(tx, uri)
        known: list[tuple[int | None, Uri]] = [(None if who is None else who.identity, uri)]
        contact = contact if who is None else who.root
    else:
        known = [(row["id"], row["uri"]) for row in contacts.identities(tx, contact or 0)]
    last = None if contact is None else _last_met(tx, contact)
    found = [
        Way(channel, identity, address, _closed(tx, identity, channel, purpose))
        for identity, address in known
        for channel in channels
        if address.startswith(channel.capabilities.reaches or ("\0",))
        and not channel.is_ours(address)
    ]
    return sorted(found, key=lambda way: (bool(way.closed), (way.channel.id, way.identity) != last))


def start(tx: Tx, channels: Channels, opening: Opening, author: Author, *, now: int) -> int:
    """Begin a matter and put its first message on its way; the entry's id.

    The same ``client_key`` is the same message. Raises Refused (which field, and why), KeyUsed,
    LookupError.
    """
    known = timeline.by_client_key(tx, opening.client_key, kind="message", text=opening.text)
    if known is not None:
        return known
    channel = opening.channel
    _check(channels, opening)
    who, uri = _addressee(tx, opening, now=now)
    if why := _closed(tx, who.identity, channel, opening.purpose):
        raise Refused("to", WHY_CLOSED[why])
    row = _open(tx, opening, who, author, now=now)
    envelope = _envelope(opening, who, uri)
    draft = Draft(
        conversation=row["id"],
        text=opening.text,
        html=opening.html,
        channel=channel,
        files=opening.files,
        client_key=opening.client_key,
        first=True,
    )
    purpose = opening.purpose
    entry = compose.write(
        tx, channel, row, who.contact, envelope, draft, author, purpose=purpose, now=now
    )
    _take_part(tx, row["id"], opening, who, entry, now=now)
    conversations.changed(tx, row["id"], now=now)
    return entry


def _check(channels: Channels, opening: Opening) -> None:
    channel = opening.channel
    if channel.capabilities.subject and not opening.subject.strip():
        raise Refused("subject", "is empty")
    if opening.subject and not channel.capabilities.subject:
        raise Refused("subject", f"{channel.title} has no subjects: leave it out")
    if len(opening.subject) > SUBJECT_CAP:
        raise Refused("subject", f"at most {SUBJECT_CAP} characters")
    if not opening.to and opening.contact is None:
        raise Refused("to", "say to whom: an address, or a contact")
    everybody = (*opening.to, *opening.cc)
    if len(everybody) > 1 and not channel.capabilities.many_recipients:
        raise Refused("to", f"{channel.title} writes to one person at a time")
    if len(everybody) > MOST_RECIPIENTS:
        raise Refused("to", f"at most {MOST_RECIPIENTS} addresses")
    compose.check_reached(channel, "to", opening.to)
    compose.check_reached(channel, "cc", opening.cc)
    if any(one.is_ours(uri) for one in channels for uri in everybody):
        raise Refused("to", "is an address of our own")


def _addressee(tx: Tx, opening: Opening, *, now: int) -> tuple[Who, Uri]:
    """The customer and the address that is written to. Raises Refused, LookupError."""
    if opening.contact is None:
        uri = opening.to[0]
        return contacts.resolve(tx, uri, opening.name, source="agent", now=now), uri
    own = {row["uri"] for row in contacts.identities(tx, opening.contact)}
    if not own and tx.one("SELECT 1 FROM contact WHERE id = :id", id=opening.contact) is None:
        raise LookupError("no such contact")
    if opening.to and opening.to[0] not in own:
        raise Refused("to[0]", "is not an address of this person")
    given = opening.to[0] if opening.to else None
    found = ways(
        tx, (opening.channel,), contact=opening.contact, uri=given, purpose=opening.purpose
    )
    who = contacts.find(tx, found[0].uri) if found else None
    if who is None:
        raise Refused("channel", f"{opening.channel.title} reaches no address of this person")
    return who, found[0].uri


def _open(tx: Tx, opening: Opening, who: Who, author: Author, *, now: int) -> Row:
    """The matter: pending, its starter's."""
    id = conversations.create(
        tx,
        contact=who.contact,
        identity=who.identity,
        channel=opening.channel.id,
        status="pending",
        subject=opening.subject.strip(),
        queue=opening.queue,
        priority=0,
        waiting_since=None,
        follows=None,
        now=now,
    )
    conversations.answered(
        tx, id, agent=author.agent, channel=opening.channel.id, identity=who.identity, now=now
    )
    row = conversations.get(tx, id)
    if row is None:
        raise LookupError("the conversation that was just made is gone")
    return row


def _envelope(opening: Opening, who: Who, uri: Uri) -> Envelope:
    to: list[tuple[str, str]] = [(uri, opening.name or who.name)]
    if not opening.channel.capabilities.many_recipients:
        return Envelope(who.identity, [(uri, "")])
    to += [(other, "") for other in opening.to[1:]]
    return Envelope(who.identity, to, [(str(other), "") for other in opening.cc])


def _take_part(tx: Tx, id: int, opening: Opening, who: Who, entry: int, *, now: int) -> None:
    """Everybody written to takes part, so that each one's answer comes back into this matter."""
    participants.join(tx, id, who.identity, "to", entry, now=now)
    for role, uris in (("to", opening.to[1:]), ("cc", opening.cc)):
        for uri in uris:
            other = contacts.resolve(tx, uri, "", source="agent", now=now)
            participants.join(tx, id, other.identity, role, entry, now=now)


def _closed(tx: Tx, identity: int | None, channel: Channel, purpose: Purpose) -> Closed:
    if identity is None:
        return "not_asked" if purpose == "marketing" else ""
    return consents.closed(tx, identity, channel.id, purpose)


def _last_met(tx: Tx, contact: int) -> tuple[int, int] | None:
    """(channel, identity) of the matter with a person that moved last."""
    rows = [
        row
        for member in contacts.members(tx, contact)
        if (
            row := tx.one(
                """
                SELECT channel, identity, last_at FROM conversation WHERE contact = :c
                ORDER BY last_at DESC, id DESC LIMIT 1
                """,
                c=member,
            )
        )
    ]
    last = max(rows, key=lambda row: int(row["last_at"]), default=None)
    return None if last is None else (last["channel"], last["identity"])
