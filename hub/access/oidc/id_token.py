"""Whether an id_token is believed: OpenID Connect Core 3.1.3.7, step by step.

Only signatures that need the provider's private key are taken: never ``none``, never an HMAC, whose
key could be one that everybody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub.access.oidc.settings import Oidc

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
              "EdDSA", "Ed25519")  # fmt: skip
LEEWAY = 60  # seconds between its clock and ours
TOKEN_MAX = 64 * 1024
"""Characters; those with many groups have some thousands."""
SUBJECT_MAX = 255
"""Characters: OpenID Connect Core 2."""


class NotBelieved(Exception):
    """The token is not what the provider must have sent. The message names the claim, for the log."""


class KeyUnknown(NotBelieved):
    """It is signed by a key that is not among those known: perhaps they have changed."""


def check(token: Any, keys: KeySet, settings: Oidc, *, nonce: str, now: int) -> Mapping[str, Any]:
    """The claims of a token for us, of this sign-in. ``now``: seconds. Raises NotBelieved."""
    if not isinstance(token, str) or not 0 < len(token) <= TOKEN_MAX:
        raise NotBelieved("there is no id_token")
    claims, header = _opened(token, keys)
    # exact and of one type: what libraries take as "one of a list" is not taken here
    if claims.get("iss") != settings.issuer:
        raise NotBelieved("iss")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_MAX:
        raise NotBelieved("sub")
    if not isinstance(claims.get("nonce"), str):
        raise NotBelieved("nonce")
    options = {"aud": {"essential": True, "value": settings.client_id}}
    params = {"nonce": nonce, "client_id": settings.client_id}
    try:
        CodeIDToken(claims, header, options, params).validate(now, LEEWAY)
    except JoseError as err:
        raise NotBelieved(str(err)) from err
    except (TypeError, ValueError, OverflowError) as err:
        raise NotBelieved(f"a claim of another type: {type(err).__name__}") from err
    return claims


def _opened(token: str, keys: KeySet) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
    except (JoseError, ValueError, TypeError) as err:
        raise NotBelieved("it is no signed token") from err
    if header.get("alg") not in ALGORITHMS:
        raise NotBelieved("alg")
    kid = header.get("kid")
    if kid is not None and all(key.kid != kid for key in keys.keys):
        raise KeyUnknown("kid")
    try:
        found = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
    except (JoseError, ValueError, TypeError, RecursionError) as err:
        # without a key id: the keys may have changed under us
        kind = KeyUnknown if kid is None else NotBelieved
        raise kind(f"signature: {type(err).__name__}") from err
    return found.claims, dict(found.header)
