"""Who calls: sessions by cookie, tokens by header, one-time links; and what keeps guessers slow.

Tokens are random and stored as SHA-256 only. A session ends 14 days after its last use and 60 days
after sign-in; a link after 24 hours or one use.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from hub.http import client_address
from hub.limits import Buckets
from hub.passwords import Passwords
from hub.permissions import Permission, granted
from hub.problems import Problem, too_many
from storage import access, audit, users

if TYPE_CHECKING:
    from hub.settings import Settings
    from storage.db import Database, Row, Tx

COOKIE = "hub_session"
CSRF_HEADER = "X-CSRF-Token"
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
SESSION_IDLE = 14 * _DAY
SESSION_MOST = 60 * _DAY
LINK_HOLDS = _DAY
LOCK_AFTER = 10  # wrong passwords in a row
LOCK_HOLDS = 15 * 60 * _SECOND
_TOUCH_AFTER = 300 * _SECOND


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


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: ``token`` goes into the cookie and is known to nobody else."""

    principal: Principal
    token: str


class Auth:
    """Sign-in and recognition. ``clock`` gives µs since 1970."""

    def __init__(self, db: Database, settings: Settings, clock: Callable[[], int]) -> None:
        self._db = db
        self._settings = settings
        self._clock = clock
        self._passwords = Passwords()
        self._by_address = Buckets(20, 20 / 60)
        self._by_email = Buckets(10, 10 / 60)
        self._bad_tokens = Buckets(30, 30 / 60)

    # ------------------------------------------------------------ recognising

    async def principal(self, request: web.Request) -> Principal | None:
        """Who calls, by header or cookie; None if nobody. Raises Problem (401, 429)."""
        header = request.headers.get("Authorization")
        if header is not None:
            return await self._by_token(request, header)
        cookie = request.cookies.get(COOKIE)
        return await self._by_cookie(cookie) if cookie else None

    async def _by_token(self, request: web.Request, header: str) -> Principal:
        scheme, _, token = header.partition(" ")
        address = client_address(request, self._settings)
        if self._bad_tokens.level(address) < 1:
            raise too_many(self._bad_tokens.retry_after(address))
        found = None
        if scheme.lower() == "bearer":
            found = await self._db.read(access.token, hashed(token.strip()))
        if found is None:
            self._bad_tokens.take(address)
            raise Problem(401, "the token is not known", headers={"WWW-Authenticate": "Bearer"})
        now = self._clock()
        if now - (found["used_at"] or 0) > _TOUCH_AFTER:
            await self._db.write(access.touch_token, found["id"], now)
        return _of_token(found)

    async def _by_cookie(self, cookie: str) -> Principal | None:
        now = self._clock()
        found = await self._db.read(access.session, hashed(cookie), now)
        if found is None:
            return None
        if now - found["seen_at"] > _TOUCH_AFTER:
            await self._db.write(access.touch_session, found["id"], now, now + SESSION_IDLE)
        return _of_session(found)

    async def still_holds(self, principal: Principal) -> bool:
        """Whether a socket that was opened by this principal may stay open."""
        return bool(
            await self._db.read(access.holds, principal.session, principal.token, self._clock())
        )

    # ------------------------------------------------------------ signing in

    async def sign_in(self, request: web.Request, email: str, password: str) -> SignedIn:
        """By password. Raises Problem: 401 (never saying which is wrong), 429."""
        address, email = client_address(request, self._settings), email.strip().casefold()
        for buckets, key in ((self._by_address, address), (self._by_email, email)):
            if not buckets.take(key):
                raise too_many(buckets.retry_after(key))
        now = self._clock()
        row = await self._db.read(users.by_email, email)
        locked = row is not None and (row["locked_until"] or 0) > now
        usable = row is not None and bool(row["active"]) and not locked
        stored = row["password_hash"] if row is not None and usable else None
        if not await self._passwords.verify(stored, password) or row is None:
            if row is not None and usable:
                until = now + LOCK_HOLDS
                await self._db.write(users.sign_in_failed, row["id"], most=LOCK_AFTER, until=until)
            raise Problem(401, "this address and password do not belong together, or are locked")
        self._by_email.give_back(email)
        return await self._db_open(row["id"], request.headers.get("User-Agent", ""))

    async def link_owner(self, request: web.Request, token: str) -> Row:
        """Whose link it is; looking does not use it. Raises Problem (404, 429)."""
        address = client_address(request, self._settings)
        if not self._by_address.take(address):
            raise too_many(self._by_address.retry_after(address))
        row = await self._db.read(access.link, hashed(token), self._clock())
        if row is None:
            raise Problem(404, "this link has been used or has run out: ask for a new one")
        self._by_address.give_back(address)
        return row

    async def use_link(
        self, request: web.Request, token: str, *, password: str | None, name: str | None
    ) -> SignedIn:
        """Sign in by a one-time link, and set a password. Raises Problem (400, 404, 429)."""
        await self.link_owner(request, token)
        stored = await self._passwords.hash(password) if password else None
        agent = request.headers.get("User-Agent", "")
        now, session, csrf = self._clock(), new_token(), new_token()
        row = await self._db.write(
            _use_link, hashed(token), hashed(session), csrf, stored, name, agent, now
        )
        if row is None:
            raise Problem(404, "this link has been used or has run out: ask for a new one")
        return SignedIn(_of_session(row), session)

    async def _db_open(self, user: int, agent: str) -> SignedIn:
        session, csrf = new_token(), new_token()
        row = await self._db.write(
            _open_session, user, hashed(session), csrf, agent, self._clock(), worked=True
        )
        return SignedIn(_of_session(row), session)

    async def sign_out(self, principal: Principal) -> None:
        """End this session."""
        if principal.session is not None:
            await self._db.write(access.end_session, principal.session)

    async def set_password(self, principal: Principal, password: str) -> None:
        """A new password for oneself; other sessions end."""
        if principal.user is None:
            raise Problem(403, "a program's token has no password")
        stored = await self._passwords.hash(password)
        await self._db.write(
            _set_password, principal.user, stored, principal.session, principal.actor, self._clock()
        )


