"""Work items: one turn of a conversation, from the queue to an agent's hands and out of them.

Every move is a compare-and-set of the item's state in one transaction with the agent's units, the
offer and the event. Losing one is a normal outcome: ``ClaimLost``, and nothing has happened. How
an item reaches an agent is in ``claims``; what time does to it in ``steps``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import asdict

from routing.plan import Plan
from storage import agents, conversations, events, parking
from storage.agents import CHARGED
from storage.errors import ClaimLost
from storage.later import Table, Unique

if TYPE_CHECKING:
    from storage.db import Named, Row, Tx

LIVE: Final = ("queued", "offered", "connecting", "active", "held", "deferred", "wrapping")
_CHARGED = "('offered', 'connecting', 'active', 'held', 'wrapping')"
_LIVE = "('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')"
UNDER_WAY: Final = Unique(
    ("conversation",),
    f"SELECT 1 FROM work_item WHERE conversation = :conversation AND state IN {_LIVE}",
)
"""A conversation has one turn at a time."""
_AS_IT_WAS = f"state = :before AND COALESCE(agent, 0) = :holder AND state IN {_LIVE}"
_WITH_OWNER = """
SELECT w.*, c.agent AS owner, c.contact, ch.kind,
  (SELECT t.due FROM timer t WHERE t.kind = 'again' AND t.subject = w.id) AS again_at
FROM work_item w
JOIN conversation c ON c.id = w.conversation JOIN channel ch ON ch.id = w.channel
"""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A turn that begins; times are microseconds."""

    conversation: int
    channel: int
    queue: int
    mode: str
    units: int
    order_key: int
    preferred_agent: int | None
    rule_version: int
    preferred_at: int | None = None
    """When the preferred agent's matter last moved."""
    plan: str = "{}"
    """JSON of ``routing.plan.Plan``."""
    step_until: int | None = None
    """When the first step is over."""
    target: int | None = None
    """The wait to aim at."""
    weight: int = 100
    """Hundredths."""
    interruptible: bool = False
    deferred_until: int | None = None
    """Not before then (deflected while it was closed)."""


class ItemRow(Turn, frozen=True, kw_only=True, gc=False):
    """A row of ``work_item`` as it begins."""

    state: str
    entered_at: int
    queued_at: int


ITEMS: Final = Table("work_item", ItemRow, unique=(UNDER_WAY,))
_PLAIN = Plan()
_NOBODY: frozenset[int] = frozenset()


class Standing(msgspec.Struct, frozen=True, gc=False):
    """A turn that waits, as the router looks at it: of each message it is read once more."""

    id: int
    queue: int
    order_key: int
    units: int
    mode: str
    preferred_agent: int | None
    excluded: str
    plan: str
    step: int
    weight: int
    target: int | None
    interruptible: bool
    preferred_at: int | None
    owner: int | None
    kind: str
    """Of its channel."""
    again_at: int | None
    """When those who passed on it may be asked again."""


_OWN = Standing.__struct_fields__[: Standing.__struct_fields__.index("owner")]
_STANDING = f"""
SELECT {", ".join(f"w.{column}" for column in _OWN)}, c.agent, ch.kind,
  (SELECT t.due FROM timer t WHERE t.kind = 'again' AND t.subject = w.id)
FROM work_item w
JOIN conversation c ON c.id = w.conversation JOIN channel ch ON ch.id = w.channel
WHERE w.state = 'queued'
"""


def plan_of(item: Named) -> Plan:
    """The steps of an item."""
    return read_plan(item["plan"])


def read_plan(text: str) -> Plan:
    """The steps that a row's JSON names."""
    return _PLAIN if text == "{}" else Plan.of_json(msgspec.json.decode(text))


def excluded(item: Named) -> frozenset[int]:
    """The agents who had this item and did not take it."""
    return read_excluded(item["excluded"])


def read_excluded(text: str) -> frozenset[int]:
    """The agents that a row's JSON names."""
    return _NOBODY if text == "[]" else frozenset(msgspec.json.decode(text, type=list[int]))


