"""One mail that reaches two of our mailboxes: one entry with two arrivals, one work item.

The first arrival files it and holds its key (storage/raw_events.py); whatever comes after, at once
or when the matter is long done, only says on the entry that it came there too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hub.case import Case, Filed
from storage import timeline

if TYPE_CHECKING:
    from storage.db import Tx


def arrived(tx: Tx, case: Case, event: int, entry: int) -> Filed:
    """Note on the entry that the same mail came to this mailbox too. Nothing else changes: no turn
    begins, nobody is asked, a closed matter stays closed."""
    row = timeline.get(tx, entry)
    if row is None:
        return Filed("stored", event, entry)
    facts: dict[str, Any] = msgspec.json.decode(row["data"])
    arrivals: list[dict[str, Any]] = facts.get("arrivals", [])
    if not arrivals:
        first = tx.value("SELECT name FROM channel WHERE id = :id", id=row["channel"])
        arrivals = [{"channel": first, "at": row["recorded_at"]}]
    if all(one["channel"] != case.channel.name for one in arrivals):
        arrivals.append({"channel": case.channel.name, "at": case.now})
        timeline.set_data(tx, entry, {**facts, "arrivals": arrivals}, now=case.now)
    return Filed("stored", event, entry, row["conversation"])
