"""The one way by which an item reaches an agent: offered, pushed, taken or handed over.

A claim checks again, on the rows and in one transaction, what the matcher decided in memory: the
item still waits, the agent serves it and has the skills that its step asks for, is present, and
has the units and the room for one more of its kind. What cannot wait parks what can. Only an
owner's own turn and what a person does may exceed the capacity; that is noted and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from storage import agents, conversations, events, item_log, parking, skills, work_items
from storage.errors import ClaimLost

if TYPE_CHECKING:
    from storage.db import Row, Tx


def offer(
    tx: Tx,
    item: int,
    agent: int,
    *,
    expires_at: int,
    why: Mapping[str, Any],
    by: int = 0,
    now: int,
) -> int:
    """Propose an item to one agent; the offer's id. ``by``: the router's epoch. Raises ClaimLost."""
    reasons = _json(why)
    row = _claim(tx, item, agent, "offered", reasons, own=False, by=by, now=now)
    id = int(
        tx.value(
            """
            INSERT INTO offer (work_item, agent, state, made_at, expires_at, why)
            VALUES (:item, :agent, 'pending', :now, :expires_at, :why) RETURNING id
            """,
            item=item,
            agent=agent,
            expires_at=expires_at,
            why=reasons,
            now=now,
        )
    )
    events.append(
        tx, "offer.made", id, conversation=row["conversation"], agent=agent, now=now, item=item
    )
    conversations.changed(tx, row["conversation"], now=now)
    return id


def assign(
    tx: Tx,
    item: int,
    agent: int,
    *,
    how: str,
    overload: bool,
    why: Mapping[str, Any],
    by: int = 0,
    now: int,
) -> None:
    """Hand an item to an agent at once. ``overload``: it is a turn of their own; ``by``: the
    router's epoch. Raises ClaimLost."""
    row = _claim(tx, item, agent, "active", _json(why), own=overload, by=by, now=now)
    _own(tx, row, agent, how, why, now=now)


_TAKE: Final = """
UPDATE work_item SET state = :state, agent = :agent, why = :why,
  assigned_at = CASE WHEN :active THEN :now ELSE assigned_at END
WHERE id = :item AND state = 'queued'
  AND (:own OR plan <> '{}' OR EXISTS (SELECT 1 FROM queue_agent qa
       WHERE qa.queue = work_item.queue AND qa.agent = :agent))
RETURNING *
"""
_TAKE_AND_CHARGE: Final = f"""
WITH taken AS ({_TAKE}), charged AS (
  UPDATE agent SET used = agent.used + taken.units,
    soft = agent.soft + CASE WHEN taken.interruptible AND :active THEN taken.units ELSE 0 END,
    idle_since = :now, last_assigned = :now
  FROM taken WHERE agent.id = :agent AND {agents.PRESENT}
    AND (:own OR agent.used + taken.units
         - CASE WHEN taken.interruptible THEN 0 ELSE agent.soft + agent.parked END <= agent.capacity)
  RETURNING agent.used, agent.soft, agent.parked, agent.capacity, agent.limits
)
SELECT taken.*, charged.used, charged.soft, charged.parked, charged.capacity, charged.limits
FROM taken LEFT JOIN charged ON TRUE
"""
"""PostgreSQL, where a claim costs what its round trips cost: the same as two statements."""


def _claim(
    tx: Tx, item: int, agent: int, state: str, why: str, *, own: bool, by: int, now: int
) -> Row:
    given = {
        "state": state, "agent": agent, "why": why, "item": item, "active": state == "active",
        "own": own, "now": now,
    }  # fmt: skip
    at_once = tx.engine == "postgres"
    row = tx.one(_TAKE_AND_CHARGE if at_once else _TAKE, **given)
    if row is None:
        raise ClaimLost(f"item {item} is not waiting")
    if not own and row["plan"] != "{}":
        _check_step(tx, row, agent)
    counters = row if at_once else agents.charge(tx, agent, row, overload=own, now=now)
    if counters is None or counters["used"] is None:
        raise ClaimLost(f"agent {agent} has no room")
    agents.changed(tx, agent, by=by, now=now)
    if not own and counters["limits"] != "{}":
        _check_limit(tx, row, agent, counters["limits"])
    _settle_load(tx, row, agent, counters, now=now)
    work_items.say(tx, row, now=now)
    return row


