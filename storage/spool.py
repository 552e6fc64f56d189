"""Which requests were filed from the spool: written in the transaction that files them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.db import Tx


def claim(tx: Tx, name: str, now: int) -> bool:
    """Whether this file of the spool is still to be filed; if so it is from now on."""
    return bool(
        tx.run(
            "INSERT INTO spool_filed (name, at) VALUES (:name, :now) ON CONFLICT DO NOTHING",
            name=name,
            now=now,
        )
    )


def prune(tx: Tx, before: int, limit: int) -> int:
    """Forget those filed so long ago that their files are gone; how many."""
    return tx.run(
        """
        DELETE FROM spool_filed WHERE name IN (
          SELECT name FROM spool_filed WHERE at < :before ORDER BY name LIMIT :limit)
        """,
        before=before,
        limit=limit,
    )
