"""Timers that are rows: a moment, what for, and about what. One a kind and subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from storage.db import Row, Tx

AT_ONCE: Final = 100  # rows done in one look


def set(tx: Tx, kind: str, subject: int, due: int) -> None:
    """Wake up for this then (µs), instead of when it was set for before."""
    tx.run(
        """
        INSERT INTO timer (due, kind, subject) VALUES (:due, :kind, :subject)
        ON CONFLICT (kind, subject) DO UPDATE SET due = excluded.due
        """,
        due=due,
        kind=kind,
        subject=subject,
    )


def keep(tx: Tx, kind: str, subject: int, due: int) -> None:
    """The same, but what is set already stays."""
    tx.run(
        """
        INSERT INTO timer (due, kind, subject) VALUES (:due, :kind, :subject)
        ON CONFLICT DO NOTHING
        """,
        due=due,
        kind=kind,
        subject=subject,
    )


def drop(tx: Tx, kind: str, subject: int) -> None:
    """Do not wake up for it."""
    tx.run("DELETE FROM timer WHERE kind = :kind AND subject = :id", kind=kind, id=subject)


def due(tx: Tx, now: int) -> list[Row]:
    """What is due, the earliest first."""
    return tx.all(
        "SELECT * FROM timer WHERE due <= :now ORDER BY due, id LIMIT :most", now=now, most=AT_ONCE
    )


def is_due(tx: Tx, kind: str, now: int) -> bool:
    """Whether anything of this kind is due."""
    row = tx.one("SELECT 1 FROM timer WHERE due <= :now AND kind = :kind", now=now, kind=kind)
    return row is not None


def fire(tx: Tx, timer: Row) -> bool:
    """Take a due timer away; False if somebody else did, or set it anew."""
    return bool(
        tx.run("DELETE FROM timer WHERE id = :id AND due = :due", id=timer["id"], due=timer["due"])
    )


def shift(tx: Tx, by: int) -> None:
    """The clock was set: what was to last a while still lasts as long. (Deferrals and snoozes end
    at a time of day; they stay.)"""
    for table, column, where in (
        ("offer", "expires_at", "state = 'pending'"),
        ("agent", "lease_until", "lease_until IS NOT NULL"),
        ("work_item", "step_until", "step_until IS NOT NULL AND state IN ('queued', 'offered')"),
        ("work_item", "wrap_until", "state = 'wrapping'"),
        ("timer", "due", "kind IN ('again', 'owner', 'owner_live', 'visitor')"),
    ):
        tx.run(f"UPDATE {table} SET {column} = {column} + :by WHERE {where}", by=by)
