"""People who may sign in: invited, changed, helped in again, signed out, switched off."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from hub import accounts, clock, paging
from hub.access import leaving, second_factor
from hub.access.leaving import Heir
from hub.api.access import hands_on
from hub.api.security import SessionView, session_view
from hub.auth import link_url, new_token
from hub.declared_work import AtOnce, Level, mail_address
from hub.http import Call, NoQuery, Route, route
from hub.paging import Page
from hub.permissions import Permission, Role
from hub.problems import Problem, invalid, not_found
from storage import access, agents, audit, queues, skills, users
from storage.views import when

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from hub.desk import Desk
    from storage.db import Row, Tx

Name = Annotated[str, msgspec.Meta(max_length=200)]
Kind = Literal["invitation", "reset"]


class UserView(msgspec.Struct, kw_only=True):
    """Somebody who may sign in."""

    id: int
    email: str
    name: str
    role: str
    active: bool
    has_password: bool
    second_factor: bool
    provider: bool
    """Whether the organisation's provider vouches for them."""
    locked_until: datetime | None
    """After too many wrong passwords; null: not locked."""
    invited_at: datetime | None
    """A link is on its way to them; null once they have been in."""
    signed_in_at: datetime | None
    sessions: int
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
    """Who gets the open matters of somebody who goes: a colleague's address, or a queue's name."""
    back_to_queue: bool = False
    """Instead: each goes back to its own queue."""


class LinkWish(msgspec.Struct, forbid_unknown_fields=True):
    """How the link gets to them."""

    send: bool = False
    """By mail; else it is in the answer, to be handed over."""
    kind: Kind = "invitation"


class Link(msgspec.Struct):
    """A one-time link, for 24 hours."""

    url: str
    """Empty where it was sent: then only they have it."""
    sent_by: str | None = None
    """The channel that took the mail."""
    not_sent: str = ""
    """Why it could not be sent; the link is here then."""


class Sessions(msgspec.Struct):
    """Where somebody is signed in."""

    items: list[SessionView]
    next: str | None = None


# ---------------------------------------------------------------- looking


async def list_users(call: Call[Page, None]) -> dict[str, Any]:
    """Everybody who may sign in"""
    place = paging.decode(call.hub.keys, "users", call.query.cursor)
    found = await call.hub.db.read(
        _users, place[0] if place else 0, call.query.limit + 1, clock.now()
    )
    return paging.page(call.hub.keys, "users", found, call.query.limit, lambda one: [one.id])


def _users(tx: Tx, after: int, limit: int, now: int) -> list[UserView]:
    return [_user(tx, row, now) for row in users.listed(tx, after, limit)]


def _user(tx: Tx, row: Row, now: int) -> UserView:
    agent = row["agent"]
    return UserView(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        active=bool(row["active"]),
        has_password=row["password_hash"] is not None,
        second_factor=row["totp_secret"] is not None,
        provider=row["oidc_subject"] is not None,
        locked_until=when(row["locked_until"]) if (row["locked_until"] or 0) > now else None,
        invited_at=when(row["invited_at"]),
        signed_in_at=when(row["signed_in_at"]),
        sessions=len(access.sessions(tx, row["id"], now)),
        agent=agent,
        queues=[] if agent is None else queues.served_by(tx, agent),
        skills={} if agent is None else skills.of_agent(tx, agent),
        limits={} if agent is None else agents.limits(tx, agent),
        created_at=when(row["created_at"]),
    )


async def show(call: Call[Any, Any]) -> UserView:
    """One of them"""
    return await call.hub.db.read(_one, call.id(), clock.now())


def _one(tx: Tx, id: int, now: int) -> UserView:
    return _user(tx, _row(tx, id), now)


def _row(tx: Tx, id: int) -> Row:
    row = users.get(tx, id)
    if row is None:
        raise not_found("user")
    return row


async def list_sessions(call: Call[Page, None]) -> dict[str, Any]:
    """Where somebody is signed in"""
    found = await call.hub.db.read(_sessions, call.id(), call.who, clock.now())
    return paging.cut(call.hub.keys, "sessions", found, call.query)


def _sessions(tx: Tx, id: int, who: Principal, now: int) -> list[SessionView]:
    _row(tx, id)
    return [session_view(row, who.session) for row in access.sessions(tx, id, now)]


# ---------------------------------------------------------------- inviting


async def add_user(call: Call[NoQuery, NewUser]) -> UserView:
    """Add somebody; a link lets them in"""
    body = call.body
    try:
        email = mail_address(body.email)
    except ValueError as err:
        raise invalid("email", str(err)) from err
    hands_on(call.who, body.role)
    id = await call.hub.db.write(
        accounts.add_user,
        email=email,
        name=body.name,
        role=body.role,
        serves=body.queues,
        by=call.who.actor,
        now=clock.now(),
    )
    return await call.hub.db.read(_one, id, clock.now())


