"""Second factors: a person's TOTP secret (sealed by the hub) and recovery codes (keyed hashes)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.db import Row, Tx


def begin(tx: Tx, user: int, sealed: str) -> None:
    """A secret that was shown and is to be confirmed by a code; the one in force stays."""
    tx.run("UPDATE user_account SET totp_pending = :s WHERE id = :u", s=sealed, u=user)


def confirm(tx: Tx, user: int, sealed: str, step: int) -> bool:
    """The pending secret is in force, its code of ``step`` is used up; False: another one is
    pending, or none."""
    return (
        tx.run(
            """
            UPDATE user_account SET totp_secret = totp_pending, totp_pending = NULL,
              totp_step = :step WHERE id = :user AND totp_pending = :sealed
            """,
            user=user,
            sealed=sealed,
            step=step,
        )
        == 1
    )


def take_step(tx: Tx, user: int, step: int) -> bool:
    """Use up the code of a time step; False: it, or a later one, was taken before (RFC 6238 5.2)."""
    return (
        tx.run(
            """
            UPDATE user_account SET totp_step = :step
            WHERE id = :user AND totp_secret IS NOT NULL AND (totp_step IS NULL OR totp_step < :step)
            """,
            user=user,
            step=step,
        )
        == 1
    )


def remove(tx: Tx, user: int) -> bool:
    """No second factor any more; whether there was one."""
    tx.run("DELETE FROM recovery_code WHERE user_id = :user", user=user)
    return (
        tx.run(
            """
            UPDATE user_account SET totp_secret = NULL, totp_pending = NULL, totp_step = NULL
            WHERE id = :user AND totp_secret IS NOT NULL
            """,
            user=user,
        )
        == 1
    )


def set_codes(tx: Tx, user: int, hashes: Iterable[str]) -> None:
    """New recovery codes; the old ones are void."""
    tx.run("DELETE FROM recovery_code WHERE user_id = :user", user=user)
    for one in hashes:
        tx.run("INSERT INTO recovery_code (user_id, code_hash) VALUES (:u, :h)", u=user, h=one)


def take_code(tx: Tx, user: int, code_hash: str, now: int) -> bool:
    """Use up a recovery code; False: it is none, or was used."""
    return (
        tx.run(
            """
            UPDATE recovery_code SET used_at = :now
            WHERE user_id = :user AND code_hash = :hash AND used_at IS NULL
            """,
            user=user,
            hash=code_hash,
            now=now,
        )
        == 1
    )


def codes_left(tx: Tx, user: int) -> int:
    """How many recovery codes are still good."""
    return int(
        tx.value(
            "SELECT COUNT(*) FROM recovery_code WHERE user_id = :u AND used_at IS NULL", u=user
        )
    )


def sealed(tx: Tx) -> list[Row]:
    """Everybody's sealed secrets: id, totp_secret, totp_pending (for a new key)."""
    return tx.all(
        """
        SELECT id, totp_secret, totp_pending FROM user_account
        WHERE totp_secret IS NOT NULL OR totp_pending IS NOT NULL
        """
    )


def reseal(tx: Tx, user: int, secret: str | None, pending: str | None) -> None:
    """The same secrets under another key."""
    tx.run(
        "UPDATE user_account SET totp_secret = :s, totp_pending = :p WHERE id = :u",
        s=secret,
        p=pending,
        u=user,
    )
