"""What people do with a turn as such, by its id: take it, move it, put it forward, finish it.

The same acts as on its conversation (``actions``), for those who look at queues; whether the caller
may is asked by the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub import actions
from hub.actions import NotPossible
from routing.model import SECOND
from storage import conversations, item_log, work_items

if TYPE_CHECKING:
    from hub.compose import Author
    from hub.desk import Desk
    from storage.db import Row, Tx

DAY: Final = 86_400
EARLIEST, LATEST = 30 * DAY, -DAY
"""Seconds of head start that people may give."""


def turn(tx: Tx, id: int) -> Row:
    """One work item. Raises LookupError."""
    row = work_items.get(tx, id)
    if row is None:
        raise LookupError("no such work item")
    return row


def live(tx: Tx, id: int) -> Row:
    """One that is not over. Raises LookupError, NotPossible."""
    row = turn(tx, id)
    if row["state"] not in work_items.LIVE:
        raise NotPossible("it is over")
    return row


def take(tx: Tx, id: int, author: Author, *, now: int) -> None:
    """An agent takes the turn. Raises NotPossible."""
    actions.take(tx, live(tx, id)["conversation"], author, now=now)


def move(tx: Tx, id: int, queue: int, author: Author, desk: Desk, *, now: int) -> None:
    """It waits in another queue, place kept. Raises NotPossible."""
    item = live(tx, id)
    if item["state"] == "wrapping":
        raise NotPossible("it is being written up")
    actions.transfer_to_queue(tx, item["conversation"], queue, author, desk, text="", now=now)


def prioritise(tx: Tx, id: int, seconds: int, author: Author, *, now: int) -> None:
    """Give it this head start instead of the one it has: its place in line is as if it had come so
    much earlier. Raises NotPossible."""
    item = live(tx, id)
    row = conversations.get(tx, item["conversation"])
    since = None if row is None else row["waiting_since"]
    key = (since or item["entered_at"]) - seconds * SECOND
    before = 0 if row is None else row["priority"]
    conversations.set_priority(tx, item["conversation"], seconds, now=now)
    work_items.set_key(tx, id, key, now=now)
    item_log.append(tx, id, "priority", author.actor, now=now, before=before, seconds=seconds)


def done(tx: Tx, id: int, desk: Desk, *, now: int) -> None:
    """It is written up: the agent's units are free. Raises NotPossible."""
    item = turn(tx, id)
    if item["state"] != "wrapping":
        raise NotPossible("it is not being written up")
    actions.finish(tx, item, desk, now=now)
