"""What still needs a queue, an agent or a skill that is to go: named, or moved by an explicit choice.

``Order.moves`` says to what: a queue's name to another's, a skill's to another's, an agent's address
to a colleague's or to a queue. Moved turns keep their place in line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from hub.modes import mode_in, mode_of
from hub.queue import read as read_queue
from routing.plan import Plan
from storage import agents, claims, conversations, item_log, queues, skills, work_items
from storage.work_items import Change

if TYPE_CHECKING:
    from storage.db import Row, Tx

SHOWN: Final = 5


def words(items: Sequence[Row], what: str, name: str) -> str:
    """``billing cannot go: 7 turns need it (conversations 3, 4, …); …``."""
    some = ", ".join(str(item["conversation"]) for item in items[:SHOWN])
    more = ", …" if len(items) > SHOWN else ""
    turns_need = "1 turn needs" if len(items) == 1 else f"{len(items)} turns need"
    return (
        f"{name} cannot go: {turns_need} it (conversations {some}{more}); "
        f"move them with --move {name}={what}"
    )


def of_queue(tx: Tx, id: int) -> list[Row]:
    """The live turns that wait or are worked on in a queue, or whose plans name it."""
    return [item for item in queues.live(tx) if item["queue"] == id or _names(item, id)]


def _names(item: Row, queue: int) -> bool:
    if item["plan"] == "{}":
        return False
    plan = work_items.plan_of(item)
    return plan.overflow == queue or any(queue in step.also_queues for step in plan.steps)


def move_queue(tx: Tx, id: int, other: int, modes: dict[str, str], by: str, *, now: int) -> None:
    """All that a queue has goes to another one, in its state and with its place."""
    for item in of_queue(tx, id):
        plan, here = work_items.plan_of(item).with_queue(id, other), item["queue"] == id
        mode = mode_in(modes, item["channel_name"], item["kind"]) if here else None
        queue = other if here else item["queue"]
        work_items.replace(tx, item, queue=queue, mode=mode, plan=plan, now=now)
        item_log.append(tx, item["id"], "requeue", by, now=now, before=id, queue=other)
    tx.run("UPDATE conversation SET queue = :other WHERE queue = :id", other=other, id=id)


def of_agent(tx: Tx, agent: int) -> list[Row]:
    """The turns in an agent's hands: offers are only withdrawn, and need nobody's choice."""
    return [item for item in work_items.abandoned_by(tx, agent) if item["state"] != "offered"]


def move_agent(tx: Tx, agent: int, to: Row | None, queue: Row | None, *, now: int) -> None:
    """What an agent has and owns goes to a colleague, or waits again: in ``queue``, or in its own
    where that is None. What is only offered to them is not theirs, and waits on where it is."""
    for item in work_items.abandoned_by(tx, agent):
        if item["state"] == "wrapping":
            work_items.end(tx, item, "completed", now=now)
        elif item["state"] == "offered":
            kept = Change(excluded=work_items.excluded(item))
            work_items.requeue(tx, item, kept, now=now)
        elif to is not None:
            claims.take(tx, item, to["id"], how="transfer", now=now)
        else:
            work_items.requeue(tx, item, _into(tx, item, queue), now=now)
    heir = None if to is None else int(to["id"])
    there = None if queue is None else int(queue["id"])
    for row in conversations.owned(tx, agent):
        conversations.hand_over(tx, row["id"], queue=there, agent=heir, now=now)


def _into(tx: Tx, item: Row, queue: Row | None) -> Change:
    """Into another queue: in its way, and without the people that the plan asked its own for."""
    if queue is None or queue["id"] == item["queue"]:
        return Change()
    mode = mode_of(tx, read_queue(queue).modes, item["channel"])
    return Change(queue=queue["id"], mode=mode, plan=Plan())


def hand_over(tx: Tx, agent: int, heir: str, *, now: int) -> None:
    """What an agent has goes to ``heir``: a queue's name or a colleague's address.

    Raises LookupError.
    """
    queue = queues.by_name(tx, heir)
    if queue is not None and not queue["active"]:
        raise LookupError(heir)
    to = agent_named(tx, heir) if queue is None else None
    if (queue is None and to is None) or (to is not None and to["id"] == agent):
        raise LookupError(heir)
    move_agent(tx, agent, to, queue, now=now)


def agent_named(tx: Tx, email: str) -> Row | None:
    """Who takes work under this address."""
    return next((row for row in agents.everyone(tx) if row["email"] == email), None)


def of_skill(tx: Tx, name: str) -> list[Row]:
    """The waiting turns whose plans ask for a skill."""
    return skills.wanted_by(tx, name)
