"""What happens in the store when somebody comes in, fails to, or goes: each one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.access import second_factor
from hub.problems import Problem
from storage import access, audit, users

if TYPE_CHECKING:
    from hub.keys import Keys
    from storage.db import Row, Tx

_MINUTE = 60 * 1_000_000
SESSION_IDLE = 14 * 24 * 60 * _MINUTE
LOCK_AFTER = 10  # wrong passwords or codes in a row
LOCK_HOLDS = 15 * _MINUTE


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signs in from: shown in the list of sessions."""

    agent: str
    address: str
    how: str
    """password, link or oidc."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new session is made of."""

    token_hash: str
    csrf: str
    browser: Browser
    now: int


def sign_in(
    tx: Tx, keys: Keys, user: int, opening: Opening, code: str | None, ask: bool
) -> Row | None:
    """A session; None: the code is wrong, and nothing was done. ``ask``: for a second factor.

    Raises Problem (401): locked by tries that were under way at the same time.
    """
    row = users.get(tx, user)
    if ask and row is not None and (row["locked_until"] or 0) > opening.now:
        raise wrong_password()
    second = None
    if ask and row is not None and row["totp_secret"] is not None:
        second = second_factor.check(tx, keys, row, code or "", opening.now)
        if second is None:
            return None
    return open_session(tx, user, opening, second)


def wrong_password() -> Problem:
    """The same words for a wrong password, an unknown address and a locked account."""
    return Problem(401, "this address and password do not belong together, or are locked")


def open_session(tx: Tx, user: int, opening: Opening, second: str | None = None) -> Row:
    """A session for somebody who has shown who they are, ``second``: by a code too. The row of
    ``access.session``. Raises Problem (401): they were switched off."""
    now, browser = opening.now, opening.browser
    access.sweep(tx, now)
    users.sign_in_worked(tx, user, now)
    access.add_session(
        tx,
        token_hash=opening.token_hash,
        user=user,
        csrf=opening.csrf,
        now=now,
        expires_at=now + SESSION_IDLE,
        user_agent=browser.agent,
        address=browser.address,
        how=browser.how,
    )
    how = browser.how if second is None else f"{browser.how}+{second}"
    audit.record(
        tx, f"user:{user}", "sign-in", f"user:{user}", now=now, how=how, address=browser.address
    )
    row = access.session(tx, opening.token_hash, now)
    if row is None:
        raise Problem(401, "this account was switched off")
    return row


def use_link(
    tx: Tx,
    keys: Keys,
    link_hash: str,
    opening: Opening,
    password_hash: str | None,
    name: str | None,
    code: str | None,
) -> Row | int | None:
    """The session's row; the user's id where the code is wrong; None: the link holds no longer."""
    link, now = access.link(tx, link_hash, opening.now), opening.now
    if link is None:
        return None
    user, second = int(link["user_id"]), None
    if link["totp_secret"] is not None:
        row = users.get(tx, user)
        second = None if row is None else second_factor.check(tx, keys, row, code or "", now)
        if second is None:
            return user
    if not access.use_link(tx, link_hash, now):
        return None
    if password_hash is not None:
        users.set_password(tx, user, password_hash)
        access.end_sessions(tx, user, now=now)
        audit.record(tx, f"user:{user}", "set-password", f"user:{user}", now=now, how="link")
    if name:
        users.set_name(tx, user, name)
    return open_session(tx, user, opening, second)


def sign_in_failed(tx: Tx, user: int, now: int) -> None:
    """A wrong password or code; too many in a row lock the account, and that is written down."""
    if users.sign_in_failed(tx, user, most=LOCK_AFTER, until=now + LOCK_HOLDS):
        audit.record(tx, "hub", "lock-out", f"user:{user}", now=now, minutes=LOCK_HOLDS // _MINUTE)


def sign_out(tx: Tx, session: int, user: int, now: int) -> None:
    """End a session of one's own."""
    if access.end_session(tx, session, user, now=now):
        audit.record(tx, f"user:{user}", "sign-out", f"user:{user}", now=now)


def set_password(
    tx: Tx, user: int, password_hash: str, session: int | None, actor: str, now: int
) -> None:
    """A new password; all sessions but ``session`` end."""
    users.set_password(tx, user, password_hash)
    access.end_sessions(tx, user, but=session, now=now)
    audit.record(tx, actor, "set-password", f"user:{user}", now=now)
