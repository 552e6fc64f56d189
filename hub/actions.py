"""What people do with conversations and offers: each act one transaction function.

Called by the API with ``db.write``. Whether the caller may see the conversation is asked there;
what the act means is decided here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from hub import sla, turns
from hub import spam as spamming
from hub.calendars import hours
from hub.compose import Author
from hub.modes import mode_in, mode_there
from routing.model import DEFAULT_UNITS, SECOND, Medium, Mode, goes_away
from routing.plan import Plan
from storage import (
    agents,
    channels,
    claims,
    conversations,
    decisions,
    item_log,
    steps,
    timeline,
    timers,
    work_items,
)
from storage.errors import ClaimLost
from storage.timeline import Entry
from storage.work_items import Change, Turn

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Row, Tx


class NotPossible(Exception):
    """The conversation is not in a state for this act (409)."""


def _conversation(tx: Tx, id: int) -> Row:
    row = conversations.get(tx, id)
    if row is None:
        raise LookupError("no such conversation")
    return row


def _line(
    tx: Tx, row: Row, kind: str, author: Author | None, *, now: int, text: str = "", **data: object
) -> int:
    """A thin line on the timeline: what somebody did. Written last: who may see it is as it is then."""
    row = _conversation(tx, row["id"])
    return timeline.append(
        tx,
        Entry(
            contact=row["contact"],
            conversation=row["id"],
            kind=kind,
            actor=author.actor if author is not None else "hub",
            text=text,
            data=data,
        ),
        queue=row["queue"],
        agent=row["agent"],
        now=now,
    )


def note(tx: Tx, id: int, text: str, author: Author, *, client_key: str, now: int) -> int:
    """An internal note: changes nothing but the timeline. The same key is the same note. Raises
    KeyUsed."""
    known = timeline.by_client_key(tx, client_key, kind="note", text=text)
    if known is not None:
        return known
    row = _conversation(tx, id)
    return timeline.append(
        tx,
        Entry(
            contact=row["contact"],
            conversation=id,
            kind="note",
            actor=author.actor,
            text=text,
            client_key=client_key,
        ),
        queue=row["queue"],
        agent=row["agent"],
        now=now,
    )


def take(tx: Tx, id: int, author: Author, *, now: int) -> None:
    """An agent takes the turn that waits (or a matter nobody owns). Raises NotPossible."""
    if author.agent is None:
        raise NotPossible("only agents take work")
    row = _conversation(tx, id)
    if row["status"] in conversations.CLOSED:
        raise NotPossible("it is closed: reopen it")
    item = work_items.live_of(tx, id)
    if item is not None:
        if item["state"] not in ("queued", "offered", "deferred"):
            raise NotPossible("somebody has it already")
        claims.take(tx, item, author.agent, how="take", now=now)
    else:
        if row["agent"] is not None and row["agent"] != author.agent:
            raise NotPossible("somebody has it already")
        conversations.hand_over(tx, id, queue=None, agent=author.agent, now=now)
    _line(tx, row, "taken", author, now=now)


def transfer_to_queue(
    tx: Tx, id: int, queue: int, author: Author, desk: Desk, *, text: str, now: int
) -> None:
    """Give it to another queue: the same turn waits there, place kept; what its plan asked for is
    no longer asked for."""
    row = _conversation(tx, id)
    item = _in_line(tx, id, now=now)
    conversations.hand_over(tx, id, queue=queue, agent=None, now=now)
    if item is not None:
        mode = mode_there(tx, desk, item, queue)
        giver = () if author.agent is None else (author.agent,)
        change = Change(queue=queue, mode=mode, plan=Plan(), excluded=giver)
        work_items.requeue(tx, item, change, now=now)
        item_log.append(
            tx, item["id"], "requeue", author.actor, now=now, before=item["queue"], queue=queue
        )
    elif row["status"] == "open":
        wait(tx, row, queue, desk, now=now)
    sla.on_queue(tx, desk, row, queue, now)
    _line(tx, row, "transferred", author, now=now, text=text, queue=queue)


def _in_line(tx: Tx, id: int, *, now: int) -> Row | None:
    """The turn that is to go on elsewhere; what is only being written up is over with that."""
    item = work_items.live_of(tx, id)
    if item is None or item["state"] != "wrapping":
        return item
    work_items.end(tx, item, "completed", now=now)
    return None


def transfer_to_agent(tx: Tx, id: int, agent: int, author: Author, *, text: str, now: int) -> None:
    """Give it to a colleague: theirs at once, within capacity or not; people decide. Raises
    LookupError (nobody who works here), NotPossible."""
    row, heir = _conversation(tx, id), agents.get(tx, agent)
    if heir is None or not heir["active"]:
        raise LookupError("no such agent")
    if row["status"] in conversations.CLOSED:
        raise NotPossible("it is closed: reopen it")
    item = _in_line(tx, id, now=now)
    if item is not None:
        claims.take(tx, item, agent, how="transfer", now=now)
    else:
        conversations.hand_over(tx, id, queue=None, agent=agent, now=now)
    _line(tx, row, "transferred", author, now=now, text=text, agent=agent)


def resolve(tx: Tx, id: int, author: Author, desk: Desk | None = None, *, now: int) -> None:
    """The matter is done: its turn ends, nobody waits, nobody owns it. Where its queue has wrap-up,
    its agent writes it up first."""
    _close(tx, id, "resolved", author, desk, now=now)


def spam(tx: Tx, id: int, author: Author, *, now: int) -> None:
    """Nothing to answer, and its sender is blocked; ``reopen`` undoes both."""
    row = _conversation(tx, id)
    if row["status"] != "spam":
        _close(tx, id, "spam", author, None, now=now, before=spamming.before(row))
        spamming.block(tx, row, author, now=now)


def _close(
    tx: Tx, id: int, status: str, author: Author, desk: Desk | None, *, now: int, **data: Any
) -> Row:
    row = _conversation(tx, id)
    if row["status"] == status:
        return row
    mine = author.agent is not None and author.agent == row["agent"]
    queue = desk.queues.get(row["queue"]) if desk is not None and mine else None
    if queue is None or not queue.wrap_up or not _wrap_up(tx, row, now + queue.wrap_up, now=now):
        item = work_items.live_of(tx, id)
        if item is not None:
            work_items.end(tx, item, "cancelled", now=now)
    conversations.set_status(tx, id, status, now=now)
    sla.on_status(tx, desk, row, status, now)
    _line(tx, row, status, author, now=now, **data)
    return row


def _wrap_up(tx: Tx, row: Row, until: int, *, now: int) -> bool:
    """The owner's turn, or the one they have just answered, is written up; False: there is none."""
    item = work_items.live_of(tx, row["id"])
    if item is None and row["agent"] is not None:
        last = decisions.last_assigned(tx, row["id"])
        item = last if last is not None and last["agent"] == row["agent"] else None
    if item is None or item["state"] not in ("active", "held", "completed"):
        return item is not None and item["state"] == "wrapping"
    steps.wrap(tx, item, until, now=now)
    return True


