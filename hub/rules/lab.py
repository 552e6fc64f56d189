"""Rules tried on one message that nobody sent.

It goes the way that intake goes (``facts.gather``, ``context_of``, ``RuleSet.decide``), and only
reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from connectors import address
from connectors.contract import Inbound, Party
from hub.rules import facts, queue_watch
from hub.rules.context import Facts, context_of
from routing.explain import LANGUAGES, why_here
from routing.rules import RuleSet
from routing.rules.decision import Decision
from routing.rules.fields import Value
from storage import contacts, conversations
from storage.contacts import Who
from storage.conversations import Found

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.desk import Desk
    from storage.db import Tx

_STRANGER: Final = Who(0, 0, 0, "", verified=False, blocked=False, known=False)


@dataclass(frozen=True, slots=True)
class Trial:
    """What rules say of a message that nobody sent."""

    decision: Decision
    context: Mapping[str, Value]

    @property
    def words(self) -> dict[str, list[str]]:
        """Why, in each language."""
        return {language: why_here(self.decision.as_dict(), language) for language in LANGUAGES}


def message_of(
    *,
    sender: str,
    text: str,
    subject: str = "",
    to: str = "",
    headers: Mapping[str, str],
    claims: Mapping[str, str],
) -> Inbound:
    """A message as a connector would have read it. Raises ValueError: no such address."""
    return Inbound(
        sender=address.parse(sender),
        to=(Party(address.parse(to)),) if to else (),
        subject=subject,
        text=text,
        headers={name.lower(): value for name, value in headers.items()},
        claims=claims,
    )


def tried(
    tx: Tx, desk: Desk, rules: RuleSet, channel: Channel, message: Inbound, now: int
) -> Trial:
    """What ``rules`` say of a message at ``now`` (µs), from the contact whom the hub knows."""
    desk = replace(desk, rules=rules, live=queue_watch.standing(tx, now))
    known = contacts.find(tx, message.sender)
    given = _facts(tx, known, channel, rules, now) if known is not None else Facts(_STRANGER)
    asked = context_of(desk, channel, message, given, now).context
    return Trial(rules.decide(asked), asked)


def _facts(tx: Tx, who: Who, channel: Channel, rules: RuleSet, now: int) -> Facts:
    members = contacts.members(tx, who.root)
    latest = None
    if not channel.capabilities.threads:  # a mail continues what it answers, and this answers none
        latest = conversations.latest(tx, members, channel.id)
    return facts.gather(tx, who, Found(latest, "trial"), rules.needs, now)
