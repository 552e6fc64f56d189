"""Who changed what, for those who ask later; and the store's own small settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from storage.db import Tx


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