def enqueue(tx: Tx, turn: Turn, *, first: bool = False, now: int) -> int | None:
    """A new turn waits. None if the conversation has a live one, which the message joins.

    ``first``: the conversation has just been opened and can have none.
    """
    state = "queued" if turn.deferred_until is None else "deferred"
    row = ItemRow(**asdict(turn), state=state, entered_at=now, queued_at=now)
    found = tx.insert_later(ITEMS, row) if first else tx.insert_new_later(ITEMS, row)
    if found is None:
        return None
    events.append(
        tx,
        "item.changed",
        found,
        conversation=turn.conversation,
        queue=turn.queue,
        now=now,
        state=state,
    )
    return int(found)


def get(tx: Tx, id: int) -> Row | None:
    """One work item with the owner of its conversation, the kind of its channel, and ``again_at``:
    when those who passed on it may be asked again."""
    return tx.one(f"{_WITH_OWNER} WHERE w.id = :id", id=id)


def under_way(tx: Tx, conversation: int) -> bool:
    """Whether the conversation has a turn that is not over."""
    return tx.taken(UNDER_WAY, conversation)


def live_of(tx: Tx, conversation: int) -> Row | None:
    """The turn that is under way in a conversation, if any."""
    return tx.one(
        f"SELECT * FROM work_item WHERE conversation = :c AND state IN {_LIVE}", c=conversation
    )


def waiting(tx: Tx) -> list[Standing]:
    """All items that wait for an agent, in order: what the router is rebuilt from."""
    rows = tx.all(f"{_STANDING} AND w.state IN {_LIVE} ORDER BY w.order_key, w.id")
    return [Standing(*row) for row in rows]


def waiting_ids(tx: Tx) -> list[int]:
    """The same, by id alone."""
    rows = tx.all(f"SELECT id FROM work_item WHERE state IN {_LIVE} AND state = 'queued'")
    return [int(row["id"]) for row in rows]


def between(tx: Tx, first: int, last: int) -> list[Standing]:
    """The items that wait, of a range of ids."""
    rows = tx.all(f"{_STANDING} AND w.id BETWEEN :first AND :last", first=first, last=last)
    return [Standing(*row) for row in rows]


def abandoned_by(tx: Tx, agent: int) -> list[Row]:
    """The items that an agent holds: what is put back when they are gone."""
    return tx.all(
        f"SELECT * FROM work_item WHERE agent = :agent AND state IN {_CHARGED} ORDER BY id",
        agent=agent,
    )


def say(tx: Tx, item: Row, *, now: int) -> None:
    """Tell that an item is not what it was."""
    events.append(
        tx,
        "item.changed",
        item["id"],
        conversation=item["conversation"],
        queue=item["queue"],
        agent=item["agent"],
        now=now,
        state=item["state"],
    )


def load_of(item: Row) -> agents.Load:
    """What it weighs on its agent as it is."""
    return agents.load(item["state"], item["units"], interruptible=bool(item["interruptible"]))


