"""The words of routing: items, agents, policies of queues, and the standing defaults.

Everything here is data and pure functions; times are integer microseconds since 1970 UTC, units
are capacity units (an agent's budget is 100). The states, which have a module of their own
(``routing/states.py``), can be had from here as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from routing.plan import PLAIN, Step
from routing.states import (
    CHARGED,
    LIVE,
    ItemEvent,
    ItemState,
    Medium,
    Mode,
    OfferEvent,
    OfferState,
    Presence,
    Status,
    StatusEvent,
    TransitionRefused,
    next_state,
)

__all__ = [
    "CHARGED",
    "DEFAULT_UNITS",
    "LIVE",
    "REOPEN_WITHIN",
    "SECOND",
    "AgentState",
    "Choice",
    "Item",
    "ItemEvent",
    "ItemState",
    "Medium",
    "Mode",
    "OfferEvent",
    "OfferState",
    "Order",
    "Presence",
    "QueuePolicy",
    "Status",
    "StatusEvent",
    "TransitionRefused",
    "default_mode",
    "exclude",
    "goes_away",
    "next_state",
    "order_key",
    "reopens",
]

SECOND: Final = 1_000_000
"""Microseconds."""


class Choice(StrEnum):
    """Whom of those who are free: set per queue (``routing/matching/choice.py`` has the weights)."""

    BEST = "best"  # least cost: fast at it, and not needed for much else
    LONGEST_IDLE = "longest_idle"
    LEAST_LOADED = "least_loaded"
    ROUND_ROBIN = "round_robin"
    BEST_SKILL = "best_skill"


class Order(StrEnum):
    """What first of that which waits: set per queue."""

    SCORE = "score"  # weight, wait against target, handle time
    FIFO = "fifo"


# ---------------------------------------------------------------- what the matcher holds


@dataclass(frozen=True, slots=True)
class Item:
    """A queued work item, as matching sees it."""

    id: int
    queue: int
    order_key: int
    """Microseconds: see ``order_key``. Static: transfer, decline, step and restart keep it."""
    units: int
    mode: Mode
    kind: str = ""
    """The channel's kind: limits of agents go by it."""
    owner: int | None = None
    """The conversation's agent: if available when the item is put, it is theirs at once."""
    preferred: int | None = None
    """The last agent."""
    excluded: frozenset[int] = frozenset()
    """Agents who declined or missed it; void once nobody else could ever take it."""
    step: Step = PLAIN
    """Of its plan, the current one."""
    later: tuple[Step, ...] = ()
    """Of its plan, those to come: nobody can *ever* serve it only if nobody can serve these."""
    weight: float = 1.0
    """How much its wait counts, on top of the queue's weight."""
    target: int = 0
    """Microseconds: the wait to aim at; 0: the queue's."""
    handle: int = 0
    """Microseconds: the mean handle time of work of its kind in its queue; 0: unknown.
    Items alike in everything else should have the same, else they do not share a line."""
    interruptible: bool = False
    """May be parked when something that may not comes in."""
    preferred_at: int | None = None
    """Microseconds: when the last agent last answered; None: just now."""
    again_at: int = 0
    """Microseconds: exclusions are not void before this. The router says when (a while after the
    last decline), or the only free agent would be asked again at once, for ever."""


@dataclass(frozen=True, slots=True)
class AgentState:
    """An agent, as matching sees them: what their row says."""

    id: int
    queues: frozenset[int]
    presence: Presence = Presence.OFFLINE
    capacity: int = 100
    used: int = 0
    """Units of live items and pending offers, without claims that are still in flight."""
    idle_since: int = 0
    """Microseconds: when they last got or finished work."""
    skills: tuple[tuple[str, int], ...] = ()
    """(name, level 1-5), sorted."""
    limits: tuple[tuple[str, int], ...] = ()
    """(channel kind, most live items at once), sorted; kinds that are not named have none."""
    counts: tuple[tuple[str, int], ...] = ()
    """(channel kind, live items and pending offers), sorted: at least for kinds with a limit."""
    soft: int = 0
    """Of ``used``: interruptible items that are not parked."""
    parked: int = 0
    """Of ``used``: interrupted (held) items, which resume first."""
    wrapping: int = 0
    """Of ``used``: items in wrap-up. Only explained, not weighed."""
    last_assigned: int = 0
    """Microseconds: when they last got work (round robin goes by it)."""
    pace: tuple[tuple[int, int], ...] = ()
    """(queue id, thousandths of everybody's handle time that they take), sorted."""


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """How a queue's items and agents are chosen."""

    id: int
    choice: Choice = Choice.BEST
    order: Order = Order.SCORE
    guard: float = 4.0
    """Times the target: who waited longer goes first, oldest first, whatever the score says.
    Simulated from 3 to 6 at four loads: all else alike, and the longest wait grows with it."""
    target: int = 60 * SECOND
    """Microseconds: the wait to aim at."""
    weight: float = 1.0
    reserve: int = 0
    """An idle agent gets this queue's work only while more than so many of those who could take
    it are idle: kept free for other work."""
    demote_late: bool = False
    """Items past their target go after those that can still make theirs, up to the guard."""


# ---------------------------------------------------------------- standing rules

DEFAULT_UNITS: Final[Mapping[Medium, int]] = {
    Medium.VOICE: 100,
    Medium.CHAT: 30,
    Medium.MESSAGE: 15,
    Medium.EMAIL: 25,
}
REOPEN_WITHIN: Final[Mapping[Medium, timedelta]] = {
    Medium.VOICE: timedelta(days=1),
    Medium.CHAT: timedelta(days=1),
    Medium.MESSAGE: timedelta(days=3),
    Medium.EMAIL: timedelta(days=14),
}


def default_mode(*, live: bool) -> Mode:
    """``ask`` where a customer waits in front of a screen or a telephone, else ``push``."""
    return Mode.ASK if live else Mode.PUSH


def reopens(status: Status, resolved_at: int | None, now: int, within: timedelta) -> bool:
    """Whether a customer's message joins this conversation rather than opening one that follows."""
    if status is not Status.RESOLVED:
        return True
    return resolved_at is not None and now - resolved_at <= within / timedelta(microseconds=1)


def order_key(waiting_since: int, head_start_seconds: int = 0) -> int:
    """The place in line: smaller is earlier. Comparable over all queues."""
    return waiting_since - head_start_seconds * SECOND


def goes_away(missed: int, *, voice: bool = False) -> bool:
    """Whether an agent who let ``missed`` offers in a row expire is set to away."""
    return missed >= (1 if voice else 2)


def exclude(item: Item, agent: int) -> frozenset[int]:
    """The item's exclusions after this agent declined or missed it."""
    return item.excluded | {agent}
