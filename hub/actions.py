"""What people do with conversations and offers: each act one transaction function.

Called by the API with ``db.write``. Whether the caller may see the conversation is asked there;
what the act means is decided here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from hub.compose import Author
from routing.model import DEFAULT_UNITS, SECOND, Medium, Mode, goes_away
from storage import (
    agents,
    channels,
    consents,
    conversations,
    events,
    timeline,
    work_items,
)
from storage.timeline import Entry
from storage.work_items import ClaimLost

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
    """An internal note: changes nothing but the timeline. The same key is the same note."""
    known = timeline.by_client_key(tx, client_key)
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
        work_items.take(tx, item, author.agent, how="take", now=now)
    else:
        if row["agent"] is not None and row["agent"] != author.agent:
            raise NotPossible("somebody has it already")
        conversations.hand_over(tx, id, queue=None, agent=author.agent, now=now)
    _line(tx, row, "taken", author, now=now)


def transfer_to_queue(
    tx: Tx, id: int, queue: int, author: Author, desk: Desk, *, text: str, now: int
) -> None:
    """Give it to another queue: the same turn waits there, place kept."""
    row = _conversation(tx, id)
    item = work_items.live_of(tx, id)
    conversations.hand_over(tx, id, queue=queue, agent=None, now=now)
    if item is not None:
        mode = _mode(tx, desk, queue, item["channel"])
        giver = () if author.agent is None else (author.agent,)
        work_items.requeue(tx, item, queue=queue, mode=mode, excluded_agents=giver, now=now)
    elif row["status"] == "open":
        _wait(tx, row, queue, desk, now=now)
    _line(tx, row, "transferred", author, now=now, text=text, queue=queue)


def transfer_to_agent(tx: Tx, id: int, agent: int, author: Author, *, text: str, now: int) -> None:
    """Give it to a colleague: theirs at once, within capacity or not; people decide."""
    row = _conversation(tx, id)
    if agents.get(tx, agent) is None:
        raise LookupError("no such agent")
    item = work_items.live_of(tx, id)
    if item is not None:
        work_items.take(tx, item, agent, how="transfer", now=now)
    else:
        conversations.hand_over(tx, id, queue=None, agent=agent, now=now)
    _line(tx, row, "transferred", author, now=now, text=text, agent=agent)


def resolve(tx: Tx, id: int, author: Author, *, now: int) -> None:
    """The matter is done: its turn ends, nobody waits, nobody owns it."""
    _close(tx, id, "resolved", author, now=now)


def spam(tx: Tx, id: int, author: Author, *, now: int) -> None:
    """Nothing to answer, and its sender is blocked; ``reopen`` undoes both."""
    row = _close(tx, id, "spam", author, now=now)
    tx.run("UPDATE identity SET blocked_at = :now WHERE id = :i", now=now, i=row["identity"])
    events.append(tx, "contact.changed", row["contact"], contact=row["contact"], now=now)


def _close(tx: Tx, id: int, status: str, author: Author, *, now: int) -> Row:
    row = _conversation(tx, id)
    if row["status"] == status:
        return row
    item = work_items.live_of(tx, id)
    if item is not None:
        work_items.end(tx, item, "cancelled", now=now)
    conversations.set_status(tx, id, status, now=now)
    _line(tx, row, status, author, now=now)
    return row


def reopen(tx: Tx, id: int, author: Author, desk: Desk, *, now: int) -> None:
    """It is not done after all: open again, and theirs; whoever takes no work puts it in line."""
    row = _conversation(tx, id)
    if row["status"] == "open":
        return
    if row["status"] == "spam":
        tx.run("UPDATE identity SET blocked_at = NULL WHERE id = :i", i=row["identity"])
    conversations.set_status(tx, id, "open", now=now)
    owner = row["agent"] or author.agent
    conversations.hand_over(tx, id, queue=None, agent=owner, now=now)
    if owner is None and (queue := _queue_of(row, desk)) is not None:
        _wait(tx, row, queue, desk, now=now)
    tx.run("DELETE FROM timer WHERE kind = 'snooze' AND subject = :id", id=id)
    _line(tx, row, "reopened", author, now=now)


def snooze(tx: Tx, id: int, until: int, author: Author, *, now: int) -> None:
    """Out of sight until then; a message from the customer wakes it sooner."""
    row = _conversation(tx, id)
    if row["status"] in conversations.CLOSED:
        raise NotPossible("it is closed")
    item = work_items.live_of(tx, id)
    if item is not None:
        work_items.end(tx, item, "cancelled", now=now)
    conversations.set_status(tx, id, "snoozed", snoozed_until=until, now=now)
    tx.run(
        """
        INSERT INTO timer (due, kind, subject) VALUES (:due, 'snooze', :id)
        ON CONFLICT (kind, subject) DO UPDATE SET due = excluded.due
        """,
        due=until,
        id=id,
    )
    _line(tx, row, "snoozed", author, now=now, until=until)


def wake(tx: Tx, id: int, desk: Desk, *, now: int) -> None:
    """A snoozed matter is due: back to its owner, or into its queue with the old place."""
    row = _conversation(tx, id)
    if row["status"] != "snoozed":
        return
    conversations.set_status(tx, id, "open", now=now)
    queue = _queue_of(row, desk)
    if queue is not None and (row["waiting_since"] is not None or row["agent"] is None):
        _wait(tx, row, queue, desk, now=now)
    _line(tx, row, "woken", None, now=now)


def _queue_of(row: Row, desk: Desk) -> int | None:
    return row["queue"] if row["queue"] in desk.queues else next(iter(desk.queues), None)


def _wait(tx: Tx, row: Row, queue: int, desk: Desk, *, now: int) -> None:
    """Somebody owes this matter an answer and nobody has the turn: it waits, in its old place."""
    before = tx.one(
        "SELECT units FROM work_item WHERE conversation = :c ORDER BY id DESC LIMIT 1", c=row["id"]
    )
    work_items.enqueue(
        tx,
        conversation=row["id"],
        channel=row["channel"],
        queue=queue,
        mode=_mode(tx, desk, queue, row["channel"]) or Mode.PUSH.value,
        units=before["units"] if before is not None else DEFAULT_UNITS[Medium.MESSAGE],
        order_key=(row["waiting_since"] or now) - row["priority"] * SECOND,
        preferred_agent=row["agent"] or row["last_agent"],
        rule_version=desk.version,
        now=now,
    )


def _mode(tx: Tx, desk: Desk, queue: int, channel: int) -> str | None:
    """How this channel's items reach an agent of that queue, if the queue says so."""
    known, row = desk.queues.get(queue), channels.get(tx, channel)
    if known is None or row is None:
        return None
    return known.modes.get(row["name"]) or known.modes.get(row["kind"]) or known.modes.get("*")


