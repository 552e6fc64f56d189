"""One sign-in by the provider, from the button to a session.

What must come back with the browser (state, nonce, PKCE verifier) goes with it, sealed by the hub's
key in a cookie of ten minutes: nothing is stored, and another browser's answer fits nowhere.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from hub.access.oidc import id_token, people
from hub.access.oidc.id_token import KeyUnknown, NotBelieved
from hub.access.oidc.people import Reason, TurnedAway
from hub.access.oidc.provider import Provider, ProviderFailed
from hub.access.oidc.settings import LASTS, PATH
from hub.channel import VERSION
from hub.keys import KeyRefused

if TYPE_CHECKING:
    from hub.access.oidc.settings import Oidc
    from hub.desk import Desk
    from hub.keys import Keys
    from hub.settings import Settings
    from storage.db import Database

_SECOND = 1_000_000
_LOCAL = re.compile(r"/(?![/\\])[!-~]{0,500}")
_log = logging.getLogger(__name__)


class Carried(msgspec.Struct):
    """What the browser carries through the provider and back."""

    state: str
    nonce: str
    verifier: str
    to: str
    until: int


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and the cookie that it takes along."""

    url: str
    cookie: str


class OidcSignIn:
    """Sign-ins by the provider of the settings."""

    def __init__(
        self,
        db: Database,
        keys: Keys,
        settings: Settings,
        oidc: Oidc,
        desk: Callable[[], Desk],
        clock: Callable[[], int],
    ) -> None:
        self._db = db
        self._keys = keys
        self._desk = desk
        self._clock = clock
        self._redirect = f"{settings.public_url}{PATH}/callback"
        self.oidc = oidc
        self.provider = Provider(oidc, user_agent=VERSION, allow_hosts=settings.allow_hosts)

    async def begin(self, to: str) -> Begun:
        """Send a browser to the provider. Raises TurnedAway."""
        carried = Carried(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            to=to if _LOCAL.fullmatch(to) else "/",
            until=self._clock() + LASTS * _SECOND,
        )
        try:
            described = await self.provider.describe()
        except ProviderFailed as err:
            raise self._away(Reason.PROVIDER, err) from err
        url = self.provider.challenge(
            described, self._redirect, carried.state, carried.nonce, carried.verifier
        )
        return Begun(url, self._keys.encrypt(msgspec.json.encode(carried).decode()))

    async def finish(self, cookie: str, answer: Mapping[str, str]) -> tuple[int, str]:
        """The user whom the provider's answer lets in, and where they wanted to go.

        Raises TurnedAway.
        """
        carried = self._carried(cookie, answer.get("state", ""))
        if answer.get("iss", self.oidc.issuer) != self.oidc.issuer:
            raise self._away(Reason.REFUSED, "the answer is another provider's")
        if "error" in answer:
            cancelled = answer["error"] in ("access_denied", "login_required", "consent_required")
            reason = Reason.CANCELLED if cancelled else Reason.PROVIDER
            raise self._away(reason, answer["error"][:100])
        try:
            claims = await self._claims(answer.get("code", ""), carried)
        except ProviderFailed as err:
            raise self._away(Reason.PROVIDER, err) from err
        except NotBelieved as err:
            raise self._away(Reason.REFUSED, err) from err
        who = people.person(self.oidc, claims)
        user = await self._db.write(people.settle, self.oidc, who, self._desk(), self._clock())
        if user is None:
            raise self._away(Reason.ROLE, "none of their groups has a role")
        return user, carried.to

    def _carried(self, cookie: str, state: str) -> Carried:
        try:
            carried = msgspec.json.decode(self._keys.decrypt(cookie), type=Carried)
        except (KeyRefused, msgspec.MsgspecError, ValueError) as err:
            raise TurnedAway(Reason.EXPIRED, "no cookie of ours") from err
        if not hmac.compare_digest(carried.state.encode(), state.encode("utf-8", "replace")):
            raise self._away(Reason.EXPIRED, "state")
        if carried.until < self._clock():
            raise TurnedAway(Reason.EXPIRED, "too late")
        return carried

    async def _claims(self, code: str, carried: Carried) -> Mapping[str, Any]:
        if not code:
            raise ProviderFailed("there is no code in its answer")
        tokens = await self.provider.exchange(code, self._redirect, carried.verifier)
        claims = await self._believed(tokens.get("id_token"), carried.nonce)
        access_token = tokens.get("access_token")
        wanted = ("email", "email_verified", self.oidc.groups_claim)
        missing = any(name not in claims for name in wanted)
        if missing and isinstance(access_token, str) and access_token.isascii():
            more = await self.provider.userinfo(access_token)
            if more and more.get("sub") != claims["sub"]:
                raise NotBelieved("userinfo is of somebody else")
            return _together(claims, more)
        return claims

    async def _believed(self, token: Any, nonce: str) -> Mapping[str, Any]:
        now = self._clock() // _SECOND
        try:
            keys = await self.provider.keys()
            return id_token.check(token, keys, self.oidc, nonce=nonce, now=now)
        except KeyUnknown:
            keys = await self.provider.keys(anew=True)
            return id_token.check(token, keys, self.oidc, nonce=nonce, now=now)

    def _away(self, reason: Reason, detail: object) -> TurnedAway:
        _log.warning("sign-in by %s: %s: %s", self.oidc.issuer, reason, detail)
        return TurnedAway(reason, str(detail))


def _together(claims: Mapping[str, Any], more: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the token says, then what is said beside it; that an address is verified counts only for
    the address of which it is said."""
    found = {**more, **claims}
    about = [one for one in (claims, more) if one.get("email") == found.get("email")]
    verified = (one["email_verified"] for one in about if "email_verified" in one)
    return {**found, "email_verified": next(verified, None)}
