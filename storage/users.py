"""People who sign in. Addresses are stored lower case; a person is switched off, never deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.fold import clean
from storage import access

if TYPE_CHECKING:
    from storage.db import Row, Tx

NAME_CAP = 200  # characters
_COLUMNS = """u.id, u.email, u.name, u.role, u.password_hash, u.settings, u.active, u.failed,
u.locked_until, u.created_at, u.invited_at, u.signed_in_at, u.totp_secret, u.totp_pending,
u.totp_step, u.oidc_subject, a.id AS agent"""
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)
_FROM = "FROM user_account u LEFT JOIN agent a ON a.user_id = u.id AND a.active"


def spoken(name: str) -> str:
    """A name as others read it: one line, without what turns the text around it; it may be empty."""
    return clean(" ".join(_UNSEEN.sub(" ", name).split()), NAME_CAP)


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


def others(tx: Tx, id: int, role: str) -> int:
    """How many other people have this role and a way in: those who were never here do not count."""
    return int(
        tx.value(
            """
            SELECT COUNT(*) FROM user_account WHERE role = :role AND active AND id <> :id
              AND (password_hash IS NOT NULL OR oidc_subject IS NOT NULL OR signed_in_at IS NOT NULL)
            """,
            role=role,
            id=id,
        )
    )


def add(tx: Tx, *, email: str, name: str, role: str, now: int) -> int:
    """A new person, without a password."""
    return int(
        tx.value(
            """
            INSERT INTO user_account (email, name, role, created_at)
            VALUES (:email, :name, :role, :now) RETURNING id
            """,
            email=email.casefold(),
            name=spoken(name),
            role=role,
            now=now,
        )
    )


def set_profile(tx: Tx, id: int, *, name: str, role: str, active: bool = True, now: int) -> None:
    """Name (an empty one: as before), role and whether they may sign in; open screens look at their
    rights again."""
    tx.run(
        """
        UPDATE user_account SET name = CASE WHEN :name = '' THEN name ELSE :name END,
          role = :role, active = :active WHERE id = :id
        """,
        id=id,
        name=spoken(name),
        role=role,
        active=active,
    )
    access.changed(tx, id, now=now)


def switch_off(tx: Tx, id: int, *, now: int) -> None:
    """They may no longer sign in; sessions, links, tokens and sockets end at once, for good."""
    tx.run("UPDATE user_account SET active = FALSE, invited_at = NULL WHERE id = :id", id=id)
    tx.run("DELETE FROM session WHERE user_id = :id", id=id)
    tx.run("DELETE FROM sign_in_link WHERE user_id = :id", id=id)
    access.revoke_tokens(tx, id, now)
    access.changed(tx, id, now=now)


def let_back(tx: Tx, row: Row) -> None:
    """Whoever was switched off and is added once more comes in by a new link: their old password
    may be why they went."""
    if not row["active"]:
        tx.run(
            """
            UPDATE user_account SET password_hash = NULL, failed = 0, locked_until = NULL
            WHERE id = :id
            """,
            id=row["id"],
        )


def set_name(tx: Tx, id: int, name: str) -> None:
    """What colleagues and customers read; an empty one changes nothing."""
    if shown := spoken(name):
        tx.run("UPDATE user_account SET name = :name WHERE id = :id", id=id, name=shown)


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


def sign_in_failed(tx: Tx, id: int, *, most: int, until: int) -> bool:
    """One more wrong password or code; the ``most``-th locks the account until ``until``, and is
    answered by True."""
    found = tx.one(
        """
        UPDATE user_account SET
          locked_until = CASE WHEN failed + 1 >= :most THEN :until ELSE locked_until END,
          failed = CASE WHEN failed + 1 >= :most THEN 0 ELSE failed + 1 END
        WHERE id = :id RETURNING failed
        """,
        id=id,
        most=most,
        until=until,
    )
    return found is not None and found["failed"] == 0


def sign_in_worked(tx: Tx, id: int, now: int) -> None:
    """They are in: the count of wrong passwords begins anew, the invitation is taken."""
    tx.run(
        """
        UPDATE user_account SET failed = 0, locked_until = NULL, invited_at = NULL,
          signed_in_at = :now WHERE id = :id
        """,
        id=id,
        now=now,
    )


def unlock(tx: Tx, id: int) -> None:
    """End a lock-out before its time."""
    tx.run("UPDATE user_account SET failed = 0, locked_until = NULL WHERE id = :id", id=id)


def invited(tx: Tx, id: int, now: int) -> None:
    """A link is on its way to somebody who has never been in."""
    tx.run(
        "UPDATE user_account SET invited_at = :now WHERE id = :id AND signed_in_at IS NULL",
        id=id,
        now=now,
    )


def by_subject(tx: Tx, subject: str) -> Row | None:
    """The person whom a provider calls so (``ISSUER SUBJECT``), switched off or not."""
    return tx.one(f"SELECT {_COLUMNS} {_FROM} WHERE u.oidc_subject = :s", s=subject)


def set_subject(tx: Tx, id: int, subject: str | None) -> None:
    """Whom a provider vouches for as this person; None: nobody any more."""
    tx.run("UPDATE user_account SET oidc_subject = :s WHERE id = :id", s=subject, id=id)
