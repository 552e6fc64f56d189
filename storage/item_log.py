"""What befell a turn, in order: steps, overflow, deferral, moves. Append-only, read by explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from storage.db import Row, Tx

What = Literal[
    "step", "overflow", "deflect", "requeue", "defer", "due", "priority", "held", "resumed",
    "wrap", "missed", "overload",
]  # fmt: skip


def append(tx: Tx, item: int, what: What, actor: str, *, now: int, **data: Any) -> None:
    """Note one thing; ``data`` holds ids and typed fields, never text of a message."""
    tx.run(
        """
        INSERT INTO item_log (work_item, what, actor, data, at)
        VALUES (:item, :what, :actor, :data, :now)
        """,
        item=item,
        what=what,
        actor=actor,
        data=msgspec.json.encode(data).decode(),
        now=now,
    )


def of_item(tx: Tx, item: int) -> list[Row]:
    """All that befell one turn, in order."""
    return tx.all("SELECT * FROM item_log WHERE work_item = :item ORDER BY id", item=item)
