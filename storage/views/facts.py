"""What an entry of the timeline keeps beside its words, as it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from storage.views.times import time_of


class Facts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A part of them; what has nothing to say is left out."""


class NamedAddress(msgspec.Struct):
    """Somebody whom a message names."""

    uri: str
    name: str


class Arrival(msgspec.Struct):
    """A channel that a message reached, by name."""

    channel: str
    at: datetime


class Via(Facts):
    """A message whose customer is its Reply-To, and whoever mailed it for them."""

    why: str
    """``form_mailer``, ``ours``, ``no_reply``."""
    sender: str = msgspec.field(name="from")
    name: str = ""


class HandedOn(Facts):
    """The colleague who forwarded a message."""

    by: str
    name: str = ""
    proven: bool = False
    """Whether that they sent it is proven."""


class NotDelivered(msgspec.Struct):
    """One address of a report of failed delivery."""

    uri: str
    status: str
    words: str


class Suggestion(msgspec.Struct):
    """A conversation of somebody else whose tracking code the message names."""

    conversation: int
    code: str


class EntryFacts(Facts):
    """Beside a message: whom it names (never a blind copy), how it was filed, what its program says
    of it. Beside a thin line: what was done."""

    to: list[NamedAddress] = []
    cc: list[NamedAddress] = []
    reply_to: list[NamedAddress] = []
    """Where answers are wanted, if not at its sender."""
    reached: list[str] = []
    """Addresses of ours among those that no channel declares."""
    via: Via | None = None
    forwarded: HandedOn | None = None
    arrivals: list[Arrival] = []
    """Where it came, if that was more than one of our mailboxes."""
    elsewhere: str = ""
    """Who of ours sent it from another mail program."""
    evidence: str = ""
    """How its conversation was found; nothing: it began one, or there was only one."""
    by: int | None = None
    """The earlier entry that it names as the one it answers."""
    suggests: Suggestion | None = None
    history: bool = False
    """It was in the mailbox before that was connected."""
    unrouted: bool = False
    settled: bool = False
    """It was answered, or needed no answer, before it was moved here."""
    auto: str = ""
    """No person wrote it: ``reply``, ``bulk``, ``loop``."""
    return_path: str | None = None
    """Where reports go, if not to its sender; empty: nowhere."""
    bounce: list[NotDelivered] = []
    consent: str = ""
    """What it says on consent: ``stop``, ``start``, ``help``."""
    provider_answered: bool = False
    stub: str = ""
    """Why it was not kept whole."""
    too_old: bool = False
    """It was on its way for more than a day."""
    automatic: str = ""
    """Why the hub said this: ``rule``, ``closed``, ``deflect``, ``acknowledgement``."""
    template: str = ""
    reason: str = ""
    """Why the hub did not answer, and ``words`` in each language."""
    words: dict[str, str] = {}
    queue: int | None = None
    """Where it was given, or ``agent``: to whom."""
    agent: int | None = None
    until: datetime | None = None
    spam: bool = False
    """It was reopened because it was none."""
    uri: str = ""
    """The address that is proven."""
    entries: list[int] = []
    """What was moved, by which ``move``, from or to the conversation ``other`` with this
    ``code``."""
    move: int | None = None
    other: int | None = None
    code: str = ""


_KNOWN: Final = frozenset(field.encode_name for field in msgspec.structs.fields(EntryFacts))
_PEOPLE: Final = ("to", "cc", "reply_to")


def facts_of(kept: dict[str, Any]) -> EntryFacts:
    """As shown, of what ``timeline_entry.data`` keeps: pairs get names, microseconds become
    times; what only the hub itself needs is left out."""
    if not kept:
        return EntryFacts()
    shown = {name: value for name, value in kept.items() if name in _KNOWN}
    for role in _PEOPLE:
        if role in kept:
            shown[role] = [{"uri": uri, "name": name} for uri, name in kept[role]]
    if "arrivals" in kept:
        shown["arrivals"] = [{**one, "at": time_of(one["at"])} for one in kept["arrivals"]]
    if "bounce" in kept:
        shown["bounce"] = [
            {"uri": uri, "status": status, "words": words} for uri, status, words in kept["bounce"]
        ]
    if "until" in kept:
        shown["until"] = time_of(kept["until"])
    return msgspec.convert(shown, EntryFacts)
