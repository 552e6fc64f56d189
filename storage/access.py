"""How people and programs get in: sessions, one-time links, API tokens. Only hashes are stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from connectors.fold import clean
from storage import events

if TYPE_CHECKING:
    from storage.db import Row, Tx

_PERSON = "u.email, u.name, u.role, a.id AS agent"


def changed(tx: Tx, user: int | None, *, now: int) -> None:
    """Say that somebody's way in or rights are not what they were: open sockets are looked at
    again. None: a program's."""
    events.append(tx, "access.changed", user or 0, now=now)


# ---------------------------------------------------------------- sessions


def add_session(
    tx: Tx,
    *,
    token_hash: str,
    user: int,
    csrf: str,
    now: int,
    expires_at: int,
    user_agent: str,
    address: str = "",
    how: str = "password",
) -> int:
    """A person has signed in; ``how``: password, link or oidc."""
    return int(
        tx.value(
            """
            INSERT INTO session (token_hash, user_id, csrf, created_at, seen_at, expires_at,
              user_agent, address, how)
            VALUES (:token_hash, :user, :csrf, :now, :now, :expires_at, :user_agent, :address, :how)
            RETURNING id
            """,
            token_hash=token_hash,
            user=user,
            csrf=csrf,
            now=now,
            expires_at=expires_at,
            user_agent=clean(user_agent, 300),
            address=clean(address, 60),
            how=how,
        )
    )


def sessions(tx: Tx, user: int, now: int) -> list[Row]:
    """A person's sessions that hold, the last used first."""
    return tx.all(
        """
        SELECT id, created_at, seen_at, expires_at, user_agent, address, how FROM session
        WHERE user_id = :user AND expires_at > :now ORDER BY seen_at DESC, id DESC
        """,
        user=user,
        now=now,
    )


def session(tx: Tx, token_hash: str, now: int) -> Row | None:
    """A session that still holds, with its person."""
    return tx.one(
        f"""
        SELECT s.id, s.user_id, s.csrf, s.created_at, s.seen_at, s.expires_at, {_PERSON}
        FROM session s JOIN user_account u ON u.id = s.user_id
        LEFT JOIN agent a ON a.user_id = u.id AND a.active
        WHERE s.token_hash = :token_hash AND s.expires_at > :now AND u.active
        """,
        token_hash=token_hash,
        now=now,
    )


def touch_session(tx: Tx, id: int, now: int, expires_at: int) -> None:
    """It is in use: it ends later."""
    tx.run(
        "UPDATE session SET seen_at = :now, expires_at = :expires_at WHERE id = :id",
        id=id,
        now=now,
        expires_at=expires_at,
    )


def end_session(tx: Tx, id: int, user: int, *, now: int) -> bool:
    """Sign out of one session; whether it was this person's. Its sockets are closed."""
    if not tx.run("DELETE FROM session WHERE id = :id AND user_id = :user", id=id, user=user):
        return False
    changed(tx, user, now=now)
    return True


def end_sessions(tx: Tx, user: int, *, but: int | None = None, now: int) -> int:
    """Sign a person out everywhere, or everywhere else; how many sessions ended."""
    ended = tx.run(
        """
        DELETE FROM session
        WHERE user_id = :user AND (CAST(:but AS BIGINT) IS NULL OR id <> :but)
        """,
        user=user,
        but=but,
    )
    if ended:
        changed(tx, user, now=now)
    return ended


def sweep(tx: Tx, now: int) -> None:
    """Forget what has run out."""
    tx.run("DELETE FROM session WHERE expires_at <= :now", now=now)
    tx.run("DELETE FROM sign_in_link WHERE expires_at <= :now", now=now)


# ---------------------------------------------------------------- one-time links


def add_link(tx: Tx, *, token_hash: str, user: int, now: int, expires_at: int) -> None:
    """A link that signs this person in once; the ones before it end."""
    tx.run("DELETE FROM sign_in_link WHERE user_id = :user AND used_at IS NULL", user=user)
    tx.run(
        """
        INSERT INTO sign_in_link (token_hash, user_id, created_at, expires_at)
        VALUES (:token_hash, :user, :now, :expires_at)
        """,
        token_hash=token_hash,
        user=user,
        now=now,
        expires_at=expires_at,
    )


