"""Work items: one turn of a conversation, from the queue through an offer to an agent's hands.

Every move is a compare-and-set of the item's state in one transaction with the agent's units, the
offer and the event. Losing one is a normal outcome: ``ClaimLost``, and nothing has happened.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from storage import agents, conversations, events

if TYPE_CHECKING:
    from storage.db import Row, Tx

LIVE = ("queued", "offered", "connecting", "active", "held", "deferred", "wrapping")
CHARGED = ("offered", "connecting", "active", "held", "wrapping")
_CHARGED = "('offered', 'connecting', 'active', 'held', 'wrapping')"
_LIVE = "('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')"


class ClaimLost(Exception):
    """The item, the offer or the agent is no longer what the claim was made for."""


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def excluded(item: Row) -> frozenset[int]:
    """The agents who had this item and did not take it."""
    return frozenset(msgspec.json.decode(item["excluded"], type=list[int]))


def enqueue(
    tx: Tx,
    *,
    conversation: int,
    channel: int,
    queue: int,
    mode: str,
    units: int,
    order_key: int,
    preferred_agent: int | None,
    rule_version: int,
    now: int,
) -> int | None:
    """A new turn waits. None if the conversation has a live one, which the message joins."""
    found = tx.insert_new(
        """
        INSERT INTO work_item (conversation, channel, queue, mode, state, order_key, units,
          preferred_agent, rule_version, entered_at, queued_at)
        VALUES (:conversation, :channel, :queue, :mode, 'queued', :order_key, :units,
          :preferred_agent, :rule_version, :now, :now)
        ON CONFLICT DO NOTHING
        """,
        conversation=conversation,
        channel=channel,
        queue=queue,
        mode=mode,
        units=units,
        order_key=order_key,
        preferred_agent=preferred_agent,
        rule_version=rule_version,
        now=now,
    )
    if found is None:
        return None
    events.append(
        tx, "item.changed", found, conversation=conversation, queue=queue, now=now, state="queued"
    )
    return found


def get(tx: Tx, id: int) -> Row | None:
    """One work item with the owner of its conversation."""
    return tx.one(
        """
        SELECT w.*, c.agent AS owner, c.contact FROM work_item w
        JOIN conversation c ON c.id = w.conversation WHERE w.id = :id
        """,
        id=id,
    )


def live_of(tx: Tx, conversation: int) -> Row | None:
    """The turn that is under way in a conversation, if any."""
    return tx.one(
        f"SELECT * FROM work_item WHERE conversation = :c AND state IN {_LIVE}", c=conversation
    )


def waiting(tx: Tx) -> list[Row]:
    """All items that wait for an agent, in order: what the router is rebuilt from."""
    return tx.all(
        f"""
        SELECT w.*, c.agent AS owner, c.contact FROM work_item w
        JOIN conversation c ON c.id = w.conversation
        WHERE w.state IN {_LIVE} AND w.state = 'queued' ORDER BY w.order_key, w.id
        """
    )


def offer(
    tx: Tx, item: int, agent: int, *, expires_at: int, why: Mapping[str, Any], now: int
) -> int:
    """Propose an item to one agent; the offer's id. Raises ClaimLost."""
    row = _claim(tx, item, agent, "offered", overload=False, now=now)
    id = int(
        tx.value(
            """
            INSERT INTO offer (work_item, agent, state, made_at, expires_at)
            VALUES (:item, :agent, 'pending', :now, :expires_at) RETURNING id
            """,
            item=item,
            agent=agent,
            expires_at=expires_at,
            now=now,
        )
    )
    _set_why(tx, item, why)
    events.append(
        tx, "offer.made", id, conversation=row["conversation"], agent=agent, now=now, item=item
    )
    conversations.changed(tx, row["conversation"], now=now)
    return id


def assign(
    tx: Tx, item: int, agent: int, *, how: str, overload: bool, why: Mapping[str, Any], now: int
) -> None:
    """Hand an item to an agent at once. Raises ClaimLost."""
    row = _claim(tx, item, agent, "active", overload=overload, now=now)
    _set_why(tx, item, why)
    _own(tx, row, agent, how, why, now=now)


def _claim(tx: Tx, item: int, agent: int, state: str, *, overload: bool, now: int) -> Row:
    row = tx.one(
        """
        UPDATE work_item SET state = :state, agent = :agent,
          assigned_at = CASE WHEN :active THEN :now ELSE assigned_at END
        WHERE id = :item AND state = 'queued'
          AND (:overload OR EXISTS (SELECT 1 FROM queue_agent qa
               WHERE qa.queue = work_item.queue AND qa.agent = :agent))
        RETURNING *
        """,
        state=state,
        agent=agent,
        item=item,
        active=state == "active",
        overload=overload,
        now=now,
    )
    if row is None:
        raise ClaimLost(f"item {item} is not waiting")
    if not agents.charge(tx, agent, row["units"], overload=overload, now=now):
        raise ClaimLost(f"agent {agent} has no room")
    _say(tx, row, now=now)
    return row


def _set_why(tx: Tx, item: int, why: Mapping[str, Any]) -> None:
    tx.run("UPDATE work_item SET why = :why WHERE id = :id", why=_json(why), id=item)


def _own(tx: Tx, item: Row, agent: int, how: str, why: Mapping[str, Any], *, now: int) -> None:
    tx.run(
        "UPDATE conversation SET agent = :agent, last_agent = :agent WHERE id = :id",
        agent=agent,
        id=item["conversation"],
    )
    tx.run(
        """
        INSERT INTO assignment (work_item, conversation, agent, how, reason, started_at)
        VALUES (:item, :conversation, :agent, :how, :reason, :now)
        """,
        item=item["id"],
        conversation=item["conversation"],
        agent=agent,
        how=how,
        reason=_json(why),
        now=now,
    )
    conversations.changed(tx, item["conversation"], now=now)


