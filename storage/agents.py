"""Agents: who is here, and how much of their capacity is taken.

``used``, ``soft`` and ``parked`` are counters in the row (O(1) in a claim) and equal the sums over
the agent's live work items; ``recount`` proves it at start, ``miscounted`` in production.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from storage import events

if TYPE_CHECKING:
    from storage.db import Row, Tx

Presence = Literal["offline", "available", "away"]

CHARGED: Final = frozenset({"offered", "connecting", "active", "held", "wrapping"})
"""The states in which an item's units count against its agent."""


@dataclass(frozen=True, slots=True)
class Load:
    """What an item, or a change of its state, adds to its agent's counters: units."""

    used: int = 0
    soft: int = 0
    """Of ``used``: interruptible, and being worked on. Makes way for what is not."""
    parked: int = 0
    """Of ``used``: interrupted. Weighs nothing until it is resumed."""

    def __sub__(self, other: Load) -> Load:
        return Load(self.used - other.used, self.soft - other.soft, self.parked - other.parked)


def load(state: str, units: int, *, interruptible: bool) -> Load:
    """What an item in this state weighs on its agent."""
    if state not in CHARGED:
        return Load()
    soft = interruptible and state == "active"
    return Load(units, units if soft else 0, units if state == "held" else 0)


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


def limits(tx: Tx, id: int) -> dict[str, int]:
    """Channel kind -> the most that an agent may have at once; what is not named has no limit."""
    text = tx.value("SELECT limits FROM agent WHERE id = :id", id=id)
    return msgspec.json.decode(text or "{}", type=dict[str, int])


def set_limits(tx: Tx, id: int, given: Mapping[str, int], *, now: int) -> None:
    """Set the most of each channel kind that an agent may have at once."""
    text = msgspec.json.encode(dict(sorted(given.items()))).decode()
    tx.run("UPDATE agent SET limits = :limits WHERE id = :id", id=id, limits=text)
    changed(tx, id, now=now)


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


def begin_grace(tx: Tx, id: int, *, now: int) -> None:
    """Something came into these hands by a person's choice: if nobody is there and the time of an
    absent owner is over, it begins again, so that nothing stays with them for good."""
    row = tx.one("SELECT presence FROM agent WHERE id = :id", id=id)
    if row is not None and row["presence"] != "available":
        _owner_timers(tx, id, came=False, now=now)


def renew(tx: Tx, id: int, lease_until: int | None) -> None:
    """The agent's browser is still there."""
    tx.run("UPDATE agent SET lease_until = :until WHERE id = :id", until=lease_until, id=id)


def expired(tx: Tx, now: int) -> list[Row]:
    """Agents whose browser has been gone for longer than their lease."""
    return tx.all(
        "SELECT id FROM agent WHERE presence <> 'offline' AND lease_until < :now", now=now
    )


PRESENT: Final = """agent.active AND agent.presence = 'available'
    AND (agent.lease_until IS NULL OR agent.lease_until >= :now)"""
"""Who may be given work at ``:now``."""


def charge(tx: Tx, id: int, item: Row, *, overload: bool, now: int) -> Row | None:
    """Take an item's units of a present agent's capacity; the agent's counters then, or None if
    they do not fit or nobody is there. Whoever gets work goes to the end of the line.

    What cannot be interrupted does not count the work that can: that makes way. ``overload``: it
    is the agent's own matter; the limit may be exceeded, presence still counts.
    """
    soft = bool(item["interruptible"])
    adds = load(item["state"], item["units"], interruptible=soft)
    return tx.one(
        f"""
        UPDATE agent SET used = used + :used, soft = soft + :soft, idle_since = :now,
          last_assigned = :now
        WHERE id = :id AND {PRESENT}
          AND (:overload OR used + :used
               - CASE WHEN :interrupts THEN soft + parked ELSE 0 END <= capacity)
        RETURNING used, soft, parked, capacity, limits
        """,
        id=id,
        used=adds.used,
        soft=adds.soft,
        interrupts=not soft,
        overload=overload,
        now=now,
    )