def finish(tx: Tx, item: Row, desk: Desk, *, now: int) -> None:
    """It is written up. If the customer has written meanwhile, their turn begins, place kept."""
    work_items.end(tx, item, "completed", now=now)
    row = _conversation(tx, item["conversation"])
    queue = _queue_of(row, desk)
    if row["status"] == "open" and row["waiting_since"] is not None and queue is not None:
        wait(tx, row, queue, desk, now=now)


def reopen(tx: Tx, id: int, author: Author, desk: Desk, *, now: int) -> None:
    """It is not done after all: open again, and theirs; whoever takes no work puts it in line."""
    row = _conversation(tx, id)
    if row["status"] == "open":
        return
    if row["status"] == "spam":
        spamming.unblock(tx, row, author, now=now)
        for other in spamming.missed(tx, row, now=now):
            _as_it_was(tx, other, author, desk, now=now)
        if (back := spamming.restore(tx, row, now=now)) is not None:
            _as_it_was(tx, back, author, desk, now=now)
            return
    _in_line(tx, id, now=now)
    conversations.set_status(tx, id, "open", now=now)
    owner = row["agent"] or author.agent
    conversations.hand_over(tx, id, queue=None, agent=owner, now=now)
    if owner is None and (queue := _queue_of(row, desk)) is not None:
        wait(tx, row, queue, desk, now=now)
    sla.on_status(tx, desk, row, "open", now)
    timers.drop(tx, "snooze", id)
    _line(tx, row, "reopened", author, now=now)


def _as_it_was(tx: Tx, row: Row, author: Author, desk: Desk, *, now: int) -> None:
    """It was no spam: its turn goes on with whoever had it, or waits in its old place."""
    sla.on_status(tx, desk, row, row["status"], now)
    if row["status"] == "snoozed":
        timers.set(tx, "snooze", row["id"], row["snoozed_until"] or now)
    owed = row["waiting_since"] is not None or row["agent"] is None
    queue = _queue_of(row, desk)
    if row["status"] == "open" and owed and queue is not None:
        wait(tx, row, queue, desk, now=now)
        item = work_items.live_of(tx, row["id"])
        if item is not None and row["agent"] is not None:
            claims.take(tx, item, row["agent"], how="owner", now=now)
    _line(tx, row, "reopened", author, now=now, spam=True)


