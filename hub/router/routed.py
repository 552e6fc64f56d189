"""What a router does to the store: each a transaction that first makes sure of its epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub import timers, turns
from hub.router.epoch import DOMAIN
from routing.matching import How, Match
from storage import agents, claims, leases, work_items

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Tx


def settle(tx: Tx, epoch: int, now: int) -> int:
    """Before a router begins: counters are the true sums, and nobody is away because the hub was.
    How many agents were miscounted. Raises StaleEpoch."""
    leases.fence(tx, DOMAIN, epoch)
    agents.extend_leases(tx, now + timers.GRACE)
    return agents.recount(tx)


def claim(tx: Tx, epoch: int, match: Match, why: Mapping[str, Any], expires: int, now: int) -> bool:
    """Carry a match out. Raises StaleEpoch, ClaimLost."""
    leases.fence(tx, DOMAIN, epoch)
    item, agent = match.item.id, match.agent
    if match.how is How.ASK:
        # an offer of what can be interrupted is not work yet: the matcher has to look
        by = 0 if match.item.interruptible else epoch
        claims.offer(tx, item, agent, expires_at=expires, why=why, by=by, now=now)
    else:
        how, own = match.how.value, match.how is How.OWNER
        claims.assign(tx, item, agent, how=how, overload=own, why=why, by=epoch, now=now)
    return True


def overflow(tx: Tx, epoch: int, id: int, desk: Desk, now: int) -> bool:
    """Nobody can serve this item: what its plan and queue say. Raises StaleEpoch, ClaimLost."""
    leases.fence(tx, DOMAIN, epoch)
    return turns.nobody(tx, id, desk, now=now)


def look(tx: Tx) -> tuple[list[int], list[int]]:
    """(items that wait, agents who are miscounted) by the tables."""
    return work_items.waiting_ids(tx), agents.miscounted(tx)
