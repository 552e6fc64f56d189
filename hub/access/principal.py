"""Who calls, and what they may: of a session or of a token."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from hub.permissions import Permission, granted

if TYPE_CHECKING:
    from storage.db import Row

CSRF_HEADER = "X-CSRF-Token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who calls, and what they may."""

    user: int | None
    """None: a program's token, not a person's."""
    email: str
    name: str
    role: str
    permissions: frozenset[Permission]
    agent: int | None
    """The agent they are, if they take work."""
    session: int | None = None
    token: int | None = None
    csrf: str = ""

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def csrf_ok(self, request: web.Request) -> bool:
        """Whether an unsafe call comes from our own page; tokens need no such proof."""
        if self.session is None:
            return True
        return hmac.compare_digest(
            request.headers.get(CSRF_HEADER, "").encode(), self.csrf.encode()
        )

    @property
    def actor(self) -> str:
        """For the audit: ``user:ID`` or ``token:ID``."""
        return f"user:{self.user}" if self.user is not None else f"token:{self.token}"


def of_session(row: Row) -> Principal:
    """Whoever has signed in: a row of ``access.session``."""
    return Principal(
        user=row["user_id"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        permissions=granted(row["role"]),
        agent=row["agent"],
        session=row["id"],
        csrf=row["csrf"],
    )


def of_token(row: Row) -> Principal:
    """A person's program, or one of its own: a row of ``access.token``."""
    scopes: list[Any] = msgspec.json.decode(row["scopes"])
    return Principal(
        user=row["user_id"],
        email=row["email"] or "",
        name=row["name"] or row["token_name"],
        role=row["role"],
        permissions=granted(row["role"], tuple(scopes)),
        agent=row["agent"],
        token=row["id"],
    )
