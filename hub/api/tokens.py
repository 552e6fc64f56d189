"""API tokens: of a person, or of a program with a role of its own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hub import accounts, clock, paging
from hub.api.access import hands_on
from hub.auth import new_api_token
from hub.http import Call, NoQuery, Route, route
from hub.paging import Page
from hub.permissions import Permission
from hub.problems import not_found
from storage import access, audit, users
from storage.views import when

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Row, Tx

Name = Annotated[str, msgspec.Meta(max_length=200)]


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
    id = await call.hub.db.write(_add, token, call.body, call.who, clock.now())
    return MadeToken(id, token)


def _add(tx: Tx, token: str, body: NewToken, who: Principal, now: int) -> int:
    owner = None if body.user is None else users.by_email(tx, body.user)
    hands_on(who, body.role if owner is None else owner["role"], body.scopes)
    return accounts.add_token(
        tx,
        token,
        name=body.name,
        email=body.user,
        role=body.role,
        scopes=body.scopes,
        by=who.actor,
        now=now,
    )


async def revoke_token(call: Call[NoQuery, None]) -> None:
    """End a token at once"""
    if not await call.hub.db.write(_revoke, call.id(), call.who, clock.now()):
        raise not_found("token")


def _revoke(tx: Tx, id: int, who: Principal, now: int) -> bool:
    if not access.revoke_token(tx, id, None, now):
        return False
    audit.record(tx, who.actor, "revoke-token", f"token:{id}", now=now)
    return True


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    tokens = Permission.TOKENS
    return [
        route("GET", "/tokens", tokens, list_tokens, query=Page, answer=Tokens),
        route("POST", "/tokens", tokens, add_token, body=NewToken, answer=MadeToken, status=201),
        route("DELETE", "/tokens/{id}", tokens, revoke_token),
    ]
