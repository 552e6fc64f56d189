"""A turn and what rules and plans do with it: begun, relaxed step by step, overflowed, deflected.

What people do with it is in ``actions``; when it is due in ``timers``; who gets it in ``router``.
Everything here keeps the place in line, unless a rule says ``keep_place: false``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec

from hub import automatic, sla
from hub.calendars import hours
from hub.modes import mode_there
from hub.queue import TARGETS, medium
from routing.model import DEFAULT_UNITS, SECOND, Medium, Mode
from routing.plan import Plan
from routing.rules.outcome import MAX_HOPS
from storage import conversations, item_log, steps, work_items
from storage.work_items import Change, Turn

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.desk import Desk
    from routing.plan import ThenOffer
    from routing.rules.decision import Decision
    from routing.rules.outcome import Sla
    from storage.db import Row, Tx

HUB: Final = "hub"
_MESSAGE: Final = DEFAULT_UNITS[Medium.MESSAGE]


def begin(
    desk: Desk,
    channel: Channel,
    decision: Decision,
    *,
    conversation: int,
    queue: int,
    since: int,
    priority: int,
    preferred: int | None,
    preferred_at: int | None,
    now: int,
) -> Turn:
    """The turn that a message begins. ``since``: µs, when its wait began; ``priority``: seconds."""
    known = desk.queues[queue]
    plan, written = desk.plan(decision)
    mode, units, until = desk.mode(queue, channel, decision), desk.units(queue, channel), None
    order_key = since - priority * SECOND
    deflect = decision.deflect
    to: ThenOffer = deflect.to if deflect is not None else plan.steps[0].then_offer
    if to:
        mode, units = _asynchronous(mode, units)
        if to == "callback" or (deflect is not None and deflect.at):
            until = hours.opens_at(desk, queue, now)
        if deflect is not None and not deflect.keep_place:
            order_key = (until or now) - priority * SECOND
    interruptible = decision.interruptible
    if interruptible is None:
        interruptible = not known.interruptible.isdisjoint((channel.name, channel.kind))
    return Turn(
        conversation=conversation,
        channel=channel.id,
        queue=queue,
        mode=mode,
        units=units,
        order_key=order_key,
        preferred_agent=preferred,
        preferred_at=preferred_at,
        rule_version=desk.version,
        plan=written,
        step_until=plan.ends_at(0, until or now),
        target=target(known.target, decision.sla, channel),
        weight=100 if decision.weight is None else round(decision.weight * 100),
        interruptible=interruptible,
        deferred_until=until,
    )


def rest_of(before: Row | None, queue: int, now: int) -> tuple[str, int | None]:
    """What is left of the plan of a turn that goes on as another one, as an item keeps it, and when
    its step is over (µs). In another queue nothing: a plan asks for people of its own queue."""
    if before is None or before["plan"] == "{}" or before["queue"] != queue:
        return "{}", None
    whole = work_items.plan_of(before)
    rest = replace(whole, steps=whole.steps[before["step"] :] or whole.steps[-1:])
    return msgspec.json.encode(rest.as_json()).decode(), rest.ends_at(0, now)


def target(of_queue: int | None, sla: Sla | None, channel: Channel) -> int:
    """The wait to aim at (µs): what the rule promises, else the queue's, else the medium's."""
    promised = None if sla is None else sla.answer or sla.first_reply
    return promised or of_queue or TARGETS[medium(channel.capabilities)]


def _asynchronous(mode: str, units: int) -> tuple[str, int]:
    """Mode and units of what nobody waits for in front of a screen."""
    return (Mode.PUSH.value if mode == Mode.ASK else mode), min(units, _MESSAGE)


# ---------------------------------------------------------------- steps


def relax(tx: Tx, item: Row, desk: Desk, *, now: int) -> None:
    """Its step is over: on to the next, or, after the last, to where it overflows."""
    plan = work_items.plan_of(item)
    following = plan.next_step(item["step"], now)
    if following is not None:
        row = steps.advance(tx, item, *following, now=now)
        if row is not None and (to := plan.step(row["step"]).then_offer):
            deflect(tx, row, to, desk, now=now)
    elif steps.last(tx, item):
        to_queue = plan.overflow or desk.overflow_of(item["queue"])
        if to_queue is not None:
            overflow(tx, item, to_queue, "steps over", desk, now=now)


def overflow(tx: Tx, item: Row, queue: int, cause: str, desk: Desk, *, now: int) -> bool:
    """To another queue with the old key; what its plan asked for is no longer asked for.

    After ``MAX_HOPS`` such moves it stays where it is, and its log says so. False: it stays.
    """
    known = desk.queues.get(queue)
    if known is None or queue == item["queue"] or item["state"] not in ("queued", "offered"):
        return False
    if item["hops"] >= MAX_HOPS:
        item_log.append(
            tx, item["id"], "overflow", HUB, now=now, cause=cause, stays=True, hops=item["hops"]
        )
        return False
    mode = mode_there(tx, desk, item, queue)
    work_items.requeue(tx, item, Change(queue=queue, mode=mode, plan=Plan(), hops=1), now=now)
    item_log.append(
        tx, item["id"], "overflow", HUB, now=now, cause=cause, before=item["queue"], queue=queue
    )
    row = conversations.get(tx, item["conversation"])
    if row is not None:
        conversations.hand_over(tx, row["id"], queue=queue, agent=row["agent"], now=now)
        sla.on_queue(tx, desk, row, queue, now)
    return True


def has_way_out(desk: Desk, queue: int, *, planned: bool) -> bool:
    """Whether anything but waiting may be done about an item that nobody can serve; ``nobody``
    looks closer. ``planned``: its plan says where it overflows to."""
    known = desk.queues.get(queue)
    return planned or (known is not None and known.when_nobody != "hold")


def nobody(tx: Tx, id: int, desk: Desk, *, now: int) -> bool:
    """Nobody logged on can ever serve it: what plan and queue say is done. False: it holds."""
    item = work_items.get(tx, id)
    if item is None or item["state"] != "queued":
        return False
    queue = desk.queues.get(item["queue"])
    to = work_items.plan_of(item).overflow
    if to is None and queue is not None and queue.when_nobody == "overflow":
        to = desk.overflow_of(item["queue"])
    if to is not None and overflow(tx, item, to, "nobody can serve it", desk, now=now):
        return True
    if queue is not None and queue.when_nobody == "message" and item["mode"] == Mode.ASK:
        deflect(tx, item, "message", desk, now=now)
        return True
    return False


# ---------------------------------------------------------------- another way


def deflect(tx: Tx, item: Row, to: ThenOffer, desk: Desk, *, now: int) -> None:
    """Who waits need not wait any more: they are called back, or answered as by a message.

    The item keeps its place; a callback of a closed queue is deferred until it opens.
    """
    if item["state"] == "offered":
        kept = Change(excluded=work_items.excluded(item))
        item = work_items.requeue(tx, item, kept, now=now)
    mode, units = _asynchronous(item["mode"], item["units"])
    steps.set_medium(tx, item["id"], mode=mode, units=units, now=now)
    until = hours.opens_at(desk, item["queue"], now) if to == "callback" else None
    item_log.append(tx, item["id"], "deflect", HUB, now=now, to=to, until=until)
    automatic.deflected(tx, item["conversation"], to, now=now)
    if until is not None:
        steps.defer(tx, item, until, now=now)
