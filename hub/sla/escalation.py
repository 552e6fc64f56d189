"""What time does to promises: warnings and breaches are said, and what a policy wants done is done.

The deadlines are the timers: a row is due until it is marked, in the transaction that also says so
and acts, so that a crash in between means that it is done after the next start, and once.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

from hub.modes import mode_there
from routing.plan import Plan
from routing.rules.outcome import MAX_HOPS
from storage import conversations, events, item_log, sla_deadlines, work_items
from storage.work_items import Change

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Row, Tx

SECOND = 1_000_000
_WAITS = ("queued", "offered", "deferred")
_log = logging.getLogger(__name__)


def say(tx: Tx, kind: str, one: Row, *, now: int, **more: Any) -> None:
    """Tell everybody who follows: ``sla.warned`` or ``sla.breached``, about a deadline."""
    row = tx.one(
        "SELECT contact, queue, agent FROM conversation WHERE id = :c", c=one["conversation"]
    )
    if row is None:
        return
    events.append(
        tx,
        kind,
        one["id"],
        conversation=one["conversation"],
        contact=row["contact"],
        queue=row["queue"],
        agent=row["agent"],
        now=now,
        what=one["kind"],
        policy=one["policy"],
        due_at=one["due_at"],
        **more,
    )
    conversations.changed(tx, one["conversation"], now=now)


def fire(tx: Tx, id: int, desk: Desk, *, now: int) -> None:
    """Say and do what is due of one deadline: the warning, then the breach."""
    one = sla_deadlines.get(tx, id)
    if one is None:
        return
    steps = (
        ("sla.warned", "warn", sla_deadlines.warned),
        ("sla.breached", "breach", sla_deadlines.breached),
    )
    for kind, name, mark in steps:
        if not mark(tx, id, now):
            continue
        act = msgspec.json.decode(one["acts"]).get(name, {})
        say(tx, kind, one, now=now, **({"notify": act["notify"]} if "notify" in act else {}))
        _act(tx, one, act, desk, now=now)


def _act(tx: Tx, one: Row, act: dict[str, Any], desk: Desk, *, now: int) -> None:
    """What a policy wants done beside being said: a head start of this turn, another queue."""
    item = work_items.live_of(tx, one["conversation"])
    if item is None or item["state"] not in _WAITS:
        return
    if seconds := act.get("priority"):
        work_items.set_key(tx, item["id"], item["order_key"] - seconds * SECOND, now=now)
        _note(tx, item, one, "priority", now=now, seconds=seconds)
    if act.get("queue"):
        _move(tx, one, item, act["queue"], desk, now=now)


def _move(tx: Tx, one: Row, item: Row, name: str, desk: Desk, *, now: int) -> None:
    queue = desk.names.get(name)
    if queue is None:
        _log.warning("policy %s names a queue that is gone: %s", one["policy"], name)
        return
    if queue == item["queue"]:
        return
    if item["hops"] >= MAX_HOPS:
        _note(tx, item, one, "overflow", now=now, stays=True, hops=item["hops"])
        return
    item = work_items.get(tx, item["id"]) or item
    mode = mode_there(tx, desk, item, queue)
    work_items.requeue(tx, item, Change(queue=queue, mode=mode, plan=Plan(), hops=1), now=now)
    conversations.hand_over(tx, one["conversation"], queue=queue, agent=None, now=now)
    _note(tx, item, one, "overflow", now=now, before=item["queue"], queue=queue)


def _note(tx: Tx, item: Row, one: Row, what: item_log.What, *, now: int, **data: Any) -> None:
    item_log.append(
        tx,
        item["id"],
        what,
        "hub",
        now=now,
        cause="sla",
        policy=one["policy"],
        kind=one["kind"],
        **data,
    )
