"""The event log: what screens, router and deliverer follow. Its order is commit order.

``append`` only collects; the writer calls ``flush`` once, at the very end of each group, so that on
PostgreSQL no row can become visible behind a reader that has already passed its number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from storage.db import Row, Tx


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """One event on its way into the log; ``data`` holds ids and typed fields, never text."""

    kind: str
    subject: int
    at: int
    conversation: int | None = None
    contact: int | None = None
    queue: int | None = None
    agent: int | None = None
    data: str = "{}"


def append(
    tx: Tx,
    kind: str,
    subject: int,
    *,
    now: int,
    conversation: int | None = None,
    contact: int | None = None,
    queue: int | None = None,
    agent: int | None = None,
    **data: Any,
) -> None:
    """Say that something happened. Visible once the group is committed."""
    tx.pending_events.append(
        PendingEvent(
            kind,
            subject,
            now,
            conversation,
            contact,
            queue,
            agent,
            msgspec.json.encode(data).decode() if data else "{}",
        )
    )


_FIELDS = ("kind", "subject", "conversation", "contact", "queue", "agent", "data", "at")
_MOST = 200  # rows a statement: PostgreSQL takes 65,535 parameters
_LOCK = 0x6875625F6576  # "hub_ev": held from a group's events until its commit


def flush(tx: Tx) -> None:
    """Write a group's events: one statement under one lock, so that order is commit order."""
    pending = tx.pending_events
    if not pending:
        return
    if tx.engine == "postgres":
        tx.one("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)
    for start in range(0, len(pending), _MOST):
        part = pending[start : start + _MOST]
        values = {
            f"{name}{i}": getattr(event, name) for i, event in enumerate(part) for name in _FIELDS
        }
        rows = tx.all(_insert(len(part)), **values)
        tx.last_seq = max(row["seq"] for row in rows)
    pending.clear()


@cache
def _insert(rows: int) -> str:
    values = ", ".join(
        "(" + ", ".join(f":{name}{i}" for name in _FIELDS) + ")" for i in range(rows)
    )
    return f"INSERT INTO event ({', '.join(_FIELDS)}) VALUES {values} RETURNING seq"


def since(tx: Tx, seq: int, limit: int = 1000) -> list[Row]:
    """Events after ``seq``, in order, at most ``limit``."""
    return tx.all(
        "SELECT * FROM event WHERE seq > :seq ORDER BY seq LIMIT :limit", seq=seq, limit=limit
    )


def last_seq(tx: Tx) -> int:
    """The newest number in the log; 0 when it is empty."""
    return int(tx.value("SELECT MAX(seq) FROM event") or 0)


def first_seq(tx: Tx) -> int:
    """The oldest number still kept; 0 when the log is empty."""
    return int(tx.value("SELECT MIN(seq) FROM event") or 0)