def _check_step(tx: Tx, item: Row, agent: int) -> None:
    """The agent is of one of the step's queues and has its skills. Raises ClaimLost."""
    step = work_items.plan_of(item).step(item["step"])
    if agents.queues_of_one(tx, agent).isdisjoint({item["queue"], *step.also_queues}):
        raise ClaimLost(f"agent {agent} does not serve item {item['id']}")
    if step.require:
        levels = skills.of_agent(tx, agent)
        if any(levels.get(need.skill, 0) < need.min for need in step.require):
            raise ClaimLost(f"agent {agent} has not the skills for item {item['id']}")


def _check_limit(tx: Tx, item: Row, agent: int, limits: str) -> None:
    """No more of this kind than the agent may have at once. Raises ClaimLost.

    Asked after the agent's row is locked by the charge: two claims at once see each other.
    """
    kind = tx.value("SELECT kind FROM channel WHERE id = :id", id=item["channel"])
    most = msgspec.json.decode(limits, type=dict[str, int]).get(kind)
    if most is not None and counts(tx, agent).get(kind, 0) > most:
        raise ClaimLost(f"agent {agent} has {most} of {kind} already")


def counts(tx: Tx, agent: int) -> dict[str, int]:
    """Channel kind -> how many live items and offers an agent has."""
    rows = tx.all(
        """
        SELECT ch.kind, COUNT(*) AS n FROM work_item w JOIN channel ch ON ch.id = w.channel
        WHERE w.agent = :agent
          AND w.state IN ('offered', 'connecting', 'active', 'held', 'wrapping')
        GROUP BY ch.kind ORDER BY ch.kind
        """,
        agent=agent,
    )
    return {row["kind"]: row["n"] for row in rows}


def _settle_load(tx: Tx, item: Row, agent: int, counters: Row, *, now: int) -> None:
    """After a charge: park what makes way; what is still too much is noted."""
    if not item["interruptible"]:
        parking.make_room(tx, agent, counters, item["id"], now=now)
        weighs = counters["used"] - counters["soft"] - counters["parked"]
    else:
        weighs = counters["used"]
    if weighs > counters["capacity"]:
        item_log.append(tx, item["id"], "overload", "hub", now=now, agent=agent, units=weighs)
        events.append(tx, "agent.overloaded", agent, agent=agent, now=now, item=item["id"])


_ASSIGN: Final = """
INSERT INTO assignment (work_item, conversation, agent, how, reason, started_at)
VALUES (:item, :conversation, :agent, :how, :reason, :now)
"""
_OWN: Final = """
UPDATE conversation SET agent = :agent, last_agent = :agent WHERE id = :conversation
RETURNING contact, queue
"""
_OWN_AND_ASSIGN: Final = f"""
WITH mine AS ({_OWN}), said AS ({_ASSIGN}) SELECT contact, queue FROM mine
"""
"""PostgreSQL: in one round trip."""


def _own(tx: Tx, item: Row, agent: int, how: str, why: Mapping[str, Any], *, now: int) -> None:
    """The conversation is the agent's, and it is kept why."""
    owned = {"agent": agent, "conversation": item["conversation"]}
    said = {"item": item["id"], "how": how, "reason": _json(why), "now": now}
    if tx.engine == "postgres":
        row = tx.one(_OWN_AND_ASSIGN, **owned, **said)
    else:
        row = tx.one(_OWN, **owned)
        tx.run(_ASSIGN, **owned, **said)
    if row is not None:
        events.append(
            tx, "conversation.changed", item["conversation"], conversation=item["conversation"],
            contact=row["contact"], queue=row["queue"], agent=agent, now=now,
        )  # fmt: skip


