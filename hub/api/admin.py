"""People and programs that may sign in: accounts, one-time links, API tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hub import accounts, clock, paging
from hub.accounts import AccountRefused
from hub.auth import link_url, new_api_token, new_token
from hub.declare import needs
from hub.declared_work import AtOnce, Level, mail_address
from hub.http import Call, NoQuery, Route, route
from hub.paging import Page
from hub.permissions import Permission, Role
from hub.problems import Problem, conflict, invalid, not_found
from storage import access, agents, audit, queues, skills, users
from storage.views import when

if TYPE_CHECKING:
    from hub.auth import Principal
    from storage.db import Row, Tx

Name = Annotated[str, msgspec.Meta(max_length=200)]


class UserView(msgspec.Struct, kw_only=True):
    """Somebody who may sign in."""

    id: int
    email: str
    name: str
    role: str
    active: bool
    has_password: bool
    agent: int | None
    queues: list[str]
    skills: dict[str, int]
    limits: dict[str, int]
    created_at: datetime | None


class Users(msgspec.Struct):
    """A page of people."""

    items: list[UserView]
    next: str | None = None


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody new."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    name: Name = ""
    role: str = "agent"
    queues: list[str] = []


class UserChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | None = None
    role: str | None = None
    active: bool | None = None
    queues: list[str] | None = None
    skills: dict[str, Level] | None = None
    """Name -> level, 1 to 5."""
    limits: dict[str, AtOnce] | None = None
    """Channel kind -> the most at once."""
    hand_to: str | None = None
    """Who gets the work of somebody who goes: a colleague's address, or a queue's name."""


class Link(msgspec.Struct):
    """A one-time link, for 24 hours."""

    url: str


class TokenView(msgspec.Struct, kw_only=True):
    """A token, without itself."""

    id: int
    name: str
    user: str | None
    role: str
    scopes: list[str]
    created_at: datetime | None
    used_at: datetime | None


class Tokens(msgspec.Struct):
    """A page of tokens."""

    items: list[TokenView]
    next: str | None = None


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """A token of a person (``user``), or of a program with a role of its own."""

    name: Name
    user: str | None = None
    role: str = "agent"
    scopes: list[str] = []


class MadeToken(msgspec.Struct):
    """The only time that the token is shown."""

    id: int
    token: str


# ---------------------------------------------------------------- people


async def list_users(call: Call[Page, None]) -> dict[str, Any]:
    """Everybody who may sign in"""
    place = paging.decode(call.hub.keys, "users", call.query.cursor)
    found = await call.hub.db.read(_users, place[0] if place else 0, call.query.limit + 1)
    return paging.page(call.hub.keys, "users", found, call.query.limit, lambda one: [one.id])


def _users(tx: Tx, after: int, limit: int) -> list[UserView]:
    return [_user(tx, row) for row in users.listed(tx, after, limit)]


def _user(tx: Tx, row: Row) -> UserView:
    return UserView(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        active=bool(row["active"]),
        has_password=row["password_hash"] is not None,
        agent=row["agent"],
        queues=[] if row["agent"] is None else queues.served_by(tx, row["agent"]),
        skills={} if row["agent"] is None else skills.of_agent(tx, row["agent"]),
        limits={} if row["agent"] is None else agents.limits(tx, row["agent"]),
        created_at=when(row["created_at"]),
    )


async def add_user(call: Call[NoQuery, NewUser]) -> UserView:
    """Add somebody; a link lets them in"""
    body = call.body
    try:
        email = mail_address(body.email)
    except ValueError as err:
        raise invalid("email", str(err)) from err
    id = await call.hub.db.write(
        accounts.add_user,
        email=email,
        name=body.name,
        role=body.role,
        serves=body.queues,
        by=call.who.actor,
        now=clock.now(),
    )
    return await call.hub.db.read(_one, id)


def _one(tx: Tx, id: int) -> UserView:
    row = users.get(tx, id)
    if row is None:
        raise not_found("user")
    return _user(tx, row)


async def change_user(call: Call[NoQuery, UserChanges]) -> UserView:
    """Change somebody's name, role or queues, or switch them off"""
    await call.hub.db.write(_change, call.id(), call.body, call.who, clock.now())
    return await call.hub.db.read(_one, call.id())


