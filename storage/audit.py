"""Who changed what, for those who ask later; and the store's own small settings.

The table only grows: triggers of both engines refuse to change or remove a line (schema 0003).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from storage.db import Row, Tx


def record(tx: Tx, actor: str, action: str, subject: str, *, now: int, **data: Any) -> None:
    """One line: ``actor`` is ``user:ID``, ``token:ID`` or ``command``. No secret is in ``data``."""
    tx.run(
        """
        INSERT INTO audit (at, actor, action, subject, data)
        VALUES (:now, :actor, :action, :subject, :data)
        """,
        now=now,
        actor=actor,
        action=action,
        subject=subject,
        data=msgspec.json.encode(data).decode(),
    )


def page(
    tx: Tx,
    *,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: int | None = None,
    until: int | None = None,
    before: int | None = None,
    after: int | None = None,
    limit: int,
) -> list[Row]:
    """Lines of the audit: the newest first (those before the id ``before``), or, where ``after`` is
    given, the oldest first (those after it). ``subject`` is one (``user:3``) or a kind (``user:``);
    ``since`` and ``until`` are µs, the latter not included.
    """
    kind = subject if subject is not None and subject.endswith(":") else None
    order = "DESC" if after is None else "ASC"
    return tx.all(
        f"""
        SELECT id, at, actor, action, subject, data FROM audit
        WHERE (CAST(:actor AS TEXT) IS NULL OR actor = :actor)
          AND (CAST(:action AS TEXT) IS NULL OR action = :action)
          AND (CAST(:subject AS TEXT) IS NULL OR subject = :subject)
          AND (CAST(:kind AS TEXT) IS NULL OR substr(subject, 1, length(:kind)) = :kind)
          AND (CAST(:since AS BIGINT) IS NULL OR at >= :since)
          AND (CAST(:until AS BIGINT) IS NULL OR at < :until)
          AND (CAST(:before AS BIGINT) IS NULL OR id < :before)
          AND (CAST(:after AS BIGINT) IS NULL OR id > :after)
        ORDER BY id {order} LIMIT :limit
        """,
        actor=actor,
        action=action,
        subject=None if kind else subject,
        kind=kind,
        since=since,
        until=until,
        before=before,
        after=after,
        limit=limit,
    )


def actions(tx: Tx) -> list[str]:
    """Every kind of act that was ever written."""
    return [row["action"] for row in tx.all("SELECT DISTINCT action FROM audit ORDER BY action")]


def names(tx: Tx, users: set[int], tokens: set[int], agents: set[int]) -> dict[str, str]:
    """Who ``user:ID``, ``token:ID`` and ``agent:ID`` are, by name."""
    found: dict[str, str] = {}
    for id in users:
        name = tx.value("SELECT name FROM user_account WHERE id = :id", id=id)
        found[f"user:{id}"] = name or ""
    for id in tokens:
        found[f"token:{id}"] = tx.value("SELECT name FROM api_token WHERE id = :id", id=id) or ""
    for id in agents:
        name = tx.value(
            "SELECT u.name FROM agent a JOIN user_account u ON u.id = a.user_id WHERE a.id = :id",
            id=id,
        )
        found[f"agent:{id}"] = name or ""
    return found


def setting(tx: Tx, name: str) -> str | None:
    """A value that this store keeps about itself."""
    found = tx.value("SELECT value FROM setting WHERE name = :name", name=name)
    return None if found is None else str(found)


def set_setting(tx: Tx, name: str, value: str) -> None:
    """Keep a value about this store."""
    tx.run(
        """
        INSERT INTO setting (name, value) VALUES (:name, :value)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value
        """,
        name=name,
        value=value,
    )
