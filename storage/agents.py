"""Agents: who serves which queue, who is here, and how much of their capacity is taken.

``used`` is a counter in the row (O(1) in a claim) and equals the sum of the units of the agent's
live work items; ``recount`` proves it at start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from storage import events

if TYPE_CHECKING:
    from storage.db import Row, Tx

Presence = Literal["offline", "available", "away"]

_SELECT = """
SELECT a.*, u.name, u.email, u.role FROM agent a JOIN user_account u ON u.id = a.user_id
"""


def get(tx: Tx, id: int) -> Row | None:
    """One agent with name and address."""
    return tx.one(f"{_SELECT} WHERE a.id = :id", id=id)


def of_user(tx: Tx, user: int) -> Row | None:
    """The agent that this user is, if any."""
    return tx.one(f"{_SELECT} WHERE a.user_id = :user AND a.active", user=user)


def everyone(tx: Tx) -> list[Row]:
    """All active agents."""
    return tx.all(f"{_SELECT} WHERE a.active ORDER BY a.id")


def queues_of_one(tx: Tx, id: int) -> frozenset[int]:
    """The queues that this agent serves."""
    rows = tx.all(
        "SELECT qa.queue FROM queue_agent qa JOIN queue q ON q.id = qa.queue "
        "WHERE q.active AND qa.agent = :id",
        id=id,
    )
    return frozenset(int(row["queue"]) for row in rows)


def set_presence(
    tx: Tx,
    id: int,
    presence: Presence,
    reason: str,
    *,
    lease_until: int | None,
    actor: str = "hub",
    now: int,
) -> bool:
    """Change an agent's presence; False if it was that already (the lease is renewed).

    ``actor``: who says so, as the audit names them (``user:ID``); ``hub`` for what nobody did.
    """
    before = tx.one("SELECT presence, reason FROM agent WHERE id = :id", id=id)
    if before is None:
        raise LookupError(f"no agent {id}")
    same = before["presence"] == presence and before["reason"] == reason
    if same:
        renew(tx, id, lease_until)
        return False
    tx.run(
        """
        UPDATE agent SET presence = :presence, reason = :reason, lease_until = :lease_until,
          present_since = :now,
          idle_since = CASE WHEN :came THEN :now ELSE idle_since END,
          missed = CASE WHEN :came THEN 0 ELSE missed END
        WHERE id = :id
        """,
        presence=presence,
        reason=reason,
        lease_until=lease_until,
        now=now,
        id=id,
        came=presence == "available",
    )
    _owner_timers(tx, id, came=presence == "available", now=now)
    tx.run(
        """
        INSERT INTO agent_state_log (agent, presence, reason, actor, at)
        VALUES (:agent, :presence, :reason, :actor, :now)
        """,
        agent=id,
        presence=presence,
        reason=reason,
        actor=actor,
        now=now,
    )
    changed(tx, id, now=now)
    return True


GRACE = {"owner_live": 15 * 60 * 1_000_000, "owner": 24 * 3600 * 1_000_000}
"""Timer kind -> how long an absent owner keeps what is theirs (µs): live channels, others."""


def _owner_timers(tx: Tx, id: int, *, came: bool, now: int) -> None:
    for kind, grace in GRACE.items():
        if came:
            tx.run("DELETE FROM timer WHERE kind = :kind AND subject = :id", kind=kind, id=id)
        else:
            tx.run(
                """
                INSERT INTO timer (due, kind, subject) VALUES (:due, :kind, :id)
                ON CONFLICT DO NOTHING
                """,
                due=now + grace,
                kind=kind,
                id=id,
            )


def renew(tx: Tx, id: int, lease_until: int | None) -> None:
    """The agent's browser is still there."""
    tx.run("UPDATE agent SET lease_until = :until WHERE id = :id", until=lease_until, id=id)


def expired(tx: Tx, now: int) -> list[Row]:
    """Agents whose browser has been gone for longer than their lease."""
    return tx.all(
        "SELECT id FROM agent WHERE presence <> 'offline' AND lease_until < :now", now=now
    )


def charge(tx: Tx, id: int, units: int, *, overload: bool, now: int) -> bool:
    """Take units of a present agent's capacity; False if they do not fit or nobody is there.
    Whoever gets work goes to the end of the line.

    ``overload``: it is the agent's own matter; the limit may be exceeded, presence still counts.
    """
    taken = tx.run(
        """
        UPDATE agent SET used = used + :units, idle_since = :now
        WHERE id = :id AND active AND presence = 'available'
          AND (lease_until IS NULL OR lease_until >= :now)
          AND (:overload OR used + :units <= capacity)
        """,
        id=id,
        units=units,
        overload=overload,
        now=now,
    )
    if taken:
        changed(tx, id, now=now)
    return bool(taken)


def charge_anyway(tx: Tx, id: int, units: int, *, now: int) -> None:
    """A person took the work on: their act counts, whatever the limit says."""
    tx.run(
        "UPDATE agent SET used = used + :units, idle_since = :now WHERE id = :id",
        id=id,
        units=units,
        now=now,
    )
    changed(tx, id, now=now)


def release(tx: Tx, id: int, units: int, *, now: int) -> None:
    """Give units back; the idle clock starts anew."""
    tx.run(
        "UPDATE agent SET used = used - :units, idle_since = :now WHERE id = :id",
        id=id,
        units=units,
        now=now,
    )
    changed(tx, id, now=now)


def missed_offer(tx: Tx, id: int) -> int:
    """Count a missed offer; how many in a row it is now."""
    return int(
        tx.value("UPDATE agent SET missed = missed + 1 WHERE id = :id RETURNING missed", id=id)
    )


def answered(tx: Tx, id: int) -> None:
    """The agent reacted: missed offers are forgotten."""
    tx.run("UPDATE agent SET missed = 0 WHERE id = :id AND missed > 0", id=id)


def changed(tx: Tx, id: int, *, now: int) -> None:
    """Say that an agent is not what they were."""
    events.append(tx, "agent.changed", id, agent=id, now=now)


def recount(tx: Tx) -> int:
    """Set every ``used`` to the true sum; how many were wrong (a bug metric: should be 0)."""
    return tx.run(
        """
        UPDATE agent SET used = COALESCE((
          SELECT CAST(SUM(w.units) AS BIGINT) FROM work_item w WHERE w.agent = agent.id
            AND w.state IN ('offered', 'connecting', 'active', 'held', 'wrapping')), 0)
        WHERE used <> COALESCE((
          SELECT CAST(SUM(w.units) AS BIGINT) FROM work_item w WHERE w.agent = agent.id
            AND w.state IN ('offered', 'connecting', 'active', 'held', 'wrapping')), 0)
        """
    )