def snooze(
    tx: Tx, id: int, until: int, author: Author, desk: Desk | None = None, *, now: int
) -> None:
    """Out of sight until then; a message from the customer wakes it sooner."""
    row = _conversation(tx, id)
    if row["status"] in conversations.CLOSED:
        raise NotPossible("it is closed")
    item = work_items.live_of(tx, id)
    if item is not None:
        work_items.end(tx, item, "cancelled", now=now)
    conversations.set_status(tx, id, "snoozed", snoozed_until=until, now=now)
    sla.on_status(tx, desk, row, "snoozed", now)
    timers.set(tx, "snooze", id, until)
    _line(tx, row, "snoozed", author, now=now, until=until)


def wake(tx: Tx, id: int, desk: Desk, *, now: int) -> None:
    """A snoozed matter is due: back to its owner, or into its queue with the old place."""
    row = _conversation(tx, id)
    if row["status"] != "snoozed":
        return
    conversations.set_status(tx, id, "open", now=now)
    queue = _queue_of(row, desk)
    if queue is not None and (row["waiting_since"] is not None or row["agent"] is None):
        wait(tx, row, queue, desk, now=now)
    _line(tx, row, "woken", None, now=now)


def _queue_of(row: Row, desk: Desk) -> int | None:
    return row["queue"] if row["queue"] in desk.queues else next(iter(desk.queues), None)


def wait(tx: Tx, row: Row, queue: int, desk: Desk, *, now: int) -> None:
    """Somebody owes this matter an answer and nobody has the turn: it waits, in its old place."""
    work_items.enqueue(tx, turn_of(tx, row, queue, desk, now=now), now=now)


def turn_of(tx: Tx, row: Row, queue: int, desk: Desk, *, now: int) -> Turn:
    """The turn of a matter that waits in this queue: like the one before, since its wait began."""
    before = decisions.last_item(tx, row["id"])
    plan, until = turns.rest_of(before, queue, now)
    mode = None if before is None or before["queue"] != queue else before["mode"]
    return Turn(
        conversation=row["id"],
        channel=row["channel"],
        queue=queue,
        mode=mode or _mode(tx, desk, queue, row["channel"]) or Mode.PUSH.value,
        units=before["units"] if before is not None else DEFAULT_UNITS[Medium.MESSAGE],
        order_key=(row["waiting_since"] or now) - row["priority"] * SECOND,
        preferred_agent=row["agent"] or row["last_agent"],
        preferred_at=row["last_at"],
        rule_version=desk.version,
        plan=plan,
        step_until=until,
        target=None if before is None else before["target"],
        weight=100 if before is None else before["weight"],
        interruptible=before is not None and bool(before["interruptible"]),
    )


def _mode(tx: Tx, desk: Desk, queue: int, channel: int) -> str | None:
    """How this channel's items reach an agent of that queue, if the queue says so."""
    known, row = desk.queues.get(queue), channels.get(tx, channel)
    if known is None or row is None:
        return None
    return mode_in(known.modes, row["name"], row["kind"])


def accept(tx: Tx, offer: int, agent: int, *, now: int) -> int:
    """Take an offer; the conversation's id. Raises ClaimLost (somebody was faster, or too late)."""
    item = claims.accept(tx, offer, agent, now=now)
    return int(item["conversation"])


COOL_DOWN = 30 * SECOND
"""Whoever declined is not asked again for the same turn before that, even if nobody else is left."""


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


def release_absent(
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
            finish(tx, item, desk, now=now)
        else:
            work_items.requeue(tx, item, Change(preferred=agent), now=now)
    for one in conversations.owned(tx, agent):
        if one["channel"] not in of or one["id"] in kept:
            continue
        conversations.hand_over(tx, one["id"], queue=None, agent=None, now=now)
        if one["status"] == "open" and one["queue"] in desk.queues:
            wait(tx, one, one["queue"], desk, now=now)
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


def seen(tx: Tx, user: int, conversation: int, entry: int, *, now: int) -> None:
    """This person has read up to that entry."""
    before = tx.value("SELECT MAX(entry) FROM seen WHERE conversation = :c", c=conversation)
    tx.run(
        """
        INSERT INTO seen (user_id, conversation, entry) VALUES (:user, :conversation, :entry)
        ON CONFLICT (user_id, conversation) DO UPDATE SET entry = excluded.entry
        WHERE seen.entry < excluded.entry
        """,
        user=user,
        conversation=conversation,
        entry=entry,
    )
    if before is None or before < entry:
        conversations.changed(tx, conversation, now=now)
