"""Where an agent stands: derived from presence and what they hold, never stored."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from routing.model import CHARGED, DEFAULT_UNITS, ItemState, Presence

LIGHTEST: Final = min(DEFAULT_UNITS.values())
"""Units: who has less left than this takes nothing more of any kind."""


class RoutingState(StrEnum):
    """What a board says of an agent, in one word."""

    AVAILABLE = "available"
    """Idle: takes work, and has none."""
    OFFERED = "offered"
    """Has an offer to answer."""
    BUSY = "busy"
    """Has work, and room for more."""
    FULL = "full"
    WRAPPING = "wrapping"
    """Finishing up, nothing else in hand."""
    AWAY = "away"
    OFFLINE = "offline"


def routing_state(presence: str, capacity: int, used: int, holds: Collection[str]) -> RoutingState:
    """Where an agent stands. ``holds``: the states of the work items that are theirs.

    Whoever is away or offline is that, whatever they still hold: they get nothing new.
    """
    if presence != Presence.AVAILABLE:
        return RoutingState.AWAY if presence == Presence.AWAY else RoutingState.OFFLINE
    if ItemState.OFFERED in holds:
        return RoutingState.OFFERED
    charged = [state for state in holds if state in CHARGED]
    if charged and all(state == ItemState.WRAPPING for state in charged):
        return RoutingState.WRAPPING
    if capacity - used < LIGHTEST:
        return RoutingState.FULL
    return RoutingState.BUSY if charged else RoutingState.AVAILABLE
