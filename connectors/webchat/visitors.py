"""Who a visitor is: tokens that browsers keep, users that a site signs for, files they own.

A token is ``ID.MAC``: 128 random bits as hex, and the hub's HMAC over channel and id. Whoever has
it is that visitor and sees that visitor's history, nothing else. When the site says who is logged
in, the token becomes ``ID.USER.MAC`` (USER: a hash of the user's id): it opens only for that user,
so that the next person at a shared computer starts afresh.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from connectors import address
from connectors.contract import PayloadInvalid, Uri, WebhookRejected
from connectors.secret import Secret
from connectors.webchat.frames import File, Identity

Sign = Callable[[str, bytes], bytes]


@dataclass(frozen=True, slots=True)
class User:
    """Somebody the site vouches for."""

    id: str
    name: str
    email: Uri | None
    """Only if the signature covers it."""


def signature(secret: Secret, user_id: str, email: str | None = None) -> str:
    """What the site's server computes: hex HMAC-SHA256 with ``site_secret`` as key, over the
    UTF-8 of ``user_id``, or of ``user_id|email`` to vouch for the address as well.

    >>> signature(Secret("s3cret"), "42", "ann@shop.example")[:16]
    'd954ca6221de350b'
    """
    material = user_id if email is None else f"{user_id}|{email}"
    return hmac.new(secret.reveal().encode(), material.encode(), hashlib.sha256).hexdigest()


def user(identity: Identity, secret: Secret) -> User:
    """The signed user. Raises WebhookRejected (not signed by the site), PayloadInvalid."""
    if not secret:
        raise WebhookRejected("identity: this chat has no site_secret to check it with")
    if not all(_is_text(item) for item in (identity.user_id, identity.email or "")):
        raise PayloadInvalid("identity: not Unicode text")
    given = identity.hash.lower()
    with_email = identity.email is not None and _same(
        signature(secret, identity.user_id, identity.email), given
    )
    if not _same(signature(secret, identity.user_id), given) and not with_email:
        raise WebhookRejected("identity.hash: not signed by the site")
    email = _mail(identity.email) if with_email and identity.email else None
    return User(identity.user_id, identity.name or "", email)


def _mail(text: str) -> Uri:
    try:
        return address.mail(text)
    except ValueError as err:
        raise PayloadInvalid(f"identity.email: {err}") from err


def _is_text(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _same(right: str, given: str) -> bool:
    return hmac.compare_digest(right.encode(), given.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and reads the tokens and file ids of one channel."""

    channel: str
    sign: Sign

    def uri(self, visitor: str) -> Uri:
        return Uri(f"webchat:{self.channel}/{visitor}")

    def user_uri(self, user_id: str) -> Uri:
        """``webuser:CHANNEL/USER``: not ``webchat:``, for no socket is known by it and so nothing
        can be sent to it. Raises PayloadInvalid where the site's id cannot be part of an address.
        """
        try:
            return address.parse(f"webuser:{self.channel}/{user_id}")
        except ValueError as err:
            raise PayloadInvalid(f"identity.user_id: {err}") from err

    def make(self, visitor: str, user_id: str | None = None) -> str:
        """The token of a visitor, bound to a user if the site says who it is."""
        claim = visitor if user_id is None else f"{visitor}.{self._user(user_id)}"
        return f"{claim}.{self._mac('visitor', claim)}"

    def visitor(self, token: str) -> tuple[str, str]:
        """(visitor id, USER or empty) of a token. Raises WebhookRejected if it is not ours."""
        claim, _, mac = token.rpartition(".")
        if not claim or not _same(self._mac("visitor", claim), mac):
            raise WebhookRejected("visitor: not a token of this chat")
        visitor, _, bound = claim.partition(".")
        return visitor, bound

    def returning(self, token: str, user_id: str | None) -> str | None:
        """The visitor id of a token, or None where it belongs to another user."""
        visitor, bound = self.visitor(token)
        if bound and (user_id is None or bound != self._user(user_id)):
            return None
        return visitor

    def file_id(self, uri: str, stored: str, file: File) -> str:
        """What a visitor names its upload by: the facts of it, signed, so that no look-up is
        needed and nobody can attach another visitor's file."""
        facts = msgspec.json.encode([stored, file.name, file.type, file.size])
        coded = urlsafe_b64encode(facts).decode().rstrip("=")
        return f"{coded}.{self._mac('visitor file', f'{uri} {coded}')}"

    def file(self, uri: str, given: str) -> File:
        """The file of such an id, ``id`` being what the store calls it. Raises ValueError."""
        coded, _, mac = given.rpartition(".")
        if not _same(self._mac("visitor file", f"{uri} {coded}"), mac):
            raise ValueError("not a file of this visitor")
        facts = urlsafe_b64decode(coded + "=" * (-len(coded) % 4))
        stored, name, kind, size = msgspec.json.decode(facts, type=tuple[str, str, str, int])
        return File(name=name, type=kind, size=size, id=stored)

    def _user(self, user_id: str) -> str:
        return self._mac("visitor user", user_id)[:16]

    def _mac(self, purpose: str, text: str) -> str:
        signed = self.sign(purpose, f"{self.channel}\n{text}".encode("utf-8", "replace"))
        return urlsafe_b64encode(signed[:24]).decode()


def new_id() -> str:
    """128 random bits, as hex."""
    return secrets.token_hex(16)
