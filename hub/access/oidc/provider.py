"""What is asked of the provider: its description, its keys, and a token for a code.

Everything it answers is from outside: small, quick, of the types it should be, and its addresses
are guarded like any other. Its host alone may be one that is not public, for that is our own setting.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from connectors.contract import ChannelError
from connectors.http import HttpClient, fault, netloc
from hub.access.oidc.settings import Oidc

ANSWER_MAX = 256 * 1024
"""Bytes of an answer; discovery documents and key sets have a few thousand."""
KEYS_MAX = 100
FRESH = 3600.0  # seconds that description and keys are kept
KEYS_AGAIN = 30.0  # seconds between two looks for a key that is not known
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_METHODS = ("client_secret_basic", "client_secret_post")


class ProviderFailed(Exception):
    """The provider does not answer as a provider must. The message is for the log, not for people
    who sign in; no secret is in it."""


@dataclass(frozen=True, slots=True)
class Description:
    """Of its discovery document, what is used.

    https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
    """

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    auth_method: str


class Provider:
    """One provider. Raises ProviderFailed everywhere."""

    def __init__(
        self,
        settings: Oidc,
        *,
        user_agent: str,
        allow_hosts: frozenset[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._user_agent = user_agent
        self._allowed = allow_hosts | {netloc(settings.issuer)}
        self._clock = clock
        self._described: tuple[float, Description] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def describe(self) -> Description:
        """Its endpoints."""
        now = self._clock()
        if self._described is None or now - self._described[0] > FRESH:
            url = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            self._described = now, self._description(await self._get(url))
        return self._described[1]

    def _description(self, found: Mapping[str, Any]) -> Description:
        if found.get("issuer") != self.settings.issuer:
            raise ProviderFailed("its description names another issuer")
        methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        usable = [one for one in _METHODS if isinstance(methods, list) and one in methods]
        if self.settings.client_secret is None:
            usable = ["none"]
        return Description(
            self._endpoint(found, "authorization_endpoint"),
            self._endpoint(found, "token_endpoint"),
            self._endpoint(found, "jwks_uri"),
            self._endpoint(found, "userinfo_endpoint", optional=True),
            usable[0] if usable else "client_secret_basic",
        )

    def _endpoint(self, found: Mapping[str, Any], name: str, *, optional: bool = False) -> str:
        value = found.get(name, "")
        if optional and not value:
            return ""
        try:
            parts = urlsplit(value) if isinstance(value, str) else None
        except ValueError:
            parts = None
        if parts is None or not parts.hostname:
            raise ProviderFailed(f"its description has no {name}")
        secure = parts.scheme == "https"
        if not secure and not (parts.scheme == "http" and self.settings.issuer.startswith("http:")):
            raise ProviderFailed(f"its {name} is not https")
        return str(value)

    async def keys(self, *, anew: bool = False) -> KeySet:
        """Its public keys; ``anew``: a token is signed by one that is not among those known."""
        now = self._clock()
        age = None if self._keys is None else now - self._keys[0]
        if self._keys is None or age is None or age > (KEYS_AGAIN if anew else FRESH):
            found = await self._get((await self.describe()).jwks_uri)
            self._keys = now, _key_set(found)
        return self._keys[1]

    def challenge(
        self, described: Description, redirect: str, state: str, nonce: str, verifier: str
    ) -> str:
        """Where the browser goes to sign in."""
        return str(
            prepare_grant_uri(
                described.authorization_endpoint,
                self.settings.client_id,
                "code",
                redirect_uri=redirect,
                scope=" ".join(self.settings.scopes),
                state=state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
            )
        )

    async def exchange(self, code: str, redirect: str, verifier: str) -> Mapping[str, Any]:
        """The tokens behind a code."""
        described = await self.describe()
        body = prepare_token_request(
            "authorization_code", redirect_uri=redirect, code=code, code_verifier=verifier
        )
        secret = self.settings.client_secret
        client = ClientAuth(
            self.settings.client_id, secret.reveal() if secret else "", described.auth_method
        )
        url, headers, body = client.prepare("POST", described.token_endpoint, dict(_FORM), body)
        return await self._ask("POST", url, headers, body)

    async def userinfo(self, access_token: str) -> Mapping[str, Any]:
        """What it says of the person beside the token; nothing where it has no such place."""
        url = (await self.describe()).userinfo_endpoint
        if not url:
            return {}
        return await self._ask("GET", url, {"Authorization": f"Bearer {access_token}"})

    async def _get(self, url: str) -> Mapping[str, Any]:
        return await self._ask("GET", url, {"Accept": "application/json"})

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None = None
    ) -> Mapping[str, Any]:
        timeout = timedelta(seconds=self.settings.timeout)
        client = HttpClient(user_agent=self._user_agent, allow_hosts=self._allowed, timeout=timeout)
        try:
            async with client:
                reply = await client.request(method, url, headers=headers, data=body)
        except ChannelError as err:
            raise ProviderFailed(str(err)) from err
        if wrong := fault(reply.status, reply.headers):
            raise ProviderFailed(str(wrong)) from wrong
        if len(reply.body) > ANSWER_MAX:
            raise ProviderFailed(f"its answer is larger than {ANSWER_MAX} bytes")
        try:
            return msgspec.json.decode(reply.body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as err:
            raise ProviderFailed("its answer is not a JSON object") from err


def _key_set(found: Mapping[str, Any]) -> KeySet:
    keys = found.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= KEYS_MAX:
        raise ProviderFailed("it has no list of keys")
    usable = [key for one in keys if (key := _key(one)) is not None]
    if not usable:
        raise ProviderFailed("none of its keys can be read")
    return KeySet(usable)


def _key(found: Any) -> Key | None:
    """One key for signatures; None: it is for something else, or of a kind that is not known here
    (RFC 7517 section 5: the others count all the same)."""
    if not isinstance(found, dict) or found.get("use", "sig") != "sig":
        return None
    if found.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    try:
        return JWKRegistry.import_key(found)
    except (JoseError, ValueError, KeyError, TypeError):
        return None