def _change(tx: Tx, id: int, changes: UserChanges, who: Principal, now: int) -> None:
    row = users.get(tx, id)
    if row is None:
        raise not_found("user")
    role = row["role"] if changes.role is None else changes.role
    active = bool(row["active"]) if changes.active is None else changes.active
    if id == who.user and (role != row["role"] or not active):
        raise Problem(409, "nobody changes their own role or switches themselves off")
    accounts.check_role(role)
    if row["agent"] is not None and (not active or role == Role.VIEWER):
        _let_go(tx, row, changes.hand_to, now)
    users.set_profile(tx, id, name=changes.name or row["name"], role=role, active=active)
    if active:
        accounts.set_work(tx, id, role, changes.queues, now)
        accounts.set_abilities(tx, id, changes.skills, changes.limits, now)
    else:
        users.switch_off(tx, id)
    audit.record(tx, who.actor, "change-user", f"user:{id}", now=now, role=role, active=active)


def _let_go(tx: Tx, row: Row, hand_to: str | None, now: int) -> None:
    """They take no more work. Raises Problem (400, 409: what they have is to be somebody's)."""
    agent = int(row["agent"])
    items = needs.of_agent(tx, agent)
    if items and hand_to is None:
        raise conflict(
            "work is in their hands: say who gets it with hand_to",
            conversations=[item["conversation"] for item in items],
        )
    if hand_to is not None:
        try:
            needs.hand_over(tx, agent, hand_to, now=now)
        except LookupError as err:
            raise invalid("hand_to", f"there is no agent or queue {hand_to}") from err
    queues.retire_agent(tx, agent, now)


async def make_link(call: Call[NoQuery, None]) -> Link:
    """A one-time link that signs this person in"""
    token = new_token()
    found = await call.hub.db.read(_one, call.id())
    await call.hub.db.write(accounts.link, found.email, token, by=call.who.actor, now=clock.now())
    return Link(link_url(call.hub.settings.public_url, token))


# ---------------------------------------------------------------- tokens


async def list_tokens(call: Call[Page, None]) -> dict[str, Any]:
    """Every token that holds"""
    place = paging.decode(call.hub.keys, "tokens", call.query.cursor)
    rows = await call.hub.db.read(
        access.tokens, None, place[0] if place else 0, call.query.limit + 1
    )
    items = [_token(row) for row in rows]
    return paging.page(call.hub.keys, "tokens", items, call.query.limit, lambda one: [one.id])


def _token(row: Row) -> TokenView:
    return TokenView(
        id=row["id"],
        name=row["name"],
        user=row["email"],
        role=row["role"],
        scopes=msgspec.json.decode(row["scopes"]),
        created_at=when(row["created_at"]),
        used_at=when(row["used_at"]),
    )


async def add_token(call: Call[NoQuery, NewToken]) -> MadeToken:
    """Make a token; it is shown only once"""
    token = new_api_token()
    id = await call.hub.db.write(
        accounts.add_token,
        token,
        name=call.body.name,
        email=call.body.user,
        role=call.body.role,
        scopes=call.body.scopes,
        by=call.who.actor,
        now=clock.now(),
    )
    return MadeToken(id, token)


async def revoke_token(call: Call[NoQuery, None]) -> None:
    """End a token at once"""
    if not await call.hub.db.write(_revoke, call.id(), call.who, clock.now()):
        raise not_found("token")


def _revoke(tx: Tx, id: int, who: Principal, now: int) -> bool:
    audit.record(tx, who.actor, "revoke-token", f"token:{id}", now=now)
    return access.revoke_token(tx, id, None, now)


def routes() -> list[Route[Any, Any]]:
    """The routes of these nouns."""
    people, tokens = Permission.USERS, Permission.TOKENS
    one = "/users/{id}"
    return [
        route("GET", "/users", people, list_users, query=Page, answer=Users),
        route("POST", "/users", people, add_user, body=NewUser, answer=UserView, status=201),
        route("PATCH", one, people, change_user, body=UserChanges, answer=UserView),
        route("POST", f"{one}/link", people, make_link, answer=Link, status=201),
        route("GET", "/tokens", tokens, list_tokens, query=Page, answer=Tokens),
        route("POST", "/tokens", tokens, add_token, body=NewToken, answer=MadeToken, status=201),
        route("DELETE", "/tokens/{id}", tokens, revoke_token),
    ]


__all__ = ["AccountRefused", "routes"]
