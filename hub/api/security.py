"""One's own way in: password, second factor, and where one is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hub import clock
from hub.access import second_factor as factor
from hub.api.access import user_of
from hub.http import Call, NoQuery, Route, route
from hub.permissions import Permission
from hub.problems import not_found
from storage import access, audit, second_factor, users
from storage.views import time_of

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Row, Tx

Code = Annotated[str, msgspec.Meta(max_length=40)]


class SessionView(msgspec.Struct, kw_only=True):
    """One place where somebody is signed in."""

    id: int
    this: bool
    """The one that asks."""
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    user_agent: str
    address: str
    how: str
    """password, link or oidc."""


class SecurityView(msgspec.Struct, kw_only=True):
    """How I get in."""

    has_password: bool
    second_factor: bool
    recovery_codes: int
    """How many are left."""
    provider: bool
    sessions: list[SessionView]


class Current(msgspec.Struct, forbid_unknown_fields=True):
    """My password, to show that it is me; left out by who has none."""

    current: str | None = None


class EnrolmentView(msgspec.Struct, kw_only=True):
    """What an authenticator app needs; it is asked for only once a code has confirmed it."""

    secret: str
    uri: str
    picture: str
    """A QR code (SVG, ``data:`` URL)."""


class Confirmation(msgspec.Struct, forbid_unknown_fields=True):
    """The code that the app shows."""

    code: Code


class RecoveryCodes(msgspec.Struct):
    """Shown only now, each good once."""

    codes: list[str]


class Elsewhere(msgspec.Struct, forbid_unknown_fields=True):
    """Which sessions end: all others, or this one too."""

    this: bool = False


def session_view(row: Row, this: int | None) -> SessionView:
    """A session as people see it; ``this``: the one that asks."""
    return SessionView(
        id=row["id"],
        this=row["id"] == this,
        created_at=time_of(row["created_at"]),
        seen_at=time_of(row["seen_at"]),
        expires_at=time_of(row["expires_at"]),
        user_agent=row["user_agent"],
        address=row["address"],
        how=row["how"],
    )


async def show(call: Call[Any, Any]) -> SecurityView:
    """How I get in, and where I am signed in"""
    return await call.hub.db.read(_security, user_of(call.who), call.who, clock.now())


def _security(tx: Tx, user: int, who: Principal, now: int) -> SecurityView:
    row = users.get(tx, user)
    if row is None:
        raise not_found("user")
    return SecurityView(
        has_password=row["password_hash"] is not None,
        second_factor=row["totp_secret"] is not None,
        recovery_codes=second_factor.codes_left(tx, user),
        provider=row["oidc_subject"] is not None,
        sessions=[session_view(one, who.session) for one in access.sessions(tx, user, now)],
    )


# ---------------------------------------------------------------- the second factor


async def begin(call: Call[NoQuery, Current]) -> EnrolmentView:
    """A secret for my authenticator app"""
    user, hub = user_of(call.who), call.hub
    await hub.auth.confirm_password(call.who, call.body.current)
    made = factor.enrolment(call.who.email, hub.settings.name)
    await hub.db.write(factor.begin, user, hub.keys.encrypt(made.secret))
    return EnrolmentView(secret=made.secret, uri=made.uri, picture=made.picture)


async def confirm(call: Call[NoQuery, Confirmation]) -> RecoveryCodes:
    """The app shows this: from now on it is asked for"""
    user, hub, codes = user_of(call.who), call.hub, factor.new_codes()
    hashes = [factor.code_hash(hub.keys, user, one) for one in codes]
    hub.auth.slow_down_user(user)
    await hub.db.write(
        factor.confirm, hub.keys, user, call.who.session, call.body.code, hashes, hub.clock()
    )
    return RecoveryCodes(codes)


async def renew_codes(call: Call[NoQuery, Current]) -> RecoveryCodes:
    """New recovery codes; the old ones are void"""
    user, hub, codes = user_of(call.who), call.hub, factor.new_codes()
    await hub.auth.confirm_password(call.who, call.body.current)
    hashes = [factor.code_hash(hub.keys, user, one) for one in codes]
    await hub.db.write(factor.renew_codes, user, hashes, clock.now())
    return RecoveryCodes(codes)


async def remove(call: Call[NoQuery, Current]) -> SecurityView:
    """Go without a second factor again"""
    user = user_of(call.who)
    await call.hub.auth.confirm_password(call.who, call.body.current)
    await call.hub.db.write(factor.remove, user, call.who.actor, clock.now())
    return await show(call)


# ---------------------------------------------------------------- sessions


async def end(call: Call[NoQuery, None]) -> None:
    """Sign out of one place"""
    user = user_of(call.who)
    if not await call.hub.db.write(_end, call.id(), user, call.who.actor, clock.now()):
        raise not_found("session of yours")


def _end(tx: Tx, id: int, user: int, by: str, now: int) -> bool:
    if not access.end_session(tx, id, user, now=now):
        return False
    audit.record(tx, by, "end-session", f"user:{user}", now=now, session=id)
    return True


async def end_all(call: Call[NoQuery, Elsewhere]) -> None:
    """Sign out everywhere else, or everywhere"""
    kept = None if call.body.this else call.who.session
    await call.hub.db.write(_end_all, user_of(call.who), kept, call.who.actor, clock.now())


def _end_all(tx: Tx, user: int, kept: int | None, by: str, now: int) -> None:
    ended = access.end_sessions(tx, user, but=kept, now=now)
    audit.record(tx, by, "sign-out-everywhere", f"user:{user}", now=now, sessions=ended)


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, one = Permission.READ, "/me/second-factor"
    codes, given = RecoveryCodes, Current
    return [
        route("GET", "/me/security", read, show, answer=SecurityView),
        route("POST", one, read, begin, body=given, answer=EnrolmentView, status=201),
        route("POST", f"{one}/confirm", read, confirm, body=Confirmation, answer=codes),
        route("POST", f"{one}/codes", read, renew_codes, body=given, answer=codes),
        route("POST", f"{one}/remove", read, remove, body=given, answer=SecurityView),
        route("DELETE", "/me/sessions/{id}", read, end),
        route("POST", "/me/sign-out-everywhere", read, end_all, body=Elsewhere),
    ]
