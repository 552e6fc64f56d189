"""What rules are asked about: the context of one inbound message, for the catalogue of
``routing/fields.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.contract import Inbound
from routing.fields import Context, Value
from storage.contacts import Who

if TYPE_CHECKING:
    from hub.channel import Channel


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knows of the person and the matter."""

    who: Who
    open_conversations: int
    last_agent: int | None
    status: str | None
    """Of the conversation that the message joins."""


def context_of(
    channel: Channel, message: Inbound, facts: Facts, last_agent: str | None = None
) -> Context:
    """The flat context of one message; names without a value are not known."""
    context: dict[str, Value] = {
        "channel": channel.name,
        "channel.kind": channel.kind,
        "address": _address(channel, message),
        "sender": message.sender,
        "sender_name": message.sender_name or None,
        "sender.blocked": facts.who.blocked,
        "subject": message.subject,
        "text": message.text,
        "auto": message.auto.value,
        "bounce": message.bounce is not None,
        "consent": message.consent or None,
        "attachments.count": len(message.attachments),
        "attachments.types": tuple(file.type for file in message.attachments),
        "contact.known": facts.who.known,
        "contact.name": facts.who.name or None,
        "contact.open_conversations": facts.open_conversations,
        "last_agent": last_agent,
    }
    for name, value in message.headers.items():
        context[f"headers.{name}"] = value
    for name, value in message.claims.items():
        context[f"claims.{name}"] = value
    return context


def _address(channel: Channel, message: Inbound) -> str | None:
    """Ours that was written to; the channel's own where the message does not say."""
    for party in (*message.to, *message.cc):
        if channel.is_ours(party.uri):
            return party.uri
    return channel.capabilities.address