def link(tx: Tx, token_hash: str, now: int) -> Row | None:
    """Whose link it is, if it still holds."""
    return tx.one(
        f"""
        SELECT l.user_id, u.password_hash, u.totp_secret, u.locked_until, {_PERSON}
        FROM sign_in_link l JOIN user_account u ON u.id = l.user_id
        LEFT JOIN agent a ON a.user_id = u.id AND a.active
        WHERE l.token_hash = :token_hash AND l.expires_at > :now AND l.used_at IS NULL AND u.active
        """,
        token_hash=token_hash,
        now=now,
    )


def use_link(tx: Tx, token_hash: str, now: int) -> bool:
    """Whether this call is the one that uses it."""
    return (
        tx.run(
            """
            UPDATE sign_in_link SET used_at = :now
            WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > :now
            """,
            token_hash=token_hash,
            now=now,
        )
        == 1
    )


# ---------------------------------------------------------------- tokens


def add_token(
    tx: Tx,
    *,
    token_hash: str,
    name: str,
    user: int | None,
    role: str,
    scopes: Sequence[str],
    now: int,
) -> int:
    """A token of a person, or of a program that has a role of its own."""
    return int(
        tx.value(
            """
            INSERT INTO api_token (token_hash, name, user_id, role, scopes, created_at)
            VALUES (:token_hash, :name, :user, :role, :scopes, :now) RETURNING id
            """,
            token_hash=token_hash,
            name=clean(name, 100),
            user=user,
            role=role,
            scopes=msgspec.json.encode(list(scopes)).decode(),
            now=now,
        )
    )


def token(tx: Tx, token_hash: str) -> Row | None:
    """A token that holds. A person's token has that person's role of today."""
    return tx.one(
        """
        SELECT t.id, t.name AS token_name, t.user_id, t.scopes, t.used_at, u.email, u.name,
          COALESCE(u.role, t.role) AS role, a.id AS agent
        FROM api_token t LEFT JOIN user_account u ON u.id = t.user_id
        LEFT JOIN agent a ON a.user_id = u.id AND a.active
        WHERE t.token_hash = :token_hash AND t.revoked_at IS NULL
          AND (t.user_id IS NULL OR u.active)
        """,
        token_hash=token_hash,
    )


def touch_token(tx: Tx, id: int, now: int) -> None:
    """When it was last used."""
    tx.run("UPDATE api_token SET used_at = :now WHERE id = :id", id=id, now=now)


def tokens(tx: Tx, user: int | None, after: int, limit: int) -> list[Row]:
    """Tokens that hold, a person's or all of them, by id."""
    return tx.all(
        """
        SELECT t.id, t.name, t.role, t.scopes, t.created_at, t.used_at, u.email
        FROM api_token t LEFT JOIN user_account u ON u.id = t.user_id
        WHERE t.revoked_at IS NULL AND t.id > :after
          AND (CAST(:user AS BIGINT) IS NULL OR t.user_id = :user)
        ORDER BY t.id LIMIT :limit
        """,
        user=user,
        after=after,
        limit=limit,
    )


def revoke_token(tx: Tx, id: int, user: int | None, now: int) -> bool:
    """Whether there was such a token (of this person, if one is named); it no longer holds."""
    found = tx.one(
        """
        UPDATE api_token SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL
          AND (CAST(:user AS BIGINT) IS NULL OR user_id = :user) RETURNING user_id
        """,
        id=id,
        user=user,
        now=now,
    )
    if found is None:
        return False
    changed(tx, found["user_id"], now=now)
    return True


def revoke_tokens(tx: Tx, user: int, now: int) -> int:
    """End every token of a person; how many there were."""
    return tx.run(
        "UPDATE api_token SET revoked_at = :now WHERE user_id = :user AND revoked_at IS NULL",
        user=user,
        now=now,
    )


def standing(
    tx: Tx, session: int | None, token: int | None, now: int
) -> tuple[str, int | None] | None:
    """The role and the agent of this session's or token's owner today; None: they are let in no
    longer."""
    found = tx.one(
        """
        SELECT u.role, a.id AS agent FROM session s JOIN user_account u ON u.id = s.user_id
        LEFT JOIN agent a ON a.user_id = u.id AND a.active
        WHERE s.id = :session AND s.expires_at > :now AND u.active
        UNION ALL
        SELECT COALESCE(u.role, t.role), a.id FROM api_token t
        LEFT JOIN user_account u ON u.id = t.user_id
        LEFT JOIN agent a ON a.user_id = u.id AND a.active
        WHERE t.id = :token AND t.revoked_at IS NULL AND (t.user_id IS NULL OR u.active)
        """,
        session=session,
        token=token,
        now=now,
    )
    return None if found is None else (found["role"], found["agent"])
