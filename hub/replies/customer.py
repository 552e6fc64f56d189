"""Whose message it is, where From does not say so: forms, our own addresses, forwarding colleagues.

What was changed is kept with the entry (``via``, ``forwarded``), so that people can see and undo it.
Nothing of it proves anything: the customer found here is never verified by this message, and no
program answers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from connectors import address
from connectors.contract import Auto, Forwarded, Inbound, Party, Uri
from connectors.fold import clean
from storage import agents, contacts, timeline, users
from storage.timeline import Entry

if TYPE_CHECKING:
    from hub.case import Case
    from storage.db import Tx

NO_REPLY: Final = ("noreply", "no-reply", "no_reply", "donotreply", "do-not-reply")
NOBODY: Final = Uri("")
_MARKS: Final = ("auto-submitted", "precedence")
"""What a form's mailer writes of itself; a person filled in the form."""
_REACHED_BY: Final = (
    "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to",
)  # fmt: skip


class Customer(msgspec.Struct, frozen=True):
    """A message under its customer, and what of it is not as it was sent."""

    message: Inbound
    facts: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """Kept with the entry."""
    comment: str = ""
    """What a forwarding colleague wrote above it: a note."""
    actor: str = "hub"
    """Who wrote the note, as the timeline keeps it."""


def customer(tx: Tx, case: Case, message: Inbound) -> Customer:
    """Who is to be answered. Asks the store only about a forward."""
    if message.forwarded is not None:
        found = _of_forward(tx, case, message, message.forwarded)
        if found is not None:
            return found
    return _of_form(case, message) if message.reply_to else Customer(message)


def _of_form(case: Case, message: Inbound) -> Customer:
    """The Reply-To where From is ours, a no-reply or a declared form mailer."""
    other = next((party for party in message.reply_to if not case.is_ours(party.uri)), None)
    if other is None or other.uri == message.sender or message.bounce is not None:
        return Customer(message)
    why = _why_not_from(case, message)
    if not why:
        return Customer(message)
    name = clean(message.sender_name, contacts.NAME_CAP)
    facts = {"via": {"from": message.sender, "name": name, "why": why}}
    message = replace(
        message, sender=other.uri, sender_name=other.name, authenticated=False, auto=Auto.NO
    )
    if why == "form_mailer":
        headers = {name: said for name, said in message.headers.items() if name not in _MARKS}
        message = replace(message, return_path=NOBODY, headers=headers)
    return Customer(message, facts)


def _why_not_from(case: Case, message: Inbound) -> str:
    """Why From is not the customer; empty: it is. A declared form is filled in by a person, however
    its mailer marks it; what else a machine marks as its own stays the machine's."""
    if is_named(message.sender, case.channel.options.form_mailers):
        return "" if message.auto is Auto.LOOP else "form_mailer"
    if message.auto is not Auto.NO:
        return ""
    if case.is_ours(message.sender):
        return "ours"
    local = address.value(message.sender).partition("@")[0]
    return "no_reply" if local in NO_REPLY else ""


def is_named(uri: Uri, given: Iterable[str]) -> bool:
    """Whether a list of addresses and ``@domain`` names this one."""
    bare = address.value(uri)
    return any(bare.endswith(one) if one.startswith("@") else bare == one for one in given)


# ---------------------------------------------------------------- forwards


def _of_forward(tx: Tx, case: Case, message: Inbound, inner: Forwarded) -> Customer | None:
    """A colleague hands on a customer's mail: it is the customer's."""
    if message.auto is not Auto.NO or message.bounce is not None:
        return None
    if inner.sender == message.sender or case.is_ours(inner.sender):
        return None
    if inner.sender.endswith("@invalid"):
        return None
    who = _colleague(tx, case, message.sender)
    if who is None:
        return None
    by = {"by": message.sender, "name": who.name or clean(message.sender_name, contacts.NAME_CAP)}
    proven = {"proven": True} if message.authenticated else {}
    return Customer(
        replace(
            message,
            sender=inner.sender,
            sender_name=inner.sender_name,
            subject=inner.subject or message.subject,
            text=inner.text or message.text,
            full_text=message.full_text or message.text,
            to=(),
            cc=(),
            reply_to=(),
            sent_at=inner.sent_at or message.sent_at,
            authenticated=False,
            return_path=NOBODY,
        ),
        {"forwarded": {**by, **proven}},
        comment=inner.comment.strip(),
        actor=who.actor,
    )


@dataclass(frozen=True, slots=True)
class _Colleague:
    name: str = ""
    actor: str = "hub"


def _colleague(tx: Tx, case: Case, sender: Uri) -> _Colleague | None:
    """Somebody who signs in here, one of our own addresses, or one that the channel declares."""
    user = users.by_email(tx, address.value(sender))
    if user is not None and user["active"]:
        agent = agents.of_user(tx, user["id"])
        actor = f"user:{user['id']}" if agent is None else f"agent:{agent['id']}"
        return _Colleague(user["name"], actor)
    if case.is_ours(sender) or is_named(sender, case.channel.options.colleagues):
        return _Colleague()
    return None


def leave_note(
    tx: Tx,
    found: Customer,
    contact: int,
    conversation: int,
    queue: int | None,
    agent: int | None,
    *,
    now: int,
) -> None:
    """What the colleague wrote above the forward stands beside it, for colleagues only."""
    if not found.comment:
        return
    timeline.append(
        tx,
        Entry(
            contact=contact,
            conversation=conversation,
            kind="note",
            actor=found.actor,
            text=found.comment,
            data=dict(found.facts),
        ),
        queue=queue,
        agent=agent,
        now=now,
    )


# ---------------------------------------------------------------- kept with an entry


def kept(case: Case, message: Inbound) -> dict[str, Any]:
    """Of a mail's addresses what an answer will need: only what differs from the plain case.

    ``to``, ``cc``; ``reply_to``: where answers are wanted, if not at the sender; ``reached``:
    addresses among To and Cc by which it came here although no channel declares them (an alias at
    the mail server).
    """
    facts: dict[str, Any] = {}
    for role, parties in (("to", message.to), ("cc", message.cc)):
        if parties:
            facts[role] = named(parties)
    wanted = [party for party in message.reply_to if not case.is_ours(party.uri)]
    if wanted and [party.uri for party in wanted] != [message.sender]:
        facts["reply_to"] = named(wanted)
    if message.headers and (by := reached(case, message)):
        facts["reached"] = sorted(by)
    return facts


def reached(case: Case, message: Inbound) -> set[Uri]:
    """Undeclared addresses of ours, as the mail servers on the way wrote them down."""
    told = [message.headers[name] for name in _REACHED_BY if name in message.headers]
    if not told:
        return set()
    to = {party.uri for party in (*message.to, *message.cc) if not case.is_ours(party.uri)}
    return {uri for value in told if (uri := _uri(value)) in to and uri != message.sender}


def _uri(text: str) -> Uri:
    try:
        return address.mail(text.strip().strip("<>"))
    except ValueError:
        return NOBODY


MOST_PARTIES: Final = 50


def named(parties: Iterable[Party]) -> list[tuple[str, str]]:
    """(address, name) of the first of them, as an entry keeps them."""
    return [
        (clean(party.uri, contacts.URI_CAP), clean(party.name, contacts.NAME_CAP))
        for party in list(parties)[:MOST_PARTIES]
    ]
