"""What rules are asked about: the context of one inbound message, for the catalogue of
``routing/rules/fields.py``, and what of it is kept for a dry run.

What costs a look-up, and what changes by the hour, is in it only if some rule in force asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connectors.contract import Inbound
from connectors.fold import clean
from hub.calendars import hours
from routing.rules import fields
from routing.rules.fields import Value
from storage.contacts import Who

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.desk import Desk

PROFILE: Final = (
    "contact.language", "contact.attributes.*", "organization.name", "organization.attributes.*",
)  # fmt: skip
"""Fields that one look-up answers."""
BY_REFERENCE: Final = frozenset(
    {"text", "text.script", "subject", "sender", "sender_name", "contact.name", "claims.*"}
)
"""Fields that are not kept with a decision: the timeline entry has them."""
ALWAYS: Final = frozenset(
    {
        "channel",
        "channel.kind",
        "address",
        "sender.blocked",
        "sender.verified",
        "headers.*",
        "auto",
        "bounce",
        "spam",
        "consent",
        "attachments.count",
        "attachments.types",
        "contact.known",
        "conversation.status",
    }
)
"""Fields that are kept with every decision, or would be if they had a value."""
RECORDED: Final = "recorded"
"""In what is kept: the further fields that were looked up, whether or not they had a value."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of the fields that are not in every context the rules in force ask for."""

    profile: bool
    open: bool
    last_contact: bool
    last_agent: bool
    calendars: tuple[str, ...]
    """``calendar.NAME`` and ``queue.NAME.calendar``."""
    queues: tuple[str, ...]
    """``queue.NAME.waiting`` and the like."""
    recorded: tuple[str, ...] = field(init=False)
    """Names and prefixes of them all."""

    def __post_init__(self) -> None:
        names = (
            *(PROFILE if self.profile else ()),
            *(["contact.open_conversations"] if self.open else []),
            *(["contact.last_contact"] if self.last_contact else []),
            *(["last_agent"] if self.last_agent else []),
            *self.calendars,
            *self.queues,
        )
        object.__setattr__(self, "recorded", names)


@lru_cache(maxsize=16)
def asked(needs: frozenset[str]) -> Asked:
    """``RuleSet.needs``, sorted out."""
    of_queues = sorted(name for name in needs if fields.queue_of(name) is not None)
    calendars = [name for name in needs if name.startswith("calendar.")]
    found = {one.name for name in needs if (one := fields.find(name)) is not None}
    return Asked(
        profile=not found.isdisjoint(PROFILE),
        open="contact.open_conversations" in needs,
        last_contact="contact.last_contact" in needs,
        last_agent="last_agent" in needs,
        calendars=(
            *sorted(calendars),
            *(name for name in of_queues if name.endswith(".calendar")),
        ),
        queues=tuple(name for name in of_queues if not name.endswith(".calendar")),
    )


class Facts(msgspec.Struct, frozen=True):
    """What the store knows of the person and the matter."""

    who: Who
    last_agent: int | None = None
    status: str | None = None
    """Of the conversation that the message joins."""
    last_met: int | None = None
    """Microseconds: when the matter that the last agent answered last moved."""
    looked_up: Mapping[str, Value] = msgspec.field(default_factory=dict)
    """Fields that rules ask for, so far as they have a value."""


class Question(msgspec.Struct, frozen=True):
    """What rules are asked about one message; names without a value are not known."""

    context: dict[str, Value]
    """All of it."""
    kept: dict[str, Value]
    """What of it is kept with the decision: not what people wrote, which the entry has."""


