"""The words of routing: states and what moves them, items, agents, and the standing defaults.

Everything here is data and pure functions; times are integer microseconds since 1970 UTC, units
are capacity units (an agent's budget is 100). State names are what the tables hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, TypeVar

from routing.plan import PLAIN, Step

SECOND: Final = 1_000_000
"""Microseconds."""


class Mode(StrEnum):
    """How a work item reaches an agent; set per queue and channel (design 3a)."""

    ASK = "ask"  # an offer that the agent accepts or lets pass
    PUSH = "push"  # theirs at once, within capacity
    PULL = "pull"  # waits until somebody takes it


class Presence(StrEnum):
    """What an agent says of themselves. Only ``available`` gets work: an allow-list."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    AWAY = "away"


class Medium(StrEnum):
    """What working on it feels like: decides the default units and windows."""

    VOICE = "voice"
    CHAT = "chat"
    MESSAGE = "message"
    EMAIL = "email"


class Choice(StrEnum):
    """Whom of those who are free: set per queue (``routing/choice.py`` has the weights)."""

    BEST = "best"  # least cost: fast at it, and not needed for much else
    LONGEST_IDLE = "longest_idle"
    LEAST_LOADED = "least_loaded"
    ROUND_ROBIN = "round_robin"
    BEST_SKILL = "best_skill"


class Order(StrEnum):
    """What first of that which waits: set per queue."""

    SCORE = "score"  # weight, wait against target, handle time
    FIFO = "fifo"


class ItemState(StrEnum):
    """A work item: one turn of a conversation."""

    NEW = "new"
    QUEUED = "queued"
    OFFERED = "offered"
    CONNECTING = "connecting"
    ACTIVE = "active"
    HELD = "held"
    DEFERRED = "deferred"
    WRAPPING = "wrapping"
    COMPLETED = "completed"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"
    DEAD_LETTER = "dead_letter"


class ItemEvent(StrEnum):
    """What happens to a work item."""

    ENQUEUE = "enqueue"
    OFFER = "offer"
    ASSIGN = "assign"  # push, take, or the owner's own: no offer
    ACCEPT = "accept"
    CONNECT = "connect"  # the medium stands (voice)
    RETURN = "return"  # declined, expired, withdrawn or failed: back with the old key
    REQUEUE = "requeue"  # transfer to a queue, overflow: another queue, the old key
    HOLD = "hold"
    RESUME = "resume"
    DEFER = "defer"
    DUE = "due"
    ANSWER = "answer"  # the agent's reply ends the turn
    WRAP = "wrap"
    ABANDON = "abandon"
    CANCEL = "cancel"
    GIVE_UP = "give_up"


class OfferState(StrEnum):
    """One item proposed to one agent."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    CONNECTED = "connected"
    FAILED = "failed"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class OfferEvent(StrEnum):
    """What settles an offer."""

    ACCEPT = "accept"
    CONNECT = "connect"
    FAIL = "fail"
    DECLINE = "decline"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


class Status(StrEnum):
    """A conversation: who owes the next word."""

    OPEN = "open"
    PENDING = "pending"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    SPAM = "spam"


class StatusEvent(StrEnum):
    """What moves a conversation. Automatic mail, receipts, notes and opt-out words do not."""

    CUSTOMER = "customer"  # a person wrote to us, within the reopening window
    REPLY = "reply"
    SNOOZE = "snooze"
    WAKE = "wake"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    SPAM = "spam"
    NOT_SPAM = "not_spam"


LIVE: Final = frozenset(
    {
        ItemState.QUEUED,
        ItemState.OFFERED,
        ItemState.CONNECTING,
        ItemState.ACTIVE,
        ItemState.HELD,
        ItemState.DEFERRED,
        ItemState.WRAPPING,
    }
)
"""A conversation has at most one item in these."""

CHARGED: Final = frozenset(
    {
        ItemState.OFFERED,
        ItemState.CONNECTING,
        ItemState.ACTIVE,
        ItemState.HELD,
        ItemState.WRAPPING,
    }
)
"""In these an item's units count against its agent."""


class TransitionRefused(ValueError):
    """This state knows no such event: somebody else was faster, or the caller is wrong."""


S = TypeVar("S", ItemState, OfferState, Status)

_Q, _O, _C, _A = ItemState.QUEUED, ItemState.OFFERED, ItemState.CONNECTING, ItemState.ACTIVE
_H, _W, _D = ItemState.HELD, ItemState.WRAPPING, ItemState.DEFERRED