def accept(tx: Tx, offer: int, agent: int, *, now: int) -> int:
    """Take an offer; the conversation's id. Raises ClaimLost (somebody was faster, or too late)."""
    item = work_items.accept(tx, offer, agent, now=now)
    return int(item["conversation"])


def decline(tx: Tx, offer: int, agent: int, reason: str, *, now: int) -> None:
    """Pass on an offer: it goes to the next. Raises ClaimLost."""
    work_items.refuse(tx, offer, "declined", reason, agent=agent, now=now)


def expire(tx: Tx, offer: int, *, voice: bool, now: int) -> None:
    """Nobody reacted in time: the item waits again; who misses too often is set to away."""
    try:
        settled = work_items.refuse(tx, offer, "expired", "", now=now)
    except ClaimLost:
        return
    missed = agents.missed_offer(tx, settled["agent"])
    if goes_away(missed, voice=voice):
        agents.set_presence(tx, settled["agent"], "away", "missed", lease_until=None, now=now)
        withdraw_offers(tx, settled["agent"], now=now)


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
    for row in work_items.pending_offers(tx, agent):
        work_items.refuse(tx, row["id"], "withdrawn", "agent left", now=now)


def release_absent(tx: Tx, agent: int, of: Collection[int], desk: Desk, *, now: int) -> int:
    """An owner has been gone for too long: on these channels (ids) their turns wait again, with
    their old place, and their matters lose the owner. How many turns."""
    row = agents.get(tx, agent)
    if row is None or row["presence"] == "available":
        return 0
    items = [item for item in work_items.abandoned_by(tx, agent) if item["channel"] in of]
    for item in items:
        work_items.requeue(tx, item, now=now)
    for one in conversations.owned(tx, agent):
        if one["channel"] not in of:
            continue
        conversations.hand_over(tx, one["id"], queue=None, agent=None, now=now)
        if one["status"] == "open" and one["queue"] in desk.queues:
            _wait(tx, one, one["queue"], desk, now=now)
    return len(items)


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


def set_consent(tx: Tx, identity: int, state: str, author: Author, *, now: int) -> None:
    """An agent records what a person said about being written to."""
    if state == "withdrawn":
        consents.record(tx, identity, None, "withdrawn", source=author.actor, now=now)
    else:
        consents.record(tx, identity, None, "granted", source=author.actor, now=now)
