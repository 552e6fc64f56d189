"""An authorization server on loopback, as strict as Google's and Microsoft's: each refresh token is
good once where it rotates them, codes are good once and only with their verifier."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "client-of-tests"
SECRET = "client-secret-of-tests"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass
class OAuthServer:
    """What it gave out, what it was asked, and how it is bent."""

    base: str = ""
    rotates: bool = True
    expires_in: Any = 3600
    refresh_expires_in: int = 0
    refusals: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Answered first, one a request."""
    key: RSAKey | None = None
    """Of the service account."""
    asked: list[dict[str, str]] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    """Access tokens, the newest last."""
    refresh: set[str] = field(default_factory=set)
    """Refresh tokens that are good."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def settings(self) -> dict[str, Any]:
        """Of a channel whose tokens come from here."""
        return {
            "oauth_provider": "other",
            "oauth_client_id": CLIENT,
            "oauth_client_secret": SECRET,
            "oauth_scope": "mail offline_access",
            "oauth_token_url": f"{self.base}/token",
            "oauth_authorize_url": f"{self.base}/authorize",
            "imap_auth": "xoauth2",
        }

    def consent(self) -> str:
        """Somebody has consented elsewhere: the refresh token."""
        token = f"refresh-{next(self._numbers)}"
        self.refresh.add(token)
        return token

    async def authorize(self, request: web.Request) -> web.Response:
        """Somebody signs in and consents at once."""
        query = dict(request.query)
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = f"code-{next(self._numbers)}"
        self.codes[code] = query
        raise web.HTTPFound(
            f"{query['redirect_uri']}/?{urlencode({'code': code, 'state': query['state']})}"
        )

    async def token(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-www-form-urlencoded"
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.refusals:
            status, answer = self.refusals.pop(0)
            return web.json_response(answer, status=status)
        if form["grant_type"] == JWT_BEARER:
            return self._granted(self._is_account(form["assertion"]), "")
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        match form["grant_type"]:
            case "client_credentials":
                return self._granted(bool(form["scope"]), "")
            case "refresh_token":
                return self._granted(form["refresh_token"] in self.refresh, form["refresh_token"])
            case "authorization_code":
                return self._granted(self._is_code(form), "new")
        return web.json_response({"error": "unsupported_grant_type"}, status=400)

    def _is_code(self, form: dict[str, str]) -> bool:
        asked = self.codes.pop(form["code"], None)
        return (
            asked is not None
            and asked["redirect_uri"] == form["redirect_uri"]
            and asked["code_challenge"] == create_s256_code_challenge(form["code_verifier"])
        )

    def _is_account(self, assertion: str) -> bool:
        claims = jwt.decode(assertion, self.key, algorithms=["RS256"]).claims
        jwt.JWTClaimsRegistry(
            aud={"essential": True, "value": f"{self.base}/token"},
            exp={"essential": True},
            iss={"essential": True, "value": CLIENT},
            sub={"essential": True},
        ).validate(claims)
        return bool(claims["scope"])

    def _granted(self, is_right: bool, refresh: str) -> web.Response:
        if not is_right:
            answer = {"error": "invalid_grant", "error_description": "expired or revoked"}
            return web.json_response(answer, status=400)
        self.given.append(f"access-{next(self._numbers)}")
        answer = {"access_token": self.given[-1], "token_type": "Bearer"}
        if self.expires_in is not None:
            answer["expires_in"] = self.expires_in
        if refresh == "new" or (refresh and self.rotates):
            self.refresh.discard(refresh)
            answer["refresh_token"] = self.consent()
        if self.refresh_expires_in:
            answer["refresh_token_expires_in"] = self.refresh_expires_in
        return web.json_response(answer)


@asynccontextmanager
async def oauth_server(**bent: Any) -> AsyncIterator[OAuthServer]:
    """It, listening."""
    server = OAuthServer(**bent)
    app = web.Application()
    app.router.add_get("/authorize", server.authorize)
    app.router.add_post("/token", server.token)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
