"""Which policy holds for a turn, and by whose calendar it counts."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hub.calendars import ALWAYS
from routing import sla
from routing.sla import Asked, Kind, Policy
from storage import contacts

if TYPE_CHECKING:
    from hub.desk import Desk
    from routing.calendar import Calendar
    from routing.rules import Decision
    from storage.db import Tx

Named = tuple[str, str]
"""Name and kind of a channel."""

_log = logging.getLogger(__name__)


def of_decision(
    tx: Tx, desk: Desk, decision: Decision, queue: int, channel: Named, contact: int
) -> Policy | None:
    """What the rule says itself, else what queue, channel and customer say."""
    given = decision.sla
    if given is None:
        return of_place(tx, desk, queue, channel, contact)
    if given.policy:
        found = desk.policies.get(given.policy)
        if found is None:
            _log.warning("rule %s names a policy that is gone", decision.rule_of("sla"))
        return found
    targets = {kind: getattr(given, kind.value) for kind in Kind}
    return Policy(
        name=f"rule:{decision.rule_of('sla')}",
        targets={kind: time for kind, time in targets.items() if time},
        calendar=given.calendar,
        share=given.target,
    )


def of_place(tx: Tx, desk: Desk, queue: int, channel: Named, contact: int) -> Policy | None:
    """The queue's own policy, else the one whose conditions say most."""
    own = desk.policies.get(desk.queues[queue].sla)
    if own is not None:
        return own
    tiers = any(one.when is not None and one.when.tier for one in desk.policies.values())
    asked = Asked(
        desk.queues[queue].name,
        channel,
        _tier(tx, contact) if tiers else "",
    )
    return sla.choose(desk.policies.values(), asked)


def _tier(tx: Tx, contact: int) -> str:
    """The person's attribute, whichever of their addresses they used."""
    return str(contacts.profile(tx, contact).attributes.get("tier") or "")


def calendar_of(desk: Desk, policy: Policy, queue: int) -> Calendar:
    """Whose business time a policy counts for a queue."""
    return named(desk, policy.calendar or desk.queues[queue].calendar)


def named(desk: Desk, name: str) -> Calendar:
    """A calendar by name; without one, or where it is gone, time runs always."""
    return desk.calendars.get(name, ALWAYS)
