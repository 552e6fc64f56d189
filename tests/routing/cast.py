"""Agents and items for matching's tests: plain ones, changed where a test says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from routing.matching import Match, Matcher
from routing.model import SECOND, AgentState, Item, Mode, Presence, QueuePolicy

SUPPORT, BILLING = 1, 2
NOW = 1_000 * SECOND


def agent(agent_id: int, **changes: Any) -> AgentState:
    """Available for support, the longer idle the smaller their number."""
    row = AgentState(agent_id, frozenset({SUPPORT}), Presence.AVAILABLE, idle_since=agent_id)
    return replace(row, **changes)


def item(item_id: int, **changes: Any) -> Item:
    """For support, pushed, 30 units, the older the smaller its number."""
    row = Item(item_id, SUPPORT, order_key=item_id * SECOND, units=30, mode=Mode.PUSH)
    return replace(row, **changes)


def matcher(*rows: AgentState | Item | QueuePolicy) -> Matcher:
    """One that was told of these."""
    made = Matcher()
    for row in rows:
        if isinstance(row, Item):
            made.put_item(row)
        elif isinstance(row, AgentState):
            made.put_agent(row)
        else:
            made.put_queue(row)
    return made


def pairs(matches: Iterable[Match]) -> list[tuple[int, int]]:
    """(item, agent) of each."""
    return [(match.item.id, match.agent) for match in matches]
