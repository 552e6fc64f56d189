"""What the store knows of a person and a matter that the rules in force ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub import placing
from hub.rules import context
from hub.rules.context import Asked, Facts
from routing.model import SECOND
from routing.rules.fields import Value
from storage import contacts, conversations, last_moved
from storage import facts as stored
from storage.contacts import Who
from storage.conversations import Found

if TYPE_CHECKING:
    from storage.db import Tx


def gather(tx: Tx, who: Who, found: Found, needs: frozenset[str], now: int) -> Facts:
    """The facts of one message; ``needs`` are the rules' own, ``now`` in microseconds."""
    asked = context.asked(needs)
    status = None if found.row is None else found.row["status"]
    if not (who.known or who.linked):
        return Facts(who, status=status, looked_up=_of_nobody(asked))
    members = placing.members(tx, who)
    last: int | None
    met: int | None
    if found.row is not None:
        last, met = found.row["last_agent"], last_moved.of(tx, found.row)
    else:
        last, met = conversations.last_agent(tx, members)
    looked_up = look_up(tx, who, members, last, asked, now)
    return Facts(who, last_agent=last, status=status, last_met=met, looked_up=looked_up)


def _of_nobody(asked: Asked) -> dict[str, Value]:
    """Of somebody who was never here, without a look."""
    return {"contact.open_conversations": 0} if asked.open else {}


def look_up(
    tx: Tx, who: Who, members: Sequence[int], last: int | None, asked: Asked, now: int
) -> dict[str, Value]:
    """The fields that are asked for; those without a value are left out."""
    found: dict[str, Value] = {}
    if asked.profile:
        found |= _joined(tx, who.root) if who.linked else profile(tx, who.root)
    if asked.open:
        found["contact.open_conversations"] = conversations.open_count(tx, members)
    if asked.last_contact and (at := stored.last_contact(tx, members)) is not None:
        found["contact.last_contact"] = max(0, now - at) // SECOND
    if asked.last_agent and last is not None:
        email = stored.agent_email(tx, last)
        if email is not None:
            found["last_agent"] = email
    return found


def _joined(tx: Tx, contact: int) -> dict[str, Value]:
    """``profile`` of a person who is more than one contact: what any of them says counts."""
    of = contacts.profile(tx, contact)
    found = context.fields_of("contact", of.attributes)
    if of.language:
        found["contact.language"] = of.language
    if of.organization is not None:
        found["organization.name"] = of.organization
        found |= context.attributes("organization", of.of_organization)
    return found


def profile(tx: Tx, contact: int) -> dict[str, Value]:
    """Language, attributes and organization of a person."""
    row = stored.profile(tx, contact)
    if row is None:
        return {}
    found = context.attributes("contact", row["attributes"])
    if row["language"]:
        found["contact.language"] = row["language"]
    if row["organization"] is not None:
        found["organization.name"] = row["organization"]
        found |= context.attributes("organization", row["of_organization"])
    return found
