"""Which requests of the ledger hold something of a matter that somebody may not see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from storage.views.sight import Sight

if TYPE_CHECKING:
    from storage.db import Row, Tx


def hidden_requests(tx: Tx, requests: Iterable[int], sight: Sight) -> set[int]:
    """Those of these requests of which one event, or what it repeats, or the delivery that a receipt
    is about, belongs to a hidden matter. What became of nothing (rejected, failed) hides nothing."""
    if sight.all or not sight.hidden:
        return set()
    return {id for id in set(requests) if any(not sight.sees(*place) for place in _places(tx, id))}


def _places(tx: Tx, request: int) -> list[tuple[int | None, int | None]]:
    """(queue, owner) of every matter that a request has to do with."""
    events = tx.all(
        """
        SELECT e.channel, e.kind, e.provider_id, c.id, c.queue, c.agent FROM raw_event e
        LEFT JOIN raw_event d ON d.id = e.duplicate_of
        LEFT JOIN timeline_entry t ON t.id = COALESCE(e.entry, d.entry)
        LEFT JOIN conversation c ON c.id = t.conversation WHERE e.request = :r
        """,
        r=request,
    )
    receipts = [_delivered(tx, row) for row in events if row["kind"] == "receipt"]
    matters = [*(row for row in events if row["id"] is not None), *filter(None, receipts)]
    return [(row["queue"], row["agent"]) for row in matters]


def _delivered(tx: Tx, receipt: Row) -> Row | None:
    """The matter that a receipt is about: its key is the provider's id and a state."""
    return tx.one(
        """
        SELECT c.queue, c.agent FROM delivery_provider_id p
        JOIN delivery d ON d.id = p.delivery JOIN conversation c ON c.id = d.conversation
        WHERE p.channel = :channel AND p.provider_id = :id
        """,
        channel=receipt["channel"],
        id=receipt["provider_id"].rpartition(":")[0],
    )