async def make_link(call: Call[NoQuery, LinkWish]) -> Link:
    """A one-time link that signs this person in: to hand over, or sent by mail"""
    found = await call.hub.db.read(_one, call.id(), clock.now())
    hands_on(call.who, found.role)  # whoever has the link is that person
    if not call.body.send:
        token = new_token()
        await call.hub.db.write(
            accounts.link, found.email, token, by=call.who.actor, now=clock.now()
        )
        return Link(link_url(call.hub.settings.public_url, token))
    url, channel, why = await call.hub.letters.invite(found.id, call.body.kind, by=call.who.actor)
    return Link("" if channel else url, channel, why)


# ---------------------------------------------------------------- changing


async def change_user(call: Call[NoQuery, UserChanges]) -> UserView:
    """Change somebody's name, role or queues, or switch them off"""
    desk = call.hub.desk
    await call.hub.db.write(_change, call.id(), call.body, call.who, desk, clock.now())
    return await show(call)


def _change(tx: Tx, id: int, changes: UserChanges, who: Principal, desk: Desk, now: int) -> None:
    row = _row(tx, id)
    role = row["role"] if changes.role is None else changes.role
    active = bool(row["active"]) if changes.active is None else changes.active
    if id == who.user and (role != row["role"] or not active):
        raise Problem(409, "nobody changes their own role or switches themselves off")
    if role != row["role"] or active > bool(row["active"]):
        hands_on(who, role)
    if role != Role.ADMIN or not active:
        accounts.keep_an_admin(tx, row)
    moved = 0
    if row["agent"] is not None and (not active or role == Role.VIEWER):
        heir = Heir(changes.hand_to, changes.back_to_queue)
        moved = leaving.let_go(tx, row, heir, desk, now)
    users.set_profile(tx, id, name=changes.name or row["name"], role=role, active=active, now=now)
    if active:
        accounts.set_work(tx, id, role, changes.queues, now)
        accounts.set_abilities(tx, id, changes.skills, changes.limits, now)
    else:
        users.switch_off(tx, id, now=now)
    given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value}
    given |= {"role": role, "active": active, "before": _before(row)}
    given |= {"moved": moved} if moved else {}
    audit.record(tx, who.actor, "change-user", f"user:{id}", now=now, **given)


def _before(row: Row) -> dict[str, Any]:
    return {"name": row["name"], "role": row["role"], "active": bool(row["active"])}


async def unlock(call: Call[NoQuery, None]) -> UserView:
    """End a lock-out before its time"""
    await call.hub.db.write(_unlock, call.id(), call.who.actor, clock.now())
    return await show(call)


def _unlock(tx: Tx, id: int, by: str, now: int) -> None:
    _row(tx, id)
    users.unlock(tx, id)
    audit.record(tx, by, "unlock", f"user:{id}", now=now)


async def sign_out(call: Call[NoQuery, None]) -> UserView:
    """Sign somebody out everywhere, at once"""
    await call.hub.db.write(_sign_out, call.id(), call.who.actor, clock.now())
    return await show(call)


def _sign_out(tx: Tx, id: int, by: str, now: int) -> None:
    _row(tx, id)
    ended = access.end_sessions(tx, id, now=now)
    audit.record(tx, by, "sign-out-everywhere", f"user:{id}", now=now, sessions=ended)


async def remove_second_factor(call: Call[NoQuery, None]) -> UserView:
    """Take away the second factor of somebody who has lost it"""
    await call.hub.db.write(second_factor.remove, call.id(), call.who.actor, clock.now())
    return await show(call)


async def release(call: Call[NoQuery, None]) -> UserView:
    """Forget whom the provider vouches for as this person"""
    await call.hub.db.write(_release, call.id(), call.who.actor, clock.now())
    return await show(call)


def _release(tx: Tx, id: int, by: str, now: int) -> None:
    _row(tx, id)
    users.set_subject(tx, id, None)
    access.end_sessions(tx, id, now=now)
    audit.record(tx, by, "release-provider", f"user:{id}", now=now)


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    people, view, one = Permission.USERS, UserView, "/users/{id}"
    return [
        route("GET", "/users", people, list_users, query=Page, answer=Users),
        route("POST", "/users", people, add_user, body=NewUser, answer=view, status=201),
        route("GET", one, people, show, answer=view),
        route("PATCH", one, people, change_user, body=UserChanges, answer=view),
        route("POST", f"{one}/link", people, make_link, body=LinkWish, answer=Link, status=201),
        route("POST", f"{one}/unlock", people, unlock, answer=view),
        route("GET", f"{one}/sessions", people, list_sessions, query=Page, answer=Sessions),
        route("DELETE", f"{one}/sessions", people, sign_out, answer=view),
        route("DELETE", f"{one}/second-factor", people, remove_second_factor, answer=view),
        route("DELETE", f"{one}/provider", people, release, answer=view),
    ]
