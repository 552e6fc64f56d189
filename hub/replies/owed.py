"""What is owed when entries change their conversation: the wait, the turn and the promises.

The first message that no person has answered begins a wait (``waiting_since``); where it goes, the
wait goes, with its place in line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from hub import actions, sla, turns
from routing.model import SECOND
from storage import conversations, last_moved, moves, sla_deadlines, timers, work_items
from storage.work_items import Turn

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Row, Tx

QUIET: Final = frozenset({"auto", "bounce", "consent", "unrouted", "history", moves.SETTLED})
"""Facts of messages that nobody has to answer."""


def by(source: Row, rows: Sequence[Row]) -> int | None:
    """Since when these entries wait for an answer in ``source`` (µs); None: they do not."""
    return min((row["recorded_at"] for row in rows if _waits(source, row)), default=None)


def _waits(source: Row, row: Row) -> bool:
    since = source["waiting_since"]
    if since is None or row["direction"] != "in" or row["recorded_at"] < since:
        return False
    return _asks(row)


def settle(tx: Tx, source: Row, rows: Sequence[Row]) -> None:
    """What nobody waits for any more in ``source`` is not waited for anywhere else either, whatever
    waits there."""
    for row in rows:
        if row["direction"] == "in" and not _waits(source, row):
            moves.set_settled(tx, row)


def _asks(row: Row) -> bool:
    return QUIET.isdisjoint(msgspec.json.decode(row["data"]))


def at_rest(was: Mapping[str, Any]) -> dict[str, Any]:
    """How a conversation stood, nothing owed: what was open or put off is pending for now."""
    status = "pending" if was["status"] in ("open", "snoozed") else was["status"]
    return {**was, "status": status}


# ---------------------------------------------------------------- where they were


def release(
    tx: Tx, source: Row, target: Row, debt: int | None, turn: Row | None, *, now: int
) -> None:
    """What the source owes without them: perhaps less, perhaps nothing; with nothing left in it,
    it leads to the target. ``debt`` and ``turn``: what it owed for them, its turn under way."""
    nothing_left = not moves.left_in(tx, source["id"])
    since = None
    if debt is not None and not nothing_left:
        rest = moves.received_since(tx, source["id"], source["waiting_since"])
        since = next((row["recorded_at"] for row in rest if _asks(row)), None)
    if nothing_left:
        _end(tx, source, turn, now=now)
        sla.on_reply(tx, source, person=False, now=now)  # its resolution runs no more
        moves.empty(tx, source["id"], target["id"], now=now)
    elif debt is not None and since is None:
        _end(tx, source, turn, now=now)
        status = "pending" if source["status"] == "open" else source["status"]
        moves.set_standing(tx, source["id"], status=status, waiting_since=None)
        sla.on_reply(tx, source, person=False, now=now)
    elif debt is not None:
        moves.set_standing(tx, source["id"], status=source["status"], waiting_since=since)
        if turn is not None and since != source["waiting_since"]:
            later = since - source["waiting_since"]
            work_items.set_key(tx, turn["id"], turn["order_key"] + later, now=now)


def _end(tx: Tx, source: Row, turn: Row | None, *, now: int) -> None:
    """Nobody owes an answer there any more."""
    if turn is not None:
        work_items.end(tx, turn, "cancelled", now=now)
    for one in sla_deadlines.open_of(tx, source["id"]):
        if one["kind"] != "resolution":
            sla.end(tx, one, "cancelled", now)


# ---------------------------------------------------------------- where they are


def take_on(
    tx: Tx, target: Row, debt: int | None, turn: Row | None, desk: Desk, *, now: int
) -> None:
    """The target owes for what came to it, as if the message had been filed there."""
    last_moved.note(tx, target["id"], now=now)
    if debt is None:
        return
    if target["status"] in conversations.CLOSED:
        conversations.set_status(tx, target["id"], "open", now=now)
        sla.on_status(tx, desk, target, "open", now)
    else:
        sla.on_customer(tx, desk, target, now)
    since = min(debt, target["waiting_since"] or debt)
    moves.set_standing(tx, target["id"], status="open", waiting_since=since)
    row = conversations.get(tx, target["id"])
    queue = _queue(target, turn, desk)
    if row is None or queue is None:
        return
    if row["queue"] != queue:
        conversations.hand_over(tx, row["id"], queue=queue, agent=row["agent"], now=now)
    _wait(tx, row, queue, turn, desk, now=now)
    sla.on_queue(tx, desk, row, queue, now)


def _queue(target: Row, turn: Row | None, desk: Desk) -> int | None:
    for queue in (target["queue"], None if turn is None else turn["queue"]):
        if queue is not None and queue in desk.queues:
            return int(queue)
    return next(iter(desk.queues), None)


def _wait(tx: Tx, row: Row, queue: int, turn: Row | None, desk: Desk, *, now: int) -> None:
    """Its turn: the one under way, no later than the message makes it; else one like the source's."""
    key = row["waiting_since"] - row["priority"] * SECOND
    live = work_items.live_of(tx, row["id"])
    if live is not None:
        if live["order_key"] > key:
            work_items.set_key(tx, live["id"], key, now=now)
        return
    begun = actions.turn_of(tx, row, queue, desk, now=now)
    if turn is not None:
        begun = _like(begun, turn, queue, now)
    work_items.enqueue(tx, begun, now=now)


def _like(begun: Turn, turn: Row, queue: int, now: int) -> Turn:
    mode = turn["mode"] if turn["queue"] == queue else begun.mode
    plan, until = turns.rest_of(turn, queue, now)
    return replace(
        begun,
        mode=mode,
        units=turn["units"],
        plan=plan,
        step_until=until,
        target=turn["target"],
        weight=turn["weight"],
        interruptible=bool(turn["interruptible"]),
    )


def rest_again(tx: Tx, id: int, was: Mapping[str, Any], desk: Desk, *, now: int) -> None:
    """A conversation that was done or put off before the move, and to which nothing came since, is
    so again: done where nothing is owed, put off in any case."""
    row, status = conversations.get(tx, id), was["status"]
    if row is None or row["status"] == "moved":
        return
    if status in conversations.CLOSED and row["status"] == "pending":
        conversations.set_status(tx, id, status, now=now)
        sla.on_status(tx, desk, row, status, now)
    elif status == "snoozed" and row["status"] in ("open", "pending"):
        _put_off(tx, row, was["snoozed_until"], desk, now=now)


def _put_off(tx: Tx, row: Row, until: int, desk: Desk, *, now: int) -> None:
    if until <= now:
        return
    item = work_items.live_of(tx, row["id"])
    if item is not None:
        work_items.end(tx, item, "cancelled", now=now)
    conversations.set_status(tx, row["id"], "snoozed", snoozed_until=until, now=now)
    sla.on_status(tx, desk, row, "snoozed", now)
    timers.set(tx, "snooze", row["id"], until)
