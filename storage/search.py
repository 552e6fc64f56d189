"""Finding people by name. (Full-text search comes with the knowledge of what to search.)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.fold import fold

if TYPE_CHECKING:
    from storage.db import Tx


def contacts(tx: Tx, words: str, before: int | None, limit: int) -> list[int]:
    """Ids of people whose folded name or address contains the folded words, newest first.

    ``before`` is the id that the page before ended with. Contacts that are linked to another one
    are found as that one.
    """
    folded = fold(words).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = tx.all(
        """
        SELECT DISTINCT COALESCE(l.root, c.id) AS id FROM contact c
        LEFT JOIN contact_link l ON l.member = c.id AND l.revoked_at IS NULL
        WHERE (CAST(:before AS BIGINT) IS NULL OR COALESCE(l.root, c.id) < :before)
          AND (c.folded LIKE :pattern ESCAPE '\\' OR EXISTS
            (SELECT 1 FROM identity i WHERE i.contact = c.id AND i.uri LIKE :pattern ESCAPE '\\'))
        ORDER BY id DESC LIMIT :limit
        """,
        pattern=f"%{folded}%",
        before=before,
        limit=limit,
    )
    return [int(row["id"]) for row in rows]
