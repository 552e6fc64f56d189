"""A queue as routing needs it: what its options say, with the defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import msgspec

from routing.model import SECOND, Choice, Medium, Mode, Order, QueuePolicy

if TYPE_CHECKING:
    from connectors.contract import Capabilities
    from storage.db import Row

OFFER_SECONDS: Final = 45
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
TARGETS: Final[Mapping[Medium, int]] = {
    Medium.VOICE: 20 * SECOND,
    Medium.CHAT: 45 * SECOND,
    Medium.MESSAGE: 30 * MINUTE,
    Medium.EMAIL: 4 * HOUR,
}
"""Microseconds of waiting to aim at where neither rule nor queue says so."""

WhenNobody = Literal["hold", "overflow", "message"]


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue; spans are microseconds."""

    id: int
    name: str
    policy: QueuePolicy
    modes: Mapping[str, str] = field(default_factory=dict)
    """Channel name or kind -> mode."""
    units: Mapping[str, int] = field(default_factory=dict)
    """Channel name or kind -> capacity units."""
    offer_for: timedelta = timedelta(seconds=OFFER_SECONDS)
    target: int | None = None
    """The wait to aim at; None: as the medium is used to."""
    wrap_up: int = 0
    """How long its agents may write up what they have resolved; 0: not at all."""
    overflow: str | None = None
    """The queue that its work goes to after a plan's last step, and when nobody can serve it."""
    when_nobody: WhenNobody = "hold"
    """What happens to work that nobody logged on can ever serve and whose plan has no overflow."""
    interruptible: frozenset[str] = frozenset()
    """Channel kinds and names whose work makes way for what cannot wait."""
    calendar: str = ""
    """Name; empty: always open."""
    sla: str = ""
    """Name of a policy; empty: the one whose conditions hold."""
    title: Mapping[str, str] = field(default_factory=dict)
    """Language -> words; ``""`` for any language."""
    closed_template: str = ""
    """What who writes while its calendar is closed is sent; empty: nothing."""
    acknowledge: str = ""
    """What who begins a matter here is sent; empty: what the channel says."""


def read(row: Row) -> Queue:
    """A stored queue."""
    options: dict[str, Any] = msgspec.json.decode(row["options"])
    target = options.get("target_seconds")
    return Queue(
        id=row["id"],
        name=row["name"],
        policy=_policy(row["id"], options),
        modes={key: Mode(mode).value for key, mode in options.get("modes", {}).items()},
        units=options.get("units", {}),
        offer_for=timedelta(seconds=options.get("offer_seconds", OFFER_SECONDS)),
        target=None if target is None else target * SECOND,
        wrap_up=options.get("wrap_up_seconds", 0) * SECOND,
        overflow=options.get("overflow"),
        when_nobody=cast("WhenNobody", options.get("when_nobody", "hold")),
        interruptible=frozenset(options.get("interruptible", ())),
        calendar=options.get("calendar", ""),
        sla=options.get("sla", ""),
        title=msgspec.json.decode(row["title"]),
        closed_template=options.get("closed_template", ""),
        acknowledge=options.get("acknowledge", ""),
    )


def _policy(id: int, options: Mapping[str, Any]) -> QueuePolicy:
    standard = QueuePolicy(id)
    return QueuePolicy(
        id,
        choice=Choice(options.get("choice", standard.choice)),
        order=Order(options.get("order", standard.order)),
        guard=float(options.get("guard", standard.guard)),
        target=options.get("target_seconds", standard.target // SECOND) * SECOND,
        weight=float(options.get("weight", standard.weight)),
        reserve=options.get("reserve", standard.reserve),
        demote_late=options.get("demote_late", standard.demote_late),
    )


def medium(capabilities: Capabilities) -> Medium:
    """What working on a channel of this kind feels like."""
    if capabilities.live:
        return Medium.VOICE if capabilities.units >= 100 else Medium.CHAT
    return Medium.EMAIL if capabilities.subject else Medium.MESSAGE
