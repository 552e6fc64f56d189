"""What people do with conversations and offers: each act one transaction function.

Called by the API with ``db.write``. Whether the caller may see the conversation is asked there;
what the act means is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub import sla, turns
from hub import spam as spamming
from hub.compose import Author
from hub.modes import mode_of, mode_there
from routing.model import DEFAULT_UNITS, SECOND, Medium, Mode
from routing.plan import Plan
from storage import (
    agents,
    claims,
    conversations,
    decisions,
    item_log,
    steps,
    timeline,
    timers,
    work_items,
)
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
    known = desk.queues.get(queue)
    if mode is None and known is not None:
        mode = mode_of(tx, known.modes, row["channel"])
    return Turn(
        conversation=row["id"],
        channel=row["channel"],
        queue=queue,
        mode=mode or Mode.PUSH.value,
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