_ITEM: Final[Mapping[tuple[str, str], ItemState]] = {
    (ItemState.NEW, ItemEvent.ENQUEUE): _Q,
    (ItemState.NEW, ItemEvent.ASSIGN): _A,
    (_Q, ItemEvent.OFFER): _O,
    (_Q, ItemEvent.DEFER): _D,
    (_O, ItemEvent.DEFER): _D,
    (_D, ItemEvent.DUE): _Q,
    (_O, ItemEvent.ACCEPT): _A,
    (_O, ItemEvent.CONNECT): _C,
    (_C, ItemEvent.ACCEPT): _A,
    (_A, ItemEvent.HOLD): _H,
    (_H, ItemEvent.RESUME): _A,
    (_A, ItemEvent.WRAP): _W,
    **{(state, ItemEvent.ASSIGN): _A for state in (_Q, _O, _A, _H, _D)},
    **{(state, ItemEvent.RETURN): _Q for state in (_O, _C)},
    **{(state, ItemEvent.REQUEUE): _Q for state in (_Q, _O, _A, _H, _D)},
    **{(state, ItemEvent.ANSWER): ItemState.COMPLETED for state in (_Q, _O, _A, _H, _D, _W)},
    **{(state, ItemEvent.ABANDON): ItemState.ABANDONED for state in LIVE},
    **{(state, ItemEvent.CANCEL): ItemState.CANCELLED for state in LIVE},
    **{(state, ItemEvent.GIVE_UP): ItemState.DEAD_LETTER for state in LIVE},
}
_OFFER: Final[Mapping[tuple[str, str], OfferState]] = {
    (OfferState.PENDING, OfferEvent.ACCEPT): OfferState.ACCEPTED,
    (OfferState.PENDING, OfferEvent.DECLINE): OfferState.DECLINED,
    (OfferState.PENDING, OfferEvent.EXPIRE): OfferState.EXPIRED,
    (OfferState.PENDING, OfferEvent.WITHDRAW): OfferState.WITHDRAWN,
    (OfferState.ACCEPTED, OfferEvent.CONNECT): OfferState.CONNECTED,
    (OfferState.ACCEPTED, OfferEvent.FAIL): OfferState.FAILED,
}
_UNSPOILT: Final = (Status.OPEN, Status.PENDING, Status.SNOOZED, Status.RESOLVED)
_STATUS: Final[Mapping[tuple[str, str], Status]] = {
    **{(state, StatusEvent.CUSTOMER): Status.OPEN for state in _UNSPOILT},
    **{(state, StatusEvent.REPLY): Status.PENDING for state in _UNSPOILT},
    **{(state, StatusEvent.SNOOZE): Status.SNOOZED for state in _UNSPOILT[:3]},
    **{(state, StatusEvent.RESOLVE): Status.RESOLVED for state in _UNSPOILT},
    **{(state, StatusEvent.REOPEN): Status.OPEN for state in _UNSPOILT},
    **{(state, StatusEvent.SPAM): Status.SPAM for state in Status},
    (Status.SNOOZED, StatusEvent.WAKE): Status.OPEN,
    (Status.SPAM, StatusEvent.CUSTOMER): Status.SPAM,
    (Status.SPAM, StatusEvent.NOT_SPAM): Status.OPEN,
}
_TABLES: Final[Mapping[type, Mapping[tuple[str, str], StrEnum]]] = {
    ItemState: _ITEM,
    OfferState: _OFFER,
    Status: _STATUS,
}


def next_state(state: S, event: ItemEvent | OfferEvent | StatusEvent) -> S:
    """Where ``event`` takes ``state``. Raises TransitionRefused if the table has no such step."""
    found = _TABLES[type(state)].get((state, event))
    if found is None:
        raise TransitionRefused(f"{state}: no way by {event}")
    return type(state)(found)


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


def owner_grace(*, live: bool) -> timedelta:
    """How long an absent owner keeps a conversation (working days come with calendars)."""
    return timedelta(minutes=15) if live else timedelta(days=1)


def owner_present(presence: Presence | None) -> bool:
    """Whether a new turn goes straight to the conversation's owner (None: has none)."""
    return presence is Presence.AVAILABLE


def owner_lost(presence: Presence, since: int, now: int, *, live: bool) -> bool:
    """Whether an owner in this presence since ``since`` has been away for too long to keep it."""
    return not owner_present(presence) and now - since > owner_grace(live=live) / timedelta(
        microseconds=1
    )


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