def context_of(desk: Desk, channel: Channel, message: Inbound, facts: Facts, now: int) -> Question:
    """The flat context of one message. ``now`` in µs."""
    who = facts.who
    kept: dict[str, Value] = {
        "channel": channel.name,
        "channel.kind": channel.kind,
        "sender.blocked": who.blocked,
        "sender.verified": who.verified or message.authenticated,
        "auto": message.auto.value,
        "bounce": message.bounce is not None,
        "attachments.count": len(message.attachments),
        "attachments.types": tuple([file.type for file in message.attachments]),
        "contact.known": who.known,
        "conversation.status": facts.status or "new",
    }
    if (address := _address(channel, message)) is not None:
        kept["address"] = address
    if message.consent:
        kept["consent"] = message.consent
    for name, value in message.headers.items():
        kept[f"headers.{name}"] = value
    kept.update(facts.looked_up)
    add_standing(kept, desk, now)
    context = {**kept, "sender": message.sender, "subject": message.subject, "text": message.text}
    if message.sender_name:
        context["sender_name"] = message.sender_name
    if who.name:
        context["contact.name"] = who.name
    for name, value in message.claims.items():
        context[f"claims.{name}"] = value
    return Question(context, kept)


def add_standing(context: dict[str, Value], desk: Desk, now: int) -> None:
    """What rules ask of queues and calendars, as it is at ``now`` (µs)."""
    wanted = asked(desk.rules.needs)
    for name in wanted.calendars:
        if (value := calendar_value(desk, name, now)) is not None:
            context[name] = value
    for name in wanted.queues:
        if (value := desk.live.get(name)) is not None:
            context[name] = value


def calendar_value(desk: Desk, name: str, now: int) -> Value:
    """``open`` or ``closed``; None where there is no such calendar. A queue without is open."""
    queue = fields.queue_of(name)
    if queue is not None:
        return "closed" if hours.closed(desk, desk.names.get(queue), now) else "open"
    calendar = desk.calendars.get(name.removeprefix("calendar."))
    if calendar is None:
        return None
    return "open" if calendar.open_at(now) else "closed"


def _address(channel: Channel, message: Inbound) -> str | None:
    """Ours that was written to; the channel's own where the message does not say."""
    for party in (*message.to, *message.cc):
        if channel.is_ours(party.uri):
            return party.uri
    return channel.capabilities.address


# ---------------------------------------------------------------- attributes


def attributes(prefix: str, stored: str) -> dict[str, Value]:
    """A JSON object of attributes as fields: everything as text, as rules compare it."""
    read = msgspec.json.decode(stored)
    return fields_of(prefix, read) if isinstance(read, dict) else {}


def fields_of(prefix: str, given: Mapping[str, Any]) -> dict[str, Value]:
    """``attributes`` of an object that is read already."""
    return {
        f"{prefix}.attributes.{name}": value
        for name, one in given.items()
        if (value := attribute(one)) is not None
    }


def attribute(value: Any) -> Value:
    """One attribute as text, or as several texts; None where it is neither."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return tuple(str(one) for one in value if isinstance(one, str | int | float))
    return None


# ---------------------------------------------------------------- what is kept


def inputs(kept: Mapping[str, Value], needs: frozenset[str]) -> str:
    """What is kept of a question, with its decision (JSON)."""
    recorded = asked(needs).recorded
    shape: Mapping[str, Any] = {**kept, RECORDED: recorded} if recorded else kept
    try:
        return msgspec.json.encode(shape).decode()
    except UnicodeEncodeError:  # surrogates, by a header or a channel's own name for something
        return msgspec.json.encode({clean(k): _cleaned(v) for k, v in shape.items()}).decode()


def _cleaned(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [clean(one) for one in value]
    return clean(value) if isinstance(value, str) else value


def of_inputs(stored: str) -> tuple[dict[str, Value], frozenset[str]]:
    """What ``inputs`` kept: the fields, and the names and prefixes of those it knows about.

    Of decisions from before inputs were kept: nothing at all.
    """
    read: dict[str, Any] = msgspec.json.decode(stored)
    if not read:
        return {}, BY_REFERENCE | {"channel"}
    further: Sequence[str] = read.pop(RECORDED, ())
    context: dict[str, Value] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in read.items()
    }
    return context, ALWAYS | BY_REFERENCE | frozenset(further)
