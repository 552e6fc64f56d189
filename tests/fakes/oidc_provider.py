"""An OpenID provider on loopback, as strict as real ones, which can also lie in every way.

Strict: codes are good once and for ten minutes of its own clock, PKCE (S256), redirect_uri and
client must fit, the client says its secret by HTTP Basic. ``lies`` names what is wrong on purpose.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "interaction-hub"
SECRET = "the secret of a client of tests"


def new_keys() -> tuple[RSAKey, RSAKey]:
    """Two signing keys, ``first`` and ``other``."""
    return _new_key("first"), _new_key("other")


def _new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


ODD_KEYS: list[Any] = [
    {"kty": "RSA", "n": 7, "e": None},
    {"kty": "EC", "crv": "P-999", "kid": "new", "x": "AA", "y": "AA"},
    {"kty": "AKP", "alg": "ML-DSA-44", "kid": "later", "pub": "AA"},
    "x",
    None,
]
"""What nobody can use yet, or ever: it stands beside the keys of honest providers too."""


@dataclass(slots=True)
class Grant:
    """What a code stands for."""

    redirect: str
    nonce: str
    challenge: str
    claims: dict[str, Any]


@dataclass
class FakeProvider:
    """The provider. ``person``: claims of whoever sits in front of it."""

    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "s-1",
            "email": "sara@acme.example",
            "email_verified": True,
            "name": "Sara Karimi",
            "groups": ["support"],
        }
    )
    lies: set[str] = field(default_factory=set)
    change: Callable[[dict[str, Any]], None] = lambda _claims: None
    """Given the claims of each id_token before it is signed."""
    asked: list[str] = field(default_factory=list)
    """Paths, in order."""
    userinfo: dict[str, Any] | None = None
    waits: float = 30.0
    """Seconds, where it is slow."""
    keys: tuple[RSAKey, RSAKey] = field(default_factory=new_keys)
    """Its own, and another's that it lies with. They take a while to make: tests share them."""
    _codes: dict[str, Grant] = field(default_factory=dict)
    _tokens: dict[str, Grant] = field(default_factory=dict)
    _server: TestServer | None = None

    def __post_init__(self) -> None:
        self.key, self.other = self.keys
        self._released = asyncio.Event()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._describe)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/me", self._me)
        self._server = TestServer(app, host="127.0.0.1")
        await self._server.start_server()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._released.set()
        if self._server is not None:
            await self._server.close()

    @property
    def issuer(self) -> str:
        assert self._server is not None
        return str(self._server.make_url("")).rstrip("/")

    def rotate(self, kid: str = "second") -> None:
        """Sign with a new key from now on; the old one is gone from the list."""
        self.key = _new_key(kid)

    # ---------------------------------------------------------------- what it answers

    async def _describe(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        await self._maybe_slow("slow description")
        base = self.issuer
        if "description elsewhere" in self.lies:
            raise web.HTTPFound(f"{base}/keys")
        found: dict[str, Any] = {
            "issuer": f"{base}/evil" if "other issuer described" in self.lies else base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        if self.userinfo is not None:
            found["userinfo_endpoint"] = f"{base}/me"
        if "inside" in self.lies:  # its token endpoint is somewhere in our own network
            found["token_endpoint"] = "http://127.0.0.2:1/token"
        if "huge description" in self.lies:
            found["padding"] = "x" * 6_000_000
        if "description is no object" in self.lies:
            return web.json_response([found])
        return web.json_response(found)

    async def _keys(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        await self._maybe_slow("slow keys")
        if "no keys" in self.lies:
            return web.json_response({"keys": []})
        if "endless keys" in self.lies:
            return await self._without_end(request)
        if "odd keys" in self.lies:
            return web.json_response({"keys": ODD_KEYS})
        return web.json_response({"keys": [*ODD_KEYS, self.key.as_dict(private=False)]})

    async def _without_end(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        with suppress(ConnectionError):
            await answer.write(b'{"keys": [')
            while not self._released.is_set():
                await answer.write(b"{}," * 20_000)
        return answer

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        """Signs the person in at once, as a provider does that knows them."""
        self.asked.append(request.path)
        query = request.query
        if query.get("client_id") != CLIENT or query.get("response_type") != "code":
            return web.Response(status=400, text="unknown client")
        if query.get("code_challenge_method") != "S256" or "openid" not in query["scope"].split():
            return web.Response(status=400, text="PKCE and openid, please")
        answer = {"state": query["state"]}
        if "says no" in self.lies:
            answer |= {"error": "access_denied"}
        else:
            code = secrets.token_urlsafe(16)
            self._codes[code] = Grant(
                query["redirect_uri"], query["nonce"], query["code_challenge"], dict(self.person)
            )
            answer |= {"code": code, "iss": self.issuer, "session_state": "more than is read"}
        if "other state" in self.lies:
            answer["state"] = "not yours"
        if "other provider answers" in self.lies:
            answer["iss"] = "https://evil.example"
        raise web.HTTPFound(f"{query['redirect_uri']}?{urlencode(answer)}")

    async def _token(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        await self._maybe_slow("slow token")
        form = await request.post()
        grant = self._codes.pop(str(form.get("code", "")), None)
        if not self._is_client(request) or grant is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        verifier = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if challenge != grant.challenge or form.get("redirect_uri") != grant.redirect:
            return web.json_response({"error": "invalid_grant"}, status=400)
        if "breaks off" in self.lies:
            assert request.transport is not None
            request.transport.close()
        if "not json" in self.lies:
            return web.Response(text="<html>hello</html>", content_type="text/html")
        if "huge" in self.lies:
            return web.json_response({"id_token": "x" * 6_000_000})
        if "large" in self.lies:  # under what the client reads at all, over what it believes
            return web.json_response({"id_token": self._id_token(grant) + "x" * 300_000})
        token = secrets.token_urlsafe(16)
        self._tokens[token] = grant
        return web.json_response(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": 60,
                "id_token": None if "no id_token" in self.lies else self._id_token(grant),
            }
        )

    def _is_client(self, request: web.Request) -> bool:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        wanted = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        return kind == "Basic" and hmac.compare_digest(given, wanted)

    async def _me(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        if token not in self._tokens or self.userinfo is None:
            return web.Response(status=401)
        return web.json_response(self.userinfo)

    # ---------------------------------------------------------------- its word

    def _id_token(self, grant: Grant) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.nonce,
            **grant.claims,
        }
        self.change(claims)
        header = {"alg": "RS256", "kid": "first" if "old key id" in self.lies else self.key.kid}
        if "alg none" in self.lies:
            return f"{_part({'alg': 'none'})}.{_part(claims)}."
        if "hmac with the public key" in self.lies:
            text = f"{_part({**header, 'alg': 'HS256'})}.{_part(claims)}"
            tag = hmac.digest(self.key.as_pem(private=False), text.encode(), "sha256")
            return f"{text}.{base64.urlsafe_b64encode(tag).decode().rstrip('=')}"
        if "wrong signature" in self.lies:
            return jwt.encode(header, claims, self.other)
        if "changed afterwards" in self.lies:
            head, _, tail = jwt.encode(header, claims, self.key).split(".")
            return f"{head}.{_part({**claims, 'email': 'admin@acme.example'})}.{tail}"
        if "key in the header" in self.lies:
            own = {**header, "jwk": self.other.as_dict(private=False)}
            return _signed(own, claims, self.other)
        if "no key id" in self.lies:
            header.pop("kid")
        return jwt.encode(header, claims, self.key)

    async def _maybe_slow(self, what: str) -> None:
        if what in self.lies:
            try:
                await asyncio.wait_for(self._released.wait(), self.waits)
            except TimeoutError:
                return


def _signed(header: dict[str, Any], claims: dict[str, Any], key: RSAKey) -> str:
    """By hand: libraries refuse to write what is to be refused."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    text = f"{_part(header)}.{_part(claims)}"
    signature = key.private_key.sign(text.encode(), PKCS1v15(), SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
