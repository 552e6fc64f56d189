"""How long turns took in their agents' hands: read by day for the nightly estimate, and its means.

From assignment to answer or end; parked time is in it, as it is in what agents work through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from routing.pace import Handled
from storage import audit

if TYPE_CHECKING:
    from storage.db import Tx

_SETTING = "handle_times"


def between(tx: Tx, first: int, last: int) -> list[Handled]:
    """Turns that agents completed from ``first`` until before ``last`` (µs)."""
    rows = tx.all(
        """
        SELECT w.agent, w.queue, ch.kind,
          COALESCE(w.answered_at, w.ended_at) - w.assigned_at AS took
        FROM work_item w JOIN channel ch ON ch.id = w.channel
        WHERE w.ended_at >= :first AND w.ended_at < :last AND w.state = 'completed'
          AND w.agent IS NOT NULL AND w.assigned_at IS NOT NULL
        """,
        first=first,
        last=last,
    )
    return [
        Handled(row["agent"], row["queue"], row["kind"], row["took"])
        for row in rows
        if row["took"] > 0
    ]


def save(tx: Tx, means: Mapping[tuple[int, str], int]) -> None:
    """Keep the mean handle time (µs) of each queue and channel kind."""
    flat = {f"{queue}:{kind}": span for (queue, kind), span in sorted(means.items())}
    audit.set_setting(tx, _SETTING, msgspec.json.encode(flat).decode())


def load(tx: Tx) -> dict[tuple[int, str], int]:
    """What ``save`` kept; empty before the first night."""
    text = audit.setting(tx, _SETTING)
    flat = {} if text is None else msgspec.json.decode(text, type=dict[str, int])
    return {
        (int(q), kind): span for key, span in flat.items() for q, _, kind in [key.partition(":")]
    }
