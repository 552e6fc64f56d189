"""The sums of the ledger: how many events ended in each state.

received = stored + duplicate + rejected + failed + ignored, always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from storage.db import Tx

State = Literal["stored", "duplicate", "rejected", "failed", "ignored"]
STATES: tuple[State, ...] = ("stored", "duplicate", "rejected", "failed", "ignored")


def count(tx: Tx, channel: int, state: State, n: int = 1) -> None:
    """Counts are counters: collected here, written once a group by ``flush``."""
    tx.pending_counts[(channel, state)] += n


def flush_counts(tx: Tx) -> None:
    """Write what a group counted."""
    for (channel, state), n in tx.pending_counts.items():
        if n:
            tx.run(
                """
                INSERT INTO ledger_count (channel, state, n) VALUES (:channel, :state, :n)
                ON CONFLICT (channel, state) DO UPDATE SET n = ledger_count.n + :n
                """,
                channel=channel,
                state=state,
                n=n,
            )
    tx.pending_counts.clear()


def counts(tx: Tx, channel: int | None = None) -> dict[State, int]:
    """How many events ended in each state; the sum is what was received."""
    rows = tx.all(
        """
        SELECT state, CAST(SUM(n) AS BIGINT) AS n FROM ledger_count
        WHERE CAST(:channel AS BIGINT) IS NULL OR channel = :channel GROUP BY state
        """,
        channel=channel,
    )
    known = {row["state"]: int(row["n"]) for row in rows}
    return {state: known.get(state, 0) for state in STATES}