# ---------------------------------------------------------------- transactions


def _open_session(
    tx: Tx, user: int, token_hash: str, csrf: str, agent: str, now: int, *, worked: bool = False
) -> Row:
    access.sweep(tx, now)
    if worked:
        users.sign_in_worked(tx, user)
    access.add_session(
        tx,
        token_hash=token_hash,
        user=user,
        csrf=csrf,
        now=now,
        expires_at=now + SESSION_IDLE,
        user_agent=agent,
    )
    audit.record(tx, f"user:{user}", "sign-in", f"user:{user}", now=now)
    row = access.session(tx, token_hash, now)
    if row is None:
        raise Problem(401, "this account was switched off")
    return row


def _use_link(
    tx: Tx,
    link_hash: str,
    token_hash: str,
    csrf: str,
    password_hash: str | None,
    name: str | None,
    agent: str,
    now: int,
) -> Row | None:
    link = access.link(tx, link_hash, now)
    if link is None or not access.use_link(tx, link_hash, now):
        return None
    if password_hash is not None:
        users.set_password(tx, link["user_id"], password_hash)
        access.end_sessions(tx, link["user_id"])
    if name:
        users.set_name(tx, link["user_id"], name)
    return _open_session(tx, link["user_id"], token_hash, csrf, agent, now)


def _set_password(
    tx: Tx, user: int, password_hash: str, session: int | None, actor: str, now: int
) -> None:
    users.set_password(tx, user, password_hash)
    access.end_sessions(tx, user, but=session)
    audit.record(tx, actor, "set-password", f"user:{user}", now=now)


def make_link(tx: Tx, user: int, token: str, now: int) -> None:
    """Store a one-time link for ``token`` (of ``new_token``)."""
    access.add_link(tx, token_hash=hashed(token), user=user, now=now, expires_at=now + LINK_HOLDS)


# ---------------------------------------------------------------- small parts


def new_token() -> str:
    """256 random bits for a URL, a cookie or a header."""
    return secrets.token_urlsafe(32)


def new_api_token() -> str:
    """Recognisable by scanners for leaked secrets."""
    return f"hub_{secrets.token_urlsafe(32)}"


def hashed(token: str) -> str:
    """What the store keeps of a token: tokens are random, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def link_url(public_url: str, token: str) -> str:
    """Where a one-time link leads."""
    return f"{public_url}/link/{token}"


def set_cookie(response: web.StreamResponse, token: str, *, secure: bool) -> None:
    """Hand the session to the browser."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=SESSION_IDLE // _SECOND,
        httponly=True,
        samesite="Lax",
        secure=secure,
        path="/",
    )


def _of_session(row: Row) -> Principal:
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


def _of_token(row: Row) -> Principal:
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
