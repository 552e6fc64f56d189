"""What rules are asked about: the context of one inbound message, for the catalogue of
``routing/rules/fields.py``, and what of it is kept for a dry run.

What costs a look-up, and what changes by the hour, is in it only if some rule in force asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

    @property
    def recorded(self) -> list[str]:
        """Names and prefixes of them all."""
        return [
            *(PROFILE if self.profile else ()),
            *(["contact.open_conversations"] if self.open else []),
            *(["contact.last_contact"] if self.last_contact else []),
            *(["last_agent"] if self.last_agent else []),
            *self.calendars,
            *self.queues,
        ]


@lru_cache(maxsize=16)
def asked(needs: frozenset[str]) -> Asked:
    """``RuleSet.needs``, sorted out."""
    of_queues = sorted(name for name in needs if fields.queue_of(name) is not None)
    calendars = [name for name in needs if name.startswith("calendar.")]
    found = {field.name for name in needs if (field := fields.find(name)) is not None}
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
    """Fields that rules ask for; a name without a value is not known."""


def context_of(
    desk: Desk, channel: Channel, message: Inbound, facts: Facts, now: int
) -> dict[str, Value]:
    """The flat context of one message; names without a value are not known. ``now`` in µs."""
    context: dict[str, Value] = {
        "channel": channel.name,
        "channel.kind": channel.kind,
        "address": _address(channel, message),
        "sender": message.sender,
        "sender_name": message.sender_name or None,
        "sender.blocked": facts.who.blocked,
        "sender.verified": facts.who.verified or message.authenticated,
        "subject": message.subject,
        "text": message.text,
        "auto": message.auto.value,
        "bounce": message.bounce is not None,
        "consent": message.consent or None,
        "attachments.count": len(message.attachments),
        "attachments.types": tuple(file.type for file in message.attachments),
        "contact.known": facts.who.known,
        "contact.name": facts.who.name or None,
        "conversation.status": facts.status or "new",
    }
    for name, value in message.headers.items():
        context[f"headers.{name}"] = value
    for name, value in message.claims.items():
        context[f"claims.{name}"] = value
    context.update(facts.looked_up)
    add_standing(context, desk, now)
    return context


def add_standing(context: dict[str, Value], desk: Desk, now: int) -> None:
    """What rules ask of queues and calendars, as it is at ``now`` (µs)."""
    wanted = asked(desk.rules.needs)
    for name in wanted.calendars:
        context[name] = calendar_value(desk, name, now)
    for name in wanted.queues:
        context[name] = desk.live.get(name)


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


def inputs(context: Mapping[str, Value], needs: frozenset[str]) -> str:
    """The context as it is kept with its decision (JSON), without what people wrote."""
    kept: dict[str, Any] = {
        name: value
        for name, value in context.items()
        if value is not None and name not in BY_REFERENCE and not name.startswith("claims.")
    }
    recorded = asked(needs).recorded
    if recorded:
        kept[RECORDED] = recorded
    try:
        return msgspec.json.encode(kept).decode()
    except UnicodeEncodeError:  # surrogates, by a header or a channel's own name for something
        return msgspec.json.encode({clean(k): _cleaned(v) for k, v in kept.items()}).decode()


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
