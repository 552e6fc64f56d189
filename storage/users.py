"""People who sign in. Addresses are stored lower case; a person is switched off, never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.fold import clean

if TYPE_CHECKING:
    from storage.db import Row, Tx

NAME_CAP = 200  # characters
_COLUMNS = """u.id, u.email, u.name, u.role, u.password_hash, u.settings, u.active, u.failed,
u.locked_until, u.created_at, a.id AS agent"""
_FROM = "FROM user_account u LEFT JOIN agent a ON a.user_id = u.id AND a.active"


def get(tx: Tx, id: int) -> Row | None:
    """One person, with the agent they are, if any."""
    return tx.one(f"SELECT {_COLUMNS} {_FROM} WHERE u.id = :id", id=id)


def by_email(tx: Tx, email: str) -> Row | None:
    """The person with this address, switched off or not."""
    return tx.one(f"SELECT {_COLUMNS} {_FROM} WHERE u.email = :email", email=email.casefold())


def listed(tx: Tx, after: int, limit: int) -> list[Row]:
    """People by id, from ``after`` on."""
    return tx.all(
        f"SELECT {_COLUMNS} {_FROM} WHERE u.id > :after ORDER BY u.id LIMIT :limit",
        after=after,
        limit=limit,
    )


def count(tx: Tx) -> int:
    """How many people there are."""
    return int(tx.value("SELECT COUNT(*) FROM user_account"))


def add(tx: Tx, *, email: str, name: str, role: str, now: int) -> int:
    """A new person, without a password."""
    return int(
        tx.value(
            """
            INSERT INTO user_account (email, name, role, created_at)
            VALUES (:email, :name, :role, :now) RETURNING id
            """,
            email=email.casefold(),
            name=clean(name, NAME_CAP),
            role=role,
            now=now,
        )
    )


def set_profile(tx: Tx, id: int, *, name: str, role: str, active: bool = True) -> None:
    """Name, role and whether they may sign in."""
    tx.run(
        "UPDATE user_account SET name = :name, role = :role, active = :active WHERE id = :id",
        id=id,
        name=clean(name, NAME_CAP),
        role=role,
        active=active,
    )


def switch_off(tx: Tx, id: int) -> None:
    """They may no longer sign in; sessions, links and tokens end at once."""
    tx.run("UPDATE user_account SET active = FALSE WHERE id = :id", id=id)
    tx.run("DELETE FROM session WHERE user_id = :id", id=id)
    tx.run("DELETE FROM sign_in_link WHERE user_id = :id", id=id)


def set_name(tx: Tx, id: int, name: str) -> None:
    """What colleagues and customers read."""
    tx.run("UPDATE user_account SET name = :name WHERE id = :id", id=id, name=clean(name, NAME_CAP))


def set_settings(tx: Tx, id: int, changes: Mapping[str, Any]) -> None:
    """Lay ``changes`` over this person's own settings; None takes one back to the hub's."""
    stored = tx.value("SELECT settings FROM user_account WHERE id = :id", id=id)
    merged = {**msgspec.json.decode(stored or "{}"), **changes}
    kept = {name: value for name, value in merged.items() if value is not None}
    tx.run(
        "UPDATE user_account SET settings = :settings WHERE id = :id",
        id=id,
        settings=msgspec.json.encode(kept).decode(),
    )


def set_password(tx: Tx, id: int, password_hash: str) -> None:
    """A new password; it ends a lock-out."""
    tx.run(
        """
        UPDATE user_account SET password_hash = :hash, failed = 0, locked_until = NULL
        WHERE id = :id
        """,
        id=id,
        hash=password_hash,
    )


def sign_in_failed(tx: Tx, id: int, *, most: int, until: int) -> None:
    """One more wrong password; the ``most``-th locks the account until ``until``."""
    tx.run(
        """
        UPDATE user_account SET
          locked_until = CASE WHEN failed + 1 >= :most THEN :until ELSE locked_until END,
          failed = CASE WHEN failed + 1 >= :most THEN 0 ELSE failed + 1 END
        WHERE id = :id
        """,
        id=id,
        most=most,
        until=until,
    )


def sign_in_worked(tx: Tx, id: int) -> None:
    """The count of wrong passwords begins anew."""
    tx.run("UPDATE user_account SET failed = 0, locked_until = NULL WHERE id = :id", id=id)
