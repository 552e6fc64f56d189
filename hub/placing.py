"""Where a message belongs: who its customer is, and which conversation it continues, with the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from connectors.contract import Auto, Bounce, Inbound, Uri
from hub.case import Case
from hub.persons import tracking
from storage import (
    contacts,
    conversations,
    deliveries,
    links,
    moves,
    participants,
    receipts,
    timeline,
)
from storage.contacts import Who
from storage.conversations import Found

if TYPE_CHECKING:
    from storage.db import Row, Tx

MOST_REFERENCES = 20  # newest References looked up


def is_echo(tx: Tx, case: Case, message: Inbound) -> bool:
    """Whether these are our own words, in the mailbox that sent them or in another one of ours
    (whose domain, and so whose loop mark, may be another)."""
    if not case.is_ours(message.sender):
        return False
    if message.auto is Auto.LOOP:
        return True
    return bool(message.message_id) and timeline.is_ours(tx, message.message_id)


def proven(tx: Tx, case: Case, who: Who, uris: Sequence[Uri]) -> Who:
    """Addresses proven with this message: new ones join the person, known ones link two people."""
    for uri in uris:
        other = contacts.find(tx, uri)
        if other is None:
            contacts.add_identity(
                tx, who.contact, uri, "", source="signed", verified=True, now=case.now
            )
        elif other.root != who.root and other.verified:
            links.join(tx, other.root, who.root, evidence=f"signed:{uri}", by="hub", now=case.now)
            who = replace(who, root=other.root, linked=True)
    return who


def members(tx: Tx, who: Who) -> list[int]:
    """All contacts of the person who writes."""
    return contacts.members(tx, who.root) if who.linked else [who.contact]


def place(tx: Tx, case: Case, who: Who, message: Inbound) -> Found:
    """The conversation that this message belongs to, and the evidence for it."""
    if message.bounce is not None:
        about = _bounced(tx, case, message.bounce)
        if about is not None:
            return Found(conversations.get(tx, about["conversation"]), "bounce")
    if case.channel.capabilities.threads:
        found = _thread(tx, case, who, message)
    else:
        met = who.known or who.linked
        latest = conversations.latest(tx, members(tx, who), case.channel.id) if met else None
        found = Found(latest, "channel" if latest is not None else "new")
    return _still_open(case, who, _by_code(tx, who, message, found))


def _by_code(tx: Tx, who: Who, message: Inbound, found: Found) -> Found:
    """A tracking code threads for the same person, unless the mail itself says where it belongs;
    one of anybody else's is a suggestion."""
    named = tracking.matters(tx, message) if message.auto is Auto.NO else []
    if not named or found.by is not None or found.evidence == "token":
        return found
    named = [moves.present(tx, row, ()) if row["moved_to"] else row for row in named]
    own = set(members(tx, who)) if who.known or who.linked else set()
    mine = next((row for row in named if row["contact"] in own), None)
    if mine is not None:
        return Found(mine, "code", follows=found.follows)
    return replace(found, suggests=named[0])


def _thread(tx: Tx, case: Case, who: Who, message: Inbound) -> Found:
    """Our signed token first, then the mails it answers, on this mailbox and for a participant."""
    answered = (*message.in_reply_to, *reversed(message.references[-MOST_REFERENCES:]))
    token = case.channel.conversation_of(message)
    row = conversations.get(tx, token) if token is not None else None
    if row is not None and row["moved_to"] is not None:
        row = moves.present(tx, row, answered)
    if row is not None and _takes_part(tx, who, row):
        return Found(row, "token")
    if row is not None:
        return Found(None, "token of another person", follows=row["id"])
    for mailbox in _mailboxes(case, message):
        row = conversations.by_message_ids(tx, answered, mailbox, who.identity, who.contact)
        if row is not None:
            return Found(row, "references", by=row["by_entry"])
    return Found(None, "new")


def _takes_part(tx: Tx, who: Who, row: Row) -> bool:
    """Whether they were in it before, or it is about them, by whichever of their addresses."""
    if participants.takes_part(tx, row["id"], who.identity):
        return True
    return row["contact"] == who.contact or (who.linked and row["contact"] in members(tx, who))


def _mailboxes(case: Case, message: Inbound) -> Sequence[int]:
    """Where the mails that it answers may have come in: here, or at whoever of us else it is
    written to (of two copies the one without the earlier mail may come first)."""
    named = (case.mailboxes.get(party.uri) for party in (*message.to, *message.cc))
    return tuple(dict.fromkeys([case.channel.id, *(one for one in named if one is not None)]))


def _still_open(case: Case, who: Who, found: Found) -> Found:
    """What was closed too long ago is followed; spam is not revived by who is not blocked."""
    row = found.row
    if row is None or row["status"] not in conversations.CLOSED or row["resolved_at"] is None:
        return found
    if row["status"] == "spam" and not who.blocked:
        return replace(found, row=None, evidence=f"{found.evidence}, spam")
    if case.now - row["resolved_at"] <= case.channel.reopen_micros:
        return found
    evidence = f"{found.evidence}, closed too long ago"
    return replace(found, row=None, evidence=evidence, follows=row["id"])


def _bounced(tx: Tx, case: Case, bounce: Bounce) -> Row | None:
    """The part that came back; it is marked failed."""
    row = receipts.by_message_id(tx, case.channel.id, bounce.message_id)
    if row is None:
        return None
    failed = next((one for one in bounce.failed if one.permanent), None)
    if failed is not None:
        deliveries.advance(
            tx, row["id"], "failed", code=failed.status, words=failed.words, now=case.now
        )
    return row
