"""Owners who are gone for too long: what is theirs waits again for whoever is there."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from hub import actions
from hub.calendars import hours
from storage import agents, conversations, timers, work_items
from storage.work_items import Change

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Row, Tx


def release(
    tx: Tx, agent: int, of: Collection[int], desk: Desk, *, now: int, days: bool = False
) -> int:
    """An owner has been gone for too long: on these channels (ids) their turns wait again, with
    their old place and with them as preference, and their matters lose the owner. How many turns.

    ``days``: only where a working day of the queue's calendar has passed; for the others the timer
    ``owner`` is set anew.
    """
    row = agents.get(tx, agent)
    if row is None or row["presence"] == "available":
        return 0
    kept = _kept_for_now(tx, row, of, desk, now=now) if days else frozenset()
    items = [
        item
        for item in work_items.abandoned_by(tx, agent)
        if item["channel"] in of and item["conversation"] not in kept
    ]
    for item in items:
        if item["state"] == "wrapping":
            actions.finish(tx, item, desk, now=now)
        else:
            work_items.requeue(tx, item, Change(preferred=agent), now=now)
    for one in conversations.owned(tx, agent):
        if one["channel"] not in of or one["id"] in kept:
            continue
        conversations.hand_over(tx, one["id"], queue=None, agent=None, now=now)
        if one["status"] == "open" and one["queue"] in desk.queues:
            actions.wait(tx, one, one["queue"], desk, now=now)
    return len(items)


def _kept_for_now(
    tx: Tx, agent: Row, of: Collection[int], desk: Desk, *, now: int
) -> frozenset[int]:
    """The matters of somebody absent that stay theirs: no working day has passed. The timer is set
    for the first of them."""
    held = [(item["conversation"], item) for item in work_items.abandoned_by(tx, agent["id"])]
    held += [(row["id"], row) for row in conversations.owned(tx, agent["id"])]
    ends = {
        matter: end
        for matter, one in held
        if one["channel"] in of
        and (end := hours.working_day(desk, one["queue"], agent["present_since"])) > now
    }
    if ends:
        timers.set(tx, "owner", agent["id"], min(ends.values()))
    return frozenset(ends)