def free(tx: Tx, item: Row, *, now: int) -> None:
    """Give back what an item weighs on its agent, once it is no longer theirs; parked work of
    theirs goes on where there is room."""
    if item["state"] in CHARGED and item["agent"] is not None:
        counters = agents.release(tx, item["agent"], load_of(item), now=now)
        if counters is not None and counters["parked"]:
            parking.resume(tx, item["agent"], now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a turn that goes back into a queue takes with it; None: as it was."""

    queue: int | None = None
    mode: str | None = None
    units: int | None = None
    preferred: int | None = None
    plan: Plan | None = None
    """A new one, begun at its first step."""
    hops: int = 0
    """Moves made by rules and plans, to be added."""
    excluded: Collection[int] = ()


UNCHANGED: Final = Change()


def requeue(tx: Tx, item: Row, change: Change = UNCHANGED, *, now: int) -> Row:
    """Back into a queue, place kept: the order key never changes. The row then."""
    if item["state"] == "offered":
        withdraw_offers(tx, item["id"], now=now)
    plan = change.plan
    row = tx.one(
        f"""
        UPDATE work_item SET state = 'queued', agent = NULL, queued_at = :now,
          queue = COALESCE(CAST(:queue AS BIGINT), queue), mode = COALESCE(:mode, mode),
          units = COALESCE(CAST(:units AS BIGINT), units),
          preferred_agent = COALESCE(CAST(:preferred AS BIGINT), preferred_agent),
          plan = COALESCE(:plan, plan), hops = hops + :hops,
          step = CASE WHEN :anew THEN 0 ELSE step END,
          step_until = CASE WHEN :anew THEN CAST(:until AS BIGINT) ELSE step_until END,
          excluded = :excluded, deferred_until = NULL, wrap_until = NULL
        WHERE id = :id AND {_AS_IT_WAS} RETURNING *
        """,
        **_as_it_was(item),
        queue=change.queue,
        mode=change.mode,
        units=change.units,
        preferred=change.preferred,
        plan=None if plan is None else _json(plan.as_json()),
        anew=plan is not None,
        until=None if plan is None else plan.ends_at(0, now),
        hops=change.hops,
        excluded=_json(sorted(change.excluded)),
        now=now,
    )
    if row is None:
        raise ClaimLost(f"item {item['id']} is not {item['state']} any more")
    free(tx, item, now=now)
    if row["queue"] != item["queue"]:
        say(tx, item, now=now)  # one less waits there
    say(tx, row, now=now)
    conversations.changed(tx, row["conversation"], now=now)
    return row


def replace(tx: Tx, item: Row, *, queue: int, mode: str | None, plan: Plan, now: int) -> None:
    """Configuration moved it: another queue and plan, in the state and at the step it is in."""
    row = tx.one(
        f"""
        UPDATE work_item SET queue = :queue, mode = COALESCE(:mode, mode), plan = :plan
        WHERE id = :id AND {_AS_IT_WAS} RETURNING *
        """,
        **_as_it_was(item),
        queue=queue,
        mode=mode,
        plan=_json(plan.as_json()),
    )
    if row is None:
        raise ClaimLost(f"item {item['id']} is not {item['state']} any more")
    if row["queue"] != item["queue"]:
        say(tx, item, now=now)  # one less waits there
    say(tx, row, now=now)
    conversations.changed(tx, row["conversation"], now=now)


def withdraw_offers(tx: Tx, item: int, *, now: int) -> None:
    """Whoever it was proposed to need not answer any more."""
    for row in tx.all(
        """
        UPDATE offer SET state = 'withdrawn', settled_at = :now
        WHERE work_item = :item AND state = 'pending' RETURNING id, agent
        """,
        item=item,
        now=now,
    ):
        events.append(tx, "offer.ended", row["id"], agent=row["agent"], now=now, state="withdrawn")


def end(tx: Tx, item: Row, state: str, *, answered: bool = False, now: int) -> None:
    """The turn is over: ``completed`` by an answer, ``cancelled`` by resolve, ``abandoned``.

    ``answered``: a person has replied. Raises ClaimLost.
    """
    if item["state"] == "offered":
        withdraw_offers(tx, item["id"], now=now)
    row = tx.one(
        f"""
        UPDATE work_item SET state = :state, ended_at = :now, wrap_until = NULL,
          answered_at = CASE WHEN :answered THEN COALESCE(answered_at, :now) ELSE answered_at END
        WHERE id = :id AND {_AS_IT_WAS} RETURNING *
        """,
        **_as_it_was(item),
        state=state,
        answered=answered,
        now=now,
    )
    if row is None:
        raise ClaimLost(f"item {item['id']} has ended")
    free(tx, item, now=now)
    say(tx, row, now=now)


def set_key(tx: Tx, item: int, order_key: int, *, now: int) -> None:
    """Somebody gave it another head start: the one way in which a place in line changes."""
    row = tx.one(
        f"UPDATE work_item SET order_key = :key WHERE id = :id AND state IN {_LIVE} RETURNING *",
        id=item,
        key=order_key,
    )
    if row is None:
        raise ClaimLost(f"item {item} has ended")
    say(tx, row, now=now)


def set_target(tx: Tx, item: int, target: int) -> None:
    """It is to be answered by another time (µs of waiting); whoever moves it says that it moved."""
    tx.run("UPDATE work_item SET target = :target WHERE id = :id", target=target, id=item)


def _as_it_was(item: Row) -> dict[str, Any]:
    return {"id": item["id"], "before": item["state"], "holder": item["agent"] or 0}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
