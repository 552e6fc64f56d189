"""Access tokens for one mailbox: asked for, kept, and renewed before they expire (RFC 6749).

A provider may give a new refresh token with each access token and take the old one back: what it
gave is kept before it is used. Tokens of another client than the settings name are forgotten.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from authlib.common.security import generate_token
from authlib.oauth2.rfc7523 import JWTBearerGrant
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from connectors.contract import (
    ChannelError,
    ConfigInvalid,
    Environment,
    OutcomeUnknown,
    Rejected,
    Unauthorized,
    Unavailable,
)
from connectors.email.oauth_settings import endpoints
from connectors.email.settings import Settings
from connectors.http import HttpClient, Reply, netloc, retry_after

EARLY_SECONDS = 300
"""A token is renewed so long before it expires."""
LIFE_SECONDS = 3600
"""How long a token lasts whose provider does not say."""
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
"""The grant of a service account (RFC 7523 section 2.1)."""
_WORDS = 200  # characters of a provider's words

_log = logging.getLogger(__name__)


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept between two starts."""

    client: str
    access: str = ""
    expires_at: int = 0
    """Seconds since 1970."""
    refresh: str = ""
    refresh_expires_at: int = 0


class Tokens:
    """The tokens of one mailbox. Several may ask at once: one of them renews for all."""

    def __init__(
        self, settings: Settings, env: Environment, *, now: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._env = env
        self._now = now
        self._endpoints = endpoints(settings)
        self._lock = asyncio.Lock()
        self._kept: Kept | None = None
        self._is_unsaved = False

    async def secret(self, refused: str = "") -> str:
        """An access token that is good for some minutes. Raises Unauthorized, Unavailable."""
        async with self._lock:
            kept = await self._recall()
            if self._is_unsaved:
                await self._save(kept)
            is_good = kept.expires_at - EARLY_SECONDS > self._now()
            if kept.access and is_good and kept.access != refused:
                return kept.access
            return (await self._renewed(kept)).access

    async def renew(self) -> None:
        """Get a token now, whatever is kept. Raises Unauthorized, Unavailable."""
        async with self._lock:
            await self._renewed(await self._recall())

    # ---------------------------------------------------------------- consent

    @property
    def asks_person(self) -> bool:
        """Whether somebody must consent in a browser once."""
        return self._settings.oauth_flow == "refresh_token"

    def consent_url(self, redirect_uri: str, state: str, verifier: str) -> str:
        """The provider's page (RFC 6749 section 4.1.1, PKCE: RFC 7636). Raises ConfigInvalid."""
        if not self._endpoints.authorize:
            raise ConfigInvalid("oauth_authorize_url: is needed to ask somebody")
        query = {
            "response_type": "code",
            "client_id": self._settings.oauth_client_id,
            "redirect_uri": redirect_uri,
            "scope": self._endpoints.scope,
            "state": state,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
            "login_hint": self._settings.imap_login,
            **self._endpoints.asks_with,
        }
        joint = "&" if "?" in self._endpoints.authorize else "?"
        return f"{self._endpoints.authorize}{joint}{urlencode(query)}"

    async def accept(self, code: str, redirect_uri: str, verifier: str) -> None:
        """Take the code that the browser brought back. Raises Unauthorized, Unavailable."""
        async with self._lock:
            kept = await self._asked(
                Kept(self._settings.oauth_client_id),
                {
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": redirect_uri,
                    "code_verifier": verifier,
                },
            )
            if not kept.refresh:
                raise Unauthorized("oauth: the provider gave no refresh token: ask it once more")

    # ---------------------------------------------------------------- what is kept

    async def _recall(self) -> Kept:
        if self._kept is None:
            text = await self._env.memory.recall() if self._env.memory else None
            self._kept = _read(text, self._settings.oauth_client_id)
        return self._kept

    async def _save(self, kept: Kept) -> None:
        """Keep it; where the store is away it is tried again with the next question."""
        if self._env.memory is None:
            return
        try:
            await self._env.memory.keep(
                msgspec.json.encode(kept).decode(),
                expires_at=_moment(kept.expires_at),
                refresh_expires_at=_moment(kept.refresh_expires_at),
            )
            self._is_unsaved = False
        except Unavailable:
            self._is_unsaved = True
            _log.warning("channel %s: its tokens cannot be kept yet", self._env.channel)

    async def _renewed(self, kept: Kept) -> Kept:
        try:
            return await self._asked(kept, self._grant(kept))
        except ChannelError as err:
            if self._env.memory is not None:
                await self._env.memory.trouble(str(err))
            raise

    def _grant(self, kept: Kept) -> dict[str, str]:
        """What the provider is asked with. Raises Unauthorized: nobody has consented."""
        settings = self._settings
        if settings.oauth_flow == "client_credentials":
            if settings.oauth_provider == "google":
                return {"grant_type": JWT_BEARER, "assertion": self._assertion()}
            return {"grant_type": "client_credentials", "scope": self._endpoints.scope}
        refresh = kept.refresh or settings.oauth_refresh_token.reveal()
        if not refresh:
            raise Unauthorized(
                f"oauth: nobody has consented yet: run hub channel authorize {self._env.channel}"
            )
        return {"grant_type": "refresh_token", "refresh_token": refresh}

    def _assertion(self) -> str:
        """A service account's word that it acts for the mailbox."""
        now = int(self._now())
        try:
            text = JWTBearerGrant.sign(
                RSAKey.import_key(self._settings.oauth_client_secret.reveal()),
                self._settings.oauth_client_id,
                self._endpoints.token,
                subject=self._settings.imap_login,
                issued_at=now,
                expires_at=now + LIFE_SECONDS,
                claims={"scope": self._endpoints.scope},
                alg="RS256",
            )
        except (JoseError, ValueError, TypeError) as err:
            raise ConfigInvalid("oauth_client_secret: is no private key (PEM)") from err
        return str(text)

    # ---------------------------------------------------------------- the provider

    async def _asked(self, kept: Kept, grant: Mapping[str, str]) -> Kept:
        """Ask the provider; what it gave, kept. Raises Unauthorized, Unavailable."""
        form = dict(grant)
        if grant["grant_type"] != JWT_BEARER:
            form["client_id"] = self._settings.oauth_client_id
            if self._settings.oauth_client_secret:
                form["client_secret"] = self._settings.oauth_client_secret.reveal()
        reply = await self._post(form)
        answer = _answer(reply)
        if reply.status != 200:
            raise self._refusal(reply, answer)
        now = int(self._now())
        access = answer.get("access_token")
        if not isinstance(access, str) or not access or not access.isascii() or "\x01" in access:
            raise Unavailable("oauth: the provider's answer has no access token")
        refresh = answer.get("refresh_token")
        lasts = _seconds(answer.get("refresh_token_expires_in"), 0)
        self._kept = Kept(
            client=self._settings.oauth_client_id,
            access=access,
            expires_at=now + _seconds(answer.get("expires_in"), LIFE_SECONDS),
            refresh=refresh if isinstance(refresh, str) and refresh else kept.refresh,
            refresh_expires_at=now + lasts if lasts else kept.refresh_expires_at,
        )
        await self._save(self._kept)
        return self._kept

    async def _post(self, form: Mapping[str, str]) -> Reply:
        own = [self._endpoints.token] if self._settings.oauth_token_url else []
        hosts = self._env.allow_hosts | {netloc(url) for url in own}
        client = HttpClient(
            user_agent=self._env.user_agent, allow_hosts=hosts, proxy=self._env.proxy
        )
        try:
            async with client:
                return await client.request("POST", self._endpoints.token, data=dict(form))
        except OutcomeUnknown as err:  # a lost answer is asked for again
            raise Unavailable(f"oauth: {err}") from err
        except Rejected as err:
            raise ConfigInvalid(f"oauth_token_url: {err}") from err

    def _refusal(self, reply: Reply, answer: Mapping[str, Any]) -> ChannelError:
        """What an error means (RFC 6749 section 5.2)."""
        code = str(answer.get("error", ""))[:60]
        said = " ".join(str(answer.get("error_description", "")).split())[:_WORDS]
        words = f"oauth: {reply.status} {code}{': ' if said else ''}{said}".strip()
        if reply.status in (408, 429) or reply.status >= 500 or code == "temporarily_unavailable":
            return Unavailable(words, retry_after=retry_after(reply.headers))
        if code in ("invalid_grant", "interaction_required", "consent_required"):
            again = f" (run hub channel authorize {self._env.channel})" if self.asks_person else ""
            return Unauthorized(words + again)
        return Unauthorized(words)


def new_verifier() -> str:
    """A PKCE verifier or a state: 64 random characters."""
    return str(generate_token(64))


def _read(text: str | None, client: str) -> Kept:
    """What was kept; nothing if it was for another client."""
    try:
        kept = msgspec.json.decode(text or "", type=Kept)
    except msgspec.MsgspecError:
        return Kept(client)
    return kept if kept.client == client else Kept(client)


def _answer(reply: Reply) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(value: object, default: int) -> int:
    """``expires_in``, which some providers write as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:12])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return int(min(max(value, 0), 10**9))


def _moment(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
