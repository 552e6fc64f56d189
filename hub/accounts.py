"""People and their ways in, as commands and admins make them: accounts, links, API tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hub.auth import hashed, make_link
from hub.fields import FieldError
from hub.permissions import GRANTABLE, Role
from storage import access, agents, audit, queues, second_factor, skills, users

if TYPE_CHECKING:
    from storage.db import Row, Tx

FIRST_EMAIL = "admin@localhost"
CAPACITY = 100


class AccountRefused(Exception):
    """Cannot be done; ``error`` says which field is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.error = FieldError(field, reason)


def add_user(
    tx: Tx, *, email: str, name: str, role: str, serves: Sequence[str], by: str, now: int
) -> int:
    """A new person, or one who was switched off; everybody but viewers can take work.

    Raises AccountRefused.
    """
    check_role(role)
    known = users.by_email(tx, email)
    name = users.spoken(name) or email.partition("@")[0]
    if known is not None and known["active"]:
        raise AccountRefused("email", f"{email} is there already")
    if known is None:
        user = users.add(tx, email=email, name=name, role=role, now=now)
    else:
        user = int(known["id"])
        users.let_back(tx, known)
        users.set_profile(tx, user, name=name, role=role, now=now)
    set_work(tx, user, role, serves, now)
    audit.record(tx, by, "add-user", f"user:{user}", now=now, role=role)
    return user


def set_work(tx: Tx, user: int, role: str, serves: Sequence[str] | None, now: int) -> None:
    """Make the agent that a role needs, serving these queues (None: as before)."""
    row = users.get(tx, user)
    agent = None if row is None else row["agent"]
    if role == Role.VIEWER:
        if serves:
            raise AccountRefused("queues", "a viewer takes no work")
        if agent is not None:
            queues.retire_agent(tx, agent, now)
        return
    if agent is None:
        agent = queues.save_agent(tx, user=user, capacity=CAPACITY, now=now)
    if serves is not None:
        try:
            queues.serve(tx, agent, serves, now)
        except LookupError as err:
            raise AccountRefused("queues", f"there is no queue {err}") from err


def set_abilities(
    tx: Tx, user: int, levels: Mapping[str, int] | None, limits: Mapping[str, int] | None, now: int
) -> None:
    """What an agent can, and the most of each channel kind at once (None: as before).

    Raises AccountRefused.
    """
    row = users.get(tx, user)
    agent = None if row is None else row["agent"]
    if agent is None:
        if levels or limits:
            raise AccountRefused("skills" if levels else "limits", "only agents take work")
        return
    if limits is not None:
        agents.set_limits(tx, agent, limits, now=now)
    if levels is not None:
        try:
            skills.give(tx, agent, levels, now=now)
        except LookupError as err:
            raise AccountRefused("skills", f"there is no skill {err}") from err


def is_last_admin(tx: Tx, row: Row) -> bool:
    """Whether nobody but this one (of ``users.get``) could let others in, if they went."""
    admin = bool(row["active"]) and row["role"] == Role.ADMIN
    return admin and not users.others(tx, row["id"], Role.ADMIN)


def keep_an_admin(tx: Tx, row: Row) -> None:
    """Raises AccountRefused: they are the last admin, and are to be none any more."""
    if is_last_admin(tx, row):
        raise AccountRefused("role", f"{row['email']} is the last admin: make another one first")


def check_role(role: str) -> None:
    """Raises AccountRefused."""
    if role not in tuple(Role):
        raise AccountRefused("role", f"{role!r} is not one of {', '.join(Role)}")


def check_scopes(scopes: Sequence[str]) -> None:
    """Raises AccountRefused."""
    for scope in scopes:
        if scope not in GRANTABLE:
            raise AccountRefused(
                "scopes", f"{scope!r} is not one of {', '.join(sorted(GRANTABLE))}"
            )


def link(tx: Tx, email: str, token: str, *, by: str, now: int) -> int:
    """A one-time link for this person; their id. Raises AccountRefused."""
    row = users.by_email(tx, email)
    if row is None or not row["active"]:
        raise AccountRefused("email", f"there is nobody with the address {email}")
    make_link(tx, row["id"], token, now)
    users.invited(tx, row["id"], now)
    audit.record(tx, by, "make-link", f"user:{row['id']}", now=now)
    return int(row["id"])


def let_in_again(tx: Tx, email: str, now: int) -> None:
    """End a lock-out and take the second factor away: by the command line, where whoever types it
    could do anything. Raises AccountRefused."""
    row = users.by_email(tx, email)
    if row is None or not row["active"]:
        raise AccountRefused("email", f"there is nobody with the address {email}")
    users.unlock(tx, row["id"])
    second_factor.remove(tx, row["id"])
    access.end_sessions(tx, row["id"], now=now)
    audit.record(tx, "command", "let-in-again", f"user:{row['id']}", now=now)


def add_token(
    tx: Tx,
    token: str,
    *,
    name: str,
    email: str | None,
    role: str,
    scopes: Sequence[str],
    by: str,
    now: int,
) -> int:
    """Store a token of a person, or of a program with a role; its id. Raises AccountRefused."""
    check_scopes(scopes)
    user = None
    if email is None:
        check_role(role)
    else:
        row = users.by_email(tx, email)
        if row is None or not row["active"]:
            raise AccountRefused("user", f"there is nobody with the address {email}")
        user, role = int(row["id"]), row["role"]
    id = access.add_token(
        tx, token_hash=hashed(token), name=name, user=user, role=role, scopes=scopes, now=now
    )
    audit.record(tx, by, "add-token", f"token:{id}", now=now, role=role, scopes=list(scopes))
    return id


def first_start(tx: Tx, token: str, *, now: int) -> bool:
    """Make the first admin with a one-time link, if nobody is there yet."""
    if users.count(tx):
        return False
    user = add_user(
        tx, email=FIRST_EMAIL, name="Admin", role=Role.ADMIN, serves=(), by="command", now=now
    )
    make_link(tx, user, token, now)
    return True
