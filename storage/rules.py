"""Published rule sets. A version is never changed; publishing an old one makes a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import events

if TYPE_CHECKING:
    from storage.db import Row, Tx

_COLUMNS = "version, body, note, published_by, published_at"


def current(tx: Tx) -> Row | None:
    """The rule set in force."""
    return tx.one(f"SELECT {_COLUMNS} FROM rule_set ORDER BY version DESC LIMIT 1")


def version(tx: Tx, number: int) -> Row | None:
    """One version."""
    return tx.one(f"SELECT {_COLUMNS} FROM rule_set WHERE version = :number", number=number)


def versions(tx: Tx, before: int | None, limit: int) -> list[Row]:
    """Versions, newest first, older than ``before``."""
    return tx.all(
        f"""
        SELECT {_COLUMNS} FROM rule_set
        WHERE CAST(:before AS BIGINT) IS NULL OR version < :before
        ORDER BY version DESC LIMIT :limit
        """,
        before=before,
        limit=limit,
    )


def publish(tx: Tx, body: str, *, note: str, by: str, now: int) -> int:
    """Put a rule set into force; its version."""
    version = int(
        tx.value(
            """
            INSERT INTO rule_set (version, body, note, published_by, published_at)
            VALUES ((SELECT COALESCE(MAX(version), 0) + 1 FROM rule_set), :body, :note, :by, :now)
            RETURNING version
            """,
            body=body,
            note=note,
            by=by,
            now=now,
        )
    )
    events.append(tx, "rules.changed", version, now=now)
    return version
