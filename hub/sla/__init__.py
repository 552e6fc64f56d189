"""Promises kept, paused, given up: what filing, replies, statuses and moves mean for deadlines.

Called inside the transactions of those acts. Only what people write to the customer stops a clock:
what no person wrote, notes and mails to third parties never come here. ``answer`` and
``first_reply`` stop at the first reply and pause for nothing; ``resolution`` pauses while the
conversation is ``pending`` and at no other time. A move to another queue may bring another policy:
it counts from the same start. Joining two people leaves each matter's deadlines as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from hub import calendars
from hub.aim import aim
from hub.sla import escalation, policies
from routing import sla
from routing.sla import FIRST, REPLIES, Kind, Policy, Promise
from storage import channels, conversations, events, sla_deadlines

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.desk import Desk
    from routing.calendar import Calendar
    from routing.rules import Decision
    from storage.db import Row, Tx

SOON = 60 * 1_000_000
"""Microseconds: the timers look at least this often. What is due sooner wakes them, unless the
turn that begins with it does."""
_REPLIES = frozenset(kind.value for kind in REPLIES)


# ---------------------------------------------------------------- a customer writes


def promised(
    tx: Tx,
    desk: Desk,
    channel: Channel,
    decision: Decision,
    *,
    queue: int | None,
    contact: int,
    row: Row | None,
    now: int,
) -> list[Promise]:
    """What this message makes us owe; empty, and nothing asked, where no policy is for it.

    ``row``: the conversation before the message, None for a new one; ``contact``: the person.
    """
    if queue is None or not desk.promising:
        return []
    named = (channel.name, channel.kind)
    policy = policies.of_decision(tx, desk, decision, queue, named, contact)
    if policy is None:
        return []
    kinds = FIRST if row is None else _again(tx, row)
    calendar = policies.calendar_of(desk, policy, queue)
    return [sla.promise(policy, kind, calendar, now) for kind in kinds if kind in policy.targets]


def _again(tx: Tx, row: Row) -> tuple[Kind, ...]:
    """What a further message of the matter begins: nothing while an earlier one waits."""
    status = row["status"]
    if status == "pending":
        return (Kind.NEXT_REPLY,)
    closed = status in conversations.CLOSED
    if row["waiting_since"] is not None and not closed:
        return ()
    if _replied(tx, row["id"]):
        return (Kind.NEXT_REPLY,)
    begun = not closed or sla_deadlines.last_resolution(tx, row["id"]) is not None
    return (Kind.ANSWER, Kind.FIRST_REPLY) if begun else FIRST


def _replied(tx: Tx, conversation: int) -> bool:
    """Whether a person has ever answered."""
    return bool(
        tx.value(
            """
            SELECT 1 FROM timeline_entry WHERE conversation = :c AND kind = 'message'
              AND direction = 'out' AND SUBSTR(actor, 1, 5) IN ('agent', 'user:') LIMIT 1
            """,
            c=conversation,
        )
    )


def wait(promises: Sequence[Promise], now: int) -> int | None:
    """The wait to aim at for the turn (µs), by the first reply that is due; None: not promised."""
    due = [one.due_at for one in promises if one.kind in REPLIES and one.due_at is not None]
    return max(min(due) - now, 1) if due else None


def begin(
    tx: Tx, conversation: int, item: int | None, promises: Sequence[Promise], now: int
) -> None:
    """Write down what ``promised`` found."""
    if not promises:
        return
    sla_deadlines.start(tx, conversation, item, promises, now)
    first = min((one.warn_at for one in promises if one.warn_at is not None), default=None)
    if item is None and first is not None and first < now + SOON:
        events.append(tx, "sla.started", conversation, conversation=conversation, now=now)


def on_customer(tx: Tx, desk: Desk, row: Row, now: int) -> None:
    """A customer wrote in a conversation that was ``row``: what was paused runs again, and what
    was resolved was not."""
    if row["status"] == "pending":
        _resume(tx, desk, row["id"], now)
    elif row["status"] in conversations.CLOSED:
        _unresolve(tx, desk, row["id"], now)


# ---------------------------------------------------------------- a person replies


def on_reply(tx: Tx, row: Row, *, person: bool, now: int) -> None:
    """An answer went to the customer and the matter is pending; ``row``: as it was before.

    ``person`` is false for a program's: it keeps no promise of a reply.
    """
    for one in sla_deadlines.open_of(tx, row["id"]):
        if one["kind"] in _REPLIES:
            if person:
                end(tx, one, "met", now)
        elif one["state"] == "running":
            _late(tx, one, now)
            sla_deadlines.pause(tx, one["id"], now)
    if row["status"] == "resolved":
        last = sla_deadlines.last_resolution(tx, row["id"])
        if last is not None and last["state"] == "met":
            sla_deadlines.pause(tx, last["id"], last["paused_at"] or last["met_at"])


def end(tx: Tx, one: Row, state: str, now: int) -> None:
    """A deadline is over; a breach that no timer has come to say is said."""
    if sla_deadlines.end(tx, one["id"], state, now):
        escalation.say(tx, "sla.breached", one, now=now)


def _late(tx: Tx, one: Row, now: int) -> None:
    if one["due_at"] is not None and sla_deadlines.breached(tx, one["id"], now):
        escalation.say(tx, "sla.breached", one, now=now)


# ---------------------------------------------------------------- a status changes


def on_status(tx: Tx, desk: Desk | None, row: Row, status: str, now: int) -> None:
    """A person gave a conversation that was ``row`` another status.

    ``desk`` may be left out where nothing begins to run: resolved, spam.
    """
    if status in conversations.CLOSED:
        for one in sla_deadlines.open_of(tx, row["id"]):
            solved = status == "resolved" and one["kind"] == Kind.RESOLUTION
            end(tx, one, "met" if solved else "cancelled", now)
        return
    if desk is None:
        return
    if row["status"] == "pending":
        _resume(tx, desk, row["id"], now)
    elif row["status"] in conversations.CLOSED:
        _unresolve(tx, desk, row["id"], now)
        if row["resolved_at"] is not None:
            _revive(tx, desk, row["id"], row["resolved_at"], now)


def _resume(tx: Tx, desk: Desk, conversation: int, now: int) -> None:
    for one in sla_deadlines.open_of(tx, conversation):
        if one["state"] == "paused":
            _run_on(tx, desk, one, one["paused_at"], now)


def _unresolve(tx: Tx, desk: Desk, conversation: int, now: int) -> None:
    """It was not done after all: its time goes on from where it stopped."""
    last = sla_deadlines.last_resolution(tx, conversation)
    if last is not None and last["state"] in ("met", "cancelled"):
        _run_on(tx, desk, last, last["paused_at"] or last["met_at"], now)


def _revive(tx: Tx, desk: Desk, conversation: int, closed_at: int, now: int) -> None:
    """What was given up with the closing is owed since it began, by the calendar as it is now."""
    sla_deadlines.revive(tx, conversation, closed_at)
    for one in sla_deadlines.open_of(tx, conversation):
        calendar = policies.named(desk, one["calendar"])
        if one["state"] == "running" and one["version"] != calendar.version:
            calendars.work_out(tx, one, calendar, now)


def _run_on(tx: Tx, desk: Desk, one: Row, stopped_at: int, now: int) -> None:
    calendar = policies.named(desk, one["calendar"])
    used = one["used"] + calendar.between(one["started_at"], stopped_at)
    due_at, warn_at = sla.due(calendar, now, one["target"], one["warn"], used)
    sla_deadlines.resume(
        tx,
        one["id"],
        used=used,
        started_at=now,
        due_at=due_at,
        warn_at=warn_at,
        version=calendar.version,
    )


# ---------------------------------------------------------------- another queue


def on_queue(tx: Tx, desk: Desk, row: Row, queue: int, now: int) -> None:
    """A conversation that was ``row`` goes to another queue, by a person or by overflow.

    Where a rule promised it, that stays, and so it does where the new queue has no policy. Else
    the new policy holds from the same start; what it does not promise is given up.
    """
    channel = channels.get(tx, row["channel"]) if desk.promising else None
    if channel is None:
        return
    named = (channel["name"], channel["kind"])
    policy = policies.of_place(tx, desk, queue, named, row["contact"])
    if policy is None:
        return
    calendar = policies.calendar_of(desk, policy, queue)
    running = sla_deadlines.open_of(tx, row["id"])
    if any(_of_rule(tx, one) for one in running):
        return
    for one in running:
        _replace(tx, one, policy, calendar, now)
    _add(tx, row, policy, calendar, {one["kind"] for one in running}, now)
    aim(tx, row["id"], now=now)


def _replace(tx: Tx, one: Row, policy: Policy, calendar: Calendar, now: int) -> None:
    kind = Kind(one["kind"])
    if kind not in policy.targets:
        end(tx, one, "cancelled", now)
        return
    promise = sla.promise(policy, kind, calendar, one["started_at"])
    sla_deadlines.replaced(tx, one["id"], promise)
    now_promised = sla_deadlines.get(tx, one["id"])
    if now_promised is not None and one["state"] == "running":
        calendars.work_out(tx, now_promised, calendar, now)


def _add(tx: Tx, row: Row, policy: Policy, calendar: Calendar, running: set[str], now: int) -> None:
    """What the old queue had not promised: a reply, to who waits for one, since they wait."""
    since = row["waiting_since"]
    if since is None or row["status"] in conversations.CLOSED:
        return
    wanted = (Kind.NEXT_REPLY,) if _replied(tx, row["id"]) else (Kind.ANSWER, Kind.FIRST_REPLY)
    kinds = [kind for kind in wanted if kind in policy.targets and kind.value not in running]
    promises = [sla.promise(policy, kind, calendar, since) for kind in kinds]
    item = tx.value("SELECT MAX(id) FROM work_item WHERE conversation = :c", c=row["id"])
    begin(tx, row["id"], item, promises, now)
    if policy.targets.get(Kind.RESOLUTION) and sla_deadlines.last_resolution(tx, row["id"]) is None:
        resolution = sla.promise(policy, Kind.RESOLUTION, calendar, row["created_at"])
        begin(tx, row["id"], item, [resolution], now)


def _of_rule(tx: Tx, one: Row) -> bool:
    """Whether a rule has promised it, and no queue's or customer's policy."""
    rows = tx.all(
        "SELECT data FROM decision WHERE conversation = :c AND at = :at",
        c=one["conversation"],
        at=one["created_at"],
    )
    return any(msgspec.json.decode(row["data"]).get("sla") for row in rows)
