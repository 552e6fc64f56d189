"""Interruptible work: it makes way for what cannot wait, and goes on first when there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import agents, conversations, events, item_log

if TYPE_CHECKING:
    from storage.db import Row, Tx


def make_room(tx: Tx, agent: int, counters: Row, item: int, *, now: int) -> None:
    """Park what was begun last, until what is worked on fits; ``item`` is what needs the room."""
    over = counters["used"] - counters["parked"] - counters["capacity"]
    if over <= 0 or not counters["soft"]:
        return
    for row in tx.all(
        """
        SELECT id, units FROM work_item
        WHERE agent = :agent AND state = 'active' AND interruptible AND id <> :item
          AND state IN ('offered', 'connecting', 'active', 'held', 'wrapping')
        ORDER BY assigned_at DESC, id DESC
        """,
        agent=agent,
        item=item,
    ):
        if over <= 0:
            return
        _move(tx, row["id"], agent, "active", "held", now=now, by=item)
        over -= row["units"]


def resume(tx: Tx, agent: int, *, now: int) -> None:
    """Take up parked work again, the oldest first, as far as there is room for it."""
    row = agents.get(tx, agent)
    if row is None:
        return
    room = row["capacity"] - row["used"] + row["parked"]
    for item in tx.all(
        """
        SELECT id, units FROM work_item
        WHERE agent = :agent AND state = 'held'
          AND state IN ('offered', 'connecting', 'active', 'held', 'wrapping')
        ORDER BY assigned_at, id
        """,
        agent=agent,
    ):
        if item["units"] > room:
            return
        _move(tx, item["id"], agent, "held", "active", now=now)
        room -= item["units"]


def _move(tx: Tx, item: int, agent: int, before: str, after: str, *, now: int, **data: int) -> None:
    row = tx.one(
        "UPDATE work_item SET state = :after WHERE id = :id AND state = :before RETURNING *",
        id=item,
        before=before,
        after=after,
    )
    if row is None:
        return
    soft, units = bool(row["interruptible"]), row["units"]
    adds = agents.load(after, units, interruptible=soft)
    agents.shift(tx, agent, adds - agents.load(before, units, interruptible=soft), now=now)
    item_log.append(tx, item, "held" if after == "held" else "resumed", "hub", now=now, **data)
    events.append(
        tx, "item.changed", item, conversation=row["conversation"], queue=row["queue"],
        agent=agent, now=now, state=after,
    )  # fmt: skip
    conversations.changed(tx, row["conversation"], now=now)