def _say(tx: Tx, item: Row, *, now: int) -> None:
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
    agents.answered(tx, agent)
    _say(tx, item, now=now)
    _own(tx, item, agent, "offer", {"offer": offer_id}, now=now)
    return item


def refuse(
    tx: Tx, offer_id: int, state: str, reason: str, *, agent: int | None = None, now: int
) -> Row:
    """An offer was declined, ran out or is withdrawn: the item waits again, with its old key.

    ``state``: ``declined``, ``expired`` or ``withdrawn``. Raises ClaimLost.
    """
    settled = _settle_offer(tx, offer_id, state, reason, agent=agent, now=now)
    item = get(tx, settled["work_item"])
    if item is None or item["state"] != "offered":
        raise ClaimLost(f"offer {offer_id} has no item")
    away = excluded(item) | ({settled["agent"]} if state != "withdrawn" else set())
    if state == "declined":
        agents.answered(tx, settled["agent"])
    requeue(tx, item, excluded_agents=away, now=now)
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


def requeue(
    tx: Tx,
    item: Row,
    *,
    queue: int | None = None,
    mode: str | None = None,
    preferred: int | None = None,
    excluded_agents: Collection[int] = (),
    now: int,
) -> None:
    """Back into a queue, place kept: the order key never changes."""
    if item["state"] in CHARGED and item["agent"] is not None:
        agents.release(tx, item["agent"], item["units"], now=now)
    if item["state"] == "offered":
        _withdraw_offers(tx, item["id"], now=now)
    row = tx.one(
        f"""
        UPDATE work_item SET state = 'queued', agent = NULL, queued_at = :now,
          queue = COALESCE(CAST(:queue AS BIGINT), queue), mode = COALESCE(:mode, mode),
          preferred_agent = COALESCE(CAST(:preferred AS BIGINT), preferred_agent),
          excluded = :excluded, deferred_until = NULL
        WHERE id = :id AND state IN {_LIVE} RETURNING *
        """,
        id=item["id"],
        queue=queue,
        mode=mode,
        preferred=preferred,
        excluded=_json(sorted(excluded_agents)),
        now=now,
    )
    if row is None:
        raise ClaimLost(f"item {item['id']} has ended")
    if row["queue"] != item["queue"]:
        _say(tx, item, now=now)  # one less waits there
    _say(tx, row, now=now)
    conversations.changed(tx, row["conversation"], now=now)


def _withdraw_offers(tx: Tx, item: int, *, now: int) -> None:
    for row in tx.all(
        """
        UPDATE offer SET state = 'withdrawn', settled_at = :now
        WHERE work_item = :item AND state = 'pending' RETURNING id, agent
        """,
        item=item,
        now=now,
    ):
        events.append(tx, "offer.ended", row["id"], agent=row["agent"], now=now, state="withdrawn")


def take(tx: Tx, item: Row, agent: int, *, how: str, now: int) -> None:
    """A person takes an item, or is handed one: the same claim, their own decision."""
    if item["state"] in CHARGED:
        requeue(tx, item, now=now)
    row = tx.one(
        """
        UPDATE work_item SET state = 'active', agent = :agent, assigned_at = :now
        WHERE id = :id AND state IN ('queued', 'deferred') RETURNING *
        """,
        id=item["id"],
        agent=agent,
        now=now,
    )
    if row is None:
        raise ClaimLost(f"item {item['id']} is not waiting")
    agents.charge_anyway(tx, agent, row["units"], now=now)
    _say(tx, row, now=now)
    _own(tx, row, agent, how, {"how": how}, now=now)


def end(tx: Tx, item: Row, state: str, *, now: int) -> None:
    """The turn is over: ``completed`` by an answer, ``cancelled`` by resolve, ``abandoned``."""
    if item["state"] == "offered":
        _withdraw_offers(tx, item["id"], now=now)
    if item["state"] in CHARGED and item["agent"] is not None:
        agents.release(tx, item["agent"], item["units"], now=now)
    row = tx.one(
        f"""
        UPDATE work_item SET state = :state, ended_at = :now
        WHERE id = :id AND state IN {_LIVE} RETURNING *
        """,
        id=item["id"],
        state=state,
        now=now,
    )
    if row is None:
        raise ClaimLost(f"item {item['id']} has ended")
    _say(tx, row, now=now)


def between(tx: Tx, first: int, last: int) -> list[Row]:
    """The items that wait, of a range of ids."""
    return tx.all(
        """
        SELECT w.*, c.agent AS owner, c.contact FROM work_item w
        JOIN conversation c ON c.id = w.conversation
        WHERE w.id BETWEEN :first AND :last AND w.state = 'queued'
        """,
        first=first,
        last=last,
    )


def offers_due(tx: Tx, now: int) -> list[Row]:
    """Offers whose time has run out."""
    return tx.all(
        "SELECT * FROM offer WHERE state = 'pending' AND expires_at <= :now ORDER BY expires_at, id",
        now=now,
    )


def pending_offers(tx: Tx, agent: int) -> list[Row]:
    """Offers that wait for this agent's answer."""
    return tx.all(
        "SELECT * FROM offer WHERE state = 'pending' AND agent = :agent ORDER BY id", agent=agent
    )


def abandoned_by(tx: Tx, agent: int) -> list[Row]:
    """The items that an agent holds: what is put back when they are gone."""
    return tx.all(
        f"SELECT * FROM work_item WHERE agent = :agent AND state IN {_CHARGED} ORDER BY id",
        agent=agent,
    )
