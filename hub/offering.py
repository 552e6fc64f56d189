"""What agents say to offers and of themselves: each act one transaction function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.model import SECOND, goes_away
from storage import agents, claims, item_log, timers, work_items
from storage.errors import ClaimLost

if TYPE_CHECKING:
    from storage.db import Tx

COOL_DOWN = 30 * SECOND
"""Whoever declined is not asked again for the same turn before that, even if nobody else is left."""


def accept(tx: Tx, offer: int, agent: int, *, now: int) -> int:
    """Take an offer; the conversation's id. Raises ClaimLost (somebody was faster, or too late)."""
    item = claims.accept(tx, offer, agent, now=now)
    return int(item["conversation"])


def decline(tx: Tx, offer: int, agent: int, reason: str, *, now: int) -> None:
    """Pass on an offer: it goes to the next. Raises ClaimLost."""
    settled = claims.refuse(tx, offer, "declined", reason, agent=agent, now=now)
    timers.set(tx, "again", settled["work_item"], now + COOL_DOWN)


def ask_again(tx: Tx, id: int, *, now: int) -> None:
    """Those who declined have cooled down: they may be asked again if nobody else is left."""
    item = work_items.get(tx, id)
    if item is not None and item["state"] == "queued":
        work_items.say(tx, item, now=now)


def expire(tx: Tx, offer: int, *, voice: bool, now: int) -> None:
    """Nobody reacted in time: the item waits again; who misses too often is set to away."""
    try:
        settled = claims.refuse(tx, offer, "expired", "", now=now)
    except ClaimLost:
        return
    agent = settled["agent"]
    item_log.append(tx, settled["work_item"], "missed", "hub", now=now, agent=agent)
    missed = agents.missed_offer(tx, agent)
    if goes_away(missed, voice=voice):
        row = agents.get(tx, agent)
        lease = None if row is None else row["lease_until"]
        set_presence(tx, agent, "away", "missed", lease_until=lease, now=now)


def set_presence(
    tx: Tx,
    agent: int,
    presence: agents.Presence,
    reason: str,
    *,
    lease_until: int | None,
    actor: str = "hub",
    now: int,
) -> None:
    """Come, go, or be away: a matching event. Open offers of somebody who goes are withdrawn."""
    agents.set_presence(tx, agent, presence, reason, lease_until=lease_until, actor=actor, now=now)
    if presence != "available":
        withdraw_offers(tx, agent, now=now)


def withdraw_offers(tx: Tx, agent: int, *, now: int) -> None:
    """Whatever was proposed to this agent goes back, place kept."""
    for row in claims.pending_offers(tx, agent):
        claims.refuse(tx, row["id"], "withdrawn", "agent left", now=now)