def charge_anyway(tx: Tx, id: int, adds: Load, *, now: int) -> Row | None:
    """A person took the work on: their act counts, whatever the limit says. The counters then."""
    row = tx.one(
        """
        UPDATE agent SET used = used + :used, soft = soft + :soft, idle_since = :now,
          last_assigned = :now
        WHERE id = :id RETURNING used, soft, parked, capacity, limits
        """,
        id=id,
        used=adds.used,
        soft=adds.soft,
        now=now,
    )
    changed(tx, id, now=now)
    return row


def shift(tx: Tx, id: int, adds: Load, *, now: int) -> None:
    """Units change their kind: accepted, parked, resumed, in wrap-up. Nobody's turn moves."""
    if adds == Load():
        return
    tx.run(
        """
        UPDATE agent SET used = used + :used, soft = soft + :soft, parked = parked + :parked
        WHERE id = :id
        """,
        id=id,
        used=adds.used,
        soft=adds.soft,
        parked=adds.parked,
    )
    changed(tx, id, now=now)


def release(tx: Tx, id: int, gives: Load, *, now: int) -> Row | None:
    """Give units back; the idle clock starts anew. The counters then."""
    row = tx.one(
        """
        UPDATE agent SET used = used - :used, soft = soft - :soft, parked = parked - :parked,
          idle_since = :now
        WHERE id = :id RETURNING used, soft, parked, capacity, limits
        """,
        id=id,
        used=gives.used,
        soft=gives.soft,
        parked=gives.parked,
        now=now,
    )
    changed(tx, id, now=now)
    return row


def missed_offer(tx: Tx, id: int) -> int:
    """Count a missed offer; how many in a row it is now."""
    return int(
        tx.value("UPDATE agent SET missed = missed + 1 WHERE id = :id RETURNING missed", id=id)
    )


def answered(tx: Tx, id: int) -> None:
    """The agent reacted: missed offers are forgotten."""
    tx.run("UPDATE agent SET missed = 0 WHERE id = :id AND missed > 0", id=id)


def accepted(tx: Tx, id: int, *, now: int) -> None:
    """They took an offer: missed ones are forgotten, and it is what they got last."""
    tx.run("UPDATE agent SET missed = 0, last_assigned = :now WHERE id = :id", id=id, now=now)


def changed(tx: Tx, id: int, *, by: int = 0, now: int) -> None:
    """Say that an agent is not what they were. ``by``: the epoch of the router whose claim did it,
    and which so knows; 0: somebody else."""
    events.append(tx, "agent.changed", id, agent=id, now=now, **({"claim": by} if by else {}))


def extend_leases(tx: Tx, until: int) -> None:
    """Nobody is away because the hub was: whoever was here has until then to come back."""
    tx.run(
        """
        UPDATE agent SET lease_until = :until
        WHERE presence <> 'offline' AND lease_until IS NOT NULL AND lease_until < :until
        """,
        until=until,
    )


_SUMS = """
(SELECT a.id AS agent,
   CAST(COALESCE(SUM(w.units), 0) AS BIGINT) AS used,
   CAST(COALESCE(SUM(CASE WHEN w.state = 'active' AND w.interruptible THEN w.units ELSE 0 END), 0)
     AS BIGINT) AS soft,
   CAST(COALESCE(SUM(CASE WHEN w.state = 'held' THEN w.units ELSE 0 END), 0) AS BIGINT) AS parked
 FROM agent a LEFT JOIN work_item w ON w.agent = a.id
   AND w.state IN ('offered', 'connecting', 'active', 'held', 'wrapping')
 GROUP BY a.id) s
"""


def miscounted(tx: Tx) -> list[int]:
    """Agents whose counters are not the true sums (invariant I12): should be none."""
    rows = tx.all(
        f"""
        SELECT agent.id FROM agent JOIN {_SUMS} ON s.agent = agent.id
        WHERE agent.used <> s.used OR agent.soft <> s.soft OR agent.parked <> s.parked
        ORDER BY agent.id
        """
    )
    return [int(row["id"]) for row in rows]


def recount(tx: Tx) -> int:
    """Set every counter to the true sum; how many agents were wrong (a bug metric: should be 0)."""
    wrong = miscounted(tx)
    for id in wrong:
        tx.run(
            f"""
            UPDATE agent SET (used, soft, parked) =
              (SELECT s.used, s.soft, s.parked FROM {_SUMS} WHERE s.agent = agent.id)
            WHERE id = :id
            """,
            id=id,
        )
    return len(wrong)