def accept(tx: Tx, offer_id: int, agent: int, *, now: int) -> Row:
    """The agent takes the offer. Raises ClaimLost if it is gone or somebody else's."""
    settled = _settle_offer(tx, offer_id, "accepted", "", agent=agent, now=now)
    item = tx.one(
        """
        UPDATE work_item SET state = 'active', assigned_at = :now
        WHERE id = :id AND state = 'offered' AND agent = :agent RETURNING *
        """,
        id=settled["work_item"],
        agent=agent,
        now=now,
    )
    if item is None:
        raise ClaimLost(f"offer {offer_id} has no item")
    units, soft = item["units"], bool(item["interruptible"])
    before = agents.load("offered", units, interruptible=soft)
    agents.shift(tx, agent, work_items.load_of(item) - before, now=now)
    agents.accepted(tx, agent, now=now)
    work_items.say(tx, item, now=now)
    why = msgspec.json.decode(settled["why"], type=dict[str, Any])
    _own(tx, item, agent, "offer", {**why, "offer": offer_id}, now=now)
    return item


def refuse(
    tx: Tx, offer_id: int, state: str, reason: str, *, agent: int | None = None, now: int
) -> Row:
    """An offer was declined, ran out or is withdrawn: the item waits again, with its old key.

    ``state``: ``declined``, ``expired`` or ``withdrawn``. The offer as it was settled. Raises
    ClaimLost.
    """
    settled = _settle_offer(tx, offer_id, state, reason, agent=agent, now=now)
    item = work_items.get(tx, settled["work_item"])
    if item is None or item["state"] != "offered":
        raise ClaimLost(f"offer {offer_id} has no item")
    passed = work_items.excluded(item) | ({settled["agent"]} if state != "withdrawn" else set())
    if state == "declined":
        agents.answered(tx, settled["agent"])
    work_items.requeue(tx, item, work_items.Change(excluded=passed), now=now)
    return settled


def _settle_offer(
    tx: Tx, offer_id: int, state: str, reason: str, *, agent: int | None, now: int
) -> Row:
    row = tx.one(
        """
        UPDATE offer SET state = :state, reason = :reason, settled_at = :now
        WHERE id = :id AND state = 'pending'
          AND (CAST(:agent AS BIGINT) IS NULL OR agent = :agent)
        RETURNING *
        """,
        state=state,
        reason=reason,
        id=offer_id,
        agent=agent,
        now=now,
    )
    if row is None:
        raise ClaimLost(f"offer {offer_id} is settled")
    events.append(tx, "offer.ended", offer_id, agent=row["agent"], now=now, state=state)
    return row


def take(tx: Tx, item: Row, agent: int, *, how: str, now: int) -> None:
    """A person takes an item, or is handed one: the same claim, their own decision."""
    if item["state"] != "queued" and item["state"] != "deferred":
        item = work_items.requeue(tx, item, now=now)
    row = tx.one(
        """
        UPDATE work_item SET state = 'active', agent = :agent, assigned_at = :now,
          deferred_until = NULL
        WHERE id = :id AND state = :before RETURNING *
        """,
        id=item["id"],
        before=item["state"],
        agent=agent,
        now=now,
    )
    if row is None:
        raise ClaimLost(f"item {item['id']} is not waiting")
    counters = agents.charge_anyway(tx, agent, work_items.load_of(row), now=now)
    if counters is None:
        raise ClaimLost(f"agent {agent} is gone")
    agents.begin_grace(tx, agent, now=now)
    _settle_load(tx, row, agent, counters, now=now)
    work_items.say(tx, row, now=now)
    _own(tx, row, agent, how, {"how": how}, now=now)


def offers_due(tx: Tx, now: int) -> list[Row]:
    """Offers whose time has run out."""
    return tx.all(
        """
        SELECT o.*, w.channel FROM offer o JOIN work_item w ON w.id = o.work_item
        WHERE o.state = 'pending' AND o.expires_at <= :now ORDER BY o.expires_at, o.id
        """,
        now=now,
    )


def pending_offers(tx: Tx, agent: int) -> list[Row]:
    """Offers that wait for this agent's answer."""
    return tx.all(
        "SELECT * FROM offer WHERE state = 'pending' AND agent = :agent ORDER BY id", agent=agent
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
