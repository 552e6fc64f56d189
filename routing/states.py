"""The states of items, offers and conversations, and what moves them.

Pure data and one function; the names are what the tables hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar


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
