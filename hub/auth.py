"""Who calls: sessions by cookie, tokens by header, one-time links; and what keeps guessers slow.

Tokens are random and stored as SHA-256 only. A session ends 14 days after its last use and 60 days
after sign-in; a link after 24 hours or one use.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiohttp import web

from hub.access import opening
from hub.access.opening import Browser, Opening
from hub.access.principal import Principal, of_session, of_token
from hub.fields import FieldError
from hub.http import client_address
from hub.limits import Buckets, source
from hub.passwords import Passwords
from hub.permissions import granted
from hub.problems import Problem, too_many
from storage import access, users

if TYPE_CHECKING:
    from hub.keys import Keys
    from hub.settings import Settings
    from storage.db import Database, Row, Tx

COOKIE = "hub_session"
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
SESSION_IDLE = opening.SESSION_IDLE
SESSION_MOST = 60 * _DAY
LINK_HOLDS = _DAY
LOCK_AFTER = opening.LOCK_AFTER
LOCK_HOLDS = opening.LOCK_HOLDS
_TOUCH_AFTER = 300 * _SECOND
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: ``token`` goes into the cookie and is known to nobody else."""

    principal: Principal
    token: str


class Auth:
    """Sign-in and recognition. ``clock`` gives µs since 1970."""

    def __init__(
        self, db: Database, keys: Keys, settings: Settings, clock: Callable[[], int]
    ) -> None:
        self._db = db
        self._keys = keys
        self._settings = settings
        self._clock = clock
        self._passwords = Passwords()
        self._by_address = Buckets(20, 20 / 60)
        self._by_email = Buckets(10, 10 / 60)
        self._by_provider = Buckets(100, 1)
        self._letters = Buckets(5, 5 / 3600)  # nobody's mailbox is filled, nor their links ended
        self._bad_tokens = Buckets(30, 30 / 60)
        self._aside: set[asyncio.Task[None]] = set()

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
        address = _source(request, self._settings)
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
        return of_token(found)

    async def _by_cookie(self, cookie: str) -> Principal | None:
        now = self._clock()
        found = await self._db.read(access.session, hashed(cookie), now)
        if found is None:
            return None
        if now - found["seen_at"] > _TOUCH_AFTER:
            until = min(now + SESSION_IDLE, found["created_at"] + SESSION_MOST)
            await self._db.write(access.touch_session, found["id"], now, until)
        return of_session(found)

    async def today(self, principal: Principal) -> Principal | None:
        """The principal of an open socket with the rights of today; None: it is to end."""
        found = await self._db.read(
            access.standing, principal.session, principal.token, self._clock()
        )
        if found is None:
            return None
        role, agent = found
        if (role, agent) == (principal.role, principal.agent):
            return principal
        # a token's scopes are not known here: it keeps at most what it had
        most = granted(role) if principal.token is None else granted(role) & principal.permissions
        return replace(principal, role=role, permissions=most, agent=agent)

    # ------------------------------------------------------------ signing in

    async def sign_in(
        self, request: web.Request, email: str, password: str, code: str | None = None
    ) -> SignedIn:
        """By password, and by a code where there is a second factor.

        Raises Problem: 401 (never saying which is wrong; ``needs: code`` where only that is
        missing), 403 (passwords are switched off), 429.
        """
        if not self.takes_passwords:
            raise Problem(403, "sign in with the button below: passwords are switched off here")
        address, email = _source(request, self._settings), email.strip().casefold()
        self._slow_down(address, email)
        now = self._clock()
        row = await self._db.read(users.by_email, email)
        locked = row is not None and (row["locked_until"] or 0) > now
        usable = row is not None and bool(row["active"]) and not locked
        stored = row["password_hash"] if row is not None and usable else None
        if not await self._passwords.verify(stored, password) or row is None:
            if row is not None and usable:
                self._failed_aside(row["id"])
            raise opening.wrong_password()
        if row["totp_secret"] is not None and not code:
            self._by_email.give_back(email)
            raise needs_code()
        browser = self._browser(request, "password")
        found = await self._open(row["id"], browser, code=code)
        self._by_email.give_back(email)
        self._by_address.give_back(address)  # many people sit behind one address
        return found

    @property
    def takes_passwords(self) -> bool:
        """Whether people sign in by password."""
        oidc = self._settings.oidc
        return oidc is None or not oidc.only

    def _slow_down(self, address: str, email: str) -> None:
        for buckets, key in ((self._by_address, address), (self._by_email, email)):
            if not buckets.take(key):
                raise too_many(buckets.retry_after(key))

    def slow_down_provider(self, request: web.Request) -> None:
        """Each asks the provider something. Raises Problem (429): too many from there."""
        address = _source(request, self._settings)
        if not self._by_provider.take(address):
            raise too_many(self._by_provider.retry_after(address))

    def slow_down_user(self, user: int) -> None:
        """Raises Problem (429): too many codes were tried."""
        if not self._by_email.take(f"confirm {user}"):
            raise too_many(self._by_email.retry_after(f"confirm {user}"))

    def may_ask_for_link(self, request: web.Request, email: str) -> None:
        """Raises Problem (429): too many have been asked for."""
        tries = ((self._by_address, _source(request, self._settings)), (self._letters, email))
        for buckets, key in tries:
            if not buckets.take(key):
                raise too_many(buckets.retry_after(key))

    def _browser(self, request: web.Request, how: str) -> Browser:
        agent = request.headers.get("User-Agent", "")
        return Browser(agent, client_address(request, self._settings), how)

    async def _failed(self, user: int) -> None:
        await self._db.write(opening.sign_in_failed, user, self._clock())

    def _failed_aside(self, user: int) -> None:
        """``_failed``, which nobody waits for: how long it takes must not say that there is such an
        account. Whoever comes in later is looked at after it, in the order of the writer."""
        task = asyncio.get_running_loop().create_task(self._failed(user))
        self._aside.add(task)
        task.add_done_callback(self._done_aside)

    def _done_aside(self, task: asyncio.Task[None]) -> None:
        self._aside.discard(task)
        if not task.cancelled() and (err := task.exception()) is not None:
            _log.warning("a wrong password could not be counted: %s", err)

    async def open_for(self, request: web.Request, user: int, how: str) -> SignedIn:
        """A session for somebody whom somebody else vouches for. Raises Problem (401): they were
        switched off."""
        return await self._open(user, self._browser(request, how), code=None, ask=False)

    async def link_owner(self, request: web.Request, token: str) -> Row:
        """Whose link it is; looking does not use it. Raises Problem (404, 429)."""
        address = _source(request, self._settings)
        if not self._by_address.take(address):
            raise too_many(self._by_address.retry_after(address))
        row = await self._db.read(access.link, hashed(token), self._clock())
        if row is None:
            raise Problem(404, "this link has been used or has run out: ask for a new one")
        self._by_address.give_back(address)
        return row

    async def use_link(
        self,
        request: web.Request,
        token: str,
        *,
        password: str | None,
        name: str | None,
        code: str | None = None,
    ) -> SignedIn:
        """Sign in by a one-time link, and set a password. Raises Problem (400, 401, 404, 429)."""
        owner = await self.link_owner(request, token)
        if owner["totp_secret"] is not None:
            if not code:
                raise needs_code()
            self._slow_down(_source(request, self._settings), owner["email"])
            if (owner["locked_until"] or 0) > self._clock():  # a link is no way to guess codes
                raise wrong_code()
        stored = await self._passwords.hash(password) if password else None
        session, csrf = new_token(), new_token()
        begun = Opening(hashed(session), csrf, self._browser(request, "link"), self._clock())
        row = await self._db.write(
            opening.use_link, self._keys, hashed(token), begun, stored, name, code
        )
        if row is None:
            raise Problem(404, "this link has been used or has run out: ask for a new one")
        if isinstance(row, int):  # a wrong code: the link stays, the try counts
            await self._failed(row)
            raise wrong_code()
        return SignedIn(of_session(row), session)

    async def _open(
        self, user: int, browser: Browser, *, code: str | None, ask: bool = True
    ) -> SignedIn:
        session, csrf = new_token(), new_token()
        begun = Opening(hashed(session), csrf, browser, self._clock())
        row = await self._db.write(opening.sign_in, self._keys, user, begun, code, ask)
        if row is None:
            await self._failed(user)
            raise wrong_code()
        return SignedIn(of_session(row), session)

    async def sign_out(self, principal: Principal) -> None:
        """End this session."""
        if principal.session is not None and principal.user is not None:
            await self._db.write(opening.sign_out, principal.session, principal.user, self._clock())

    async def confirm_password(self, principal: Principal, password: str | None) -> None:
        """That it is really them, before what gives their account away is changed.

        A session of somebody who has no password yet needs none. Raises Problem (403, 429).
        """
        if principal.user is None or principal.session is None:
            raise Problem(403, "only somebody who has signed in may do this")
        key = f"confirm {principal.user}"
        if not self._by_email.take(key):
            raise too_many(self._by_email.retry_after(key))
        row = await self._db.read(users.get, principal.user)
        stored = None if row is None else row["password_hash"]
        locked = row is not None and (row["locked_until"] or 0) > self._clock()
        right = stored is None or await self._passwords.verify(stored, password or "")
        if locked or not right:
            await self._failed(principal.user)
            raise Problem(403, "the password is wrong", errors=[FieldError("current", "is wrong")])
        self._by_email.give_back(key)

    async def set_password(self, principal: Principal, password: str) -> None:
        """A new password for oneself; other sessions end."""
        if principal.user is None:
            raise Problem(403, "a program's token has no password")
        stored = await self._passwords.hash(password)
        await self._db.write(
            opening.set_password,
            principal.user,
            stored,
            principal.session,
            principal.actor,
            self._clock(),
        )


# ---------------------------------------------------------------- small parts


def _source(request: web.Request, settings: Settings) -> str:
    return source(client_address(request, settings))


def make_link(tx: Tx, user: int, token: str, now: int) -> None:
    """Store a one-time link for ``token`` (of ``new_token``)."""
    access.add_link(tx, token_hash=hashed(token), user=user, now=now, expires_at=now + LINK_HOLDS)


def needs_code() -> Problem:
    """The password is right; a code of the second factor is asked for."""
    return Problem(401, "a code of your authenticator app is needed", needs="code")


def wrong_code() -> Problem:
    """The code is wrong, or was used before."""
    return Problem(401, "this code is wrong or was used before: wait for the next", needs="code")


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
