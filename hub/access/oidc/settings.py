"""The section ``[oidc]`` of the settings: which provider, and who becomes what by its groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from connectors.secret import Secret
from hub.permissions import Role

SCOPES = ("openid", "email", "profile")
COOKIE = "hub_oidc"
PATH = "/api/v1/oidc"
LASTS = 600
"""Seconds that a sign-in may take at the provider."""


class Section(msgspec.Struct, forbid_unknown_fields=True):
    """As the file has it."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    name: str = ""
    scopes: list[str] | str = " ".join(SCOPES)
    groups_claim: str = "groups"
    roles: dict[str, str] = {}
    default_role: str = ""
    create: bool = True
    only: bool = False
    timeout: int | float = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """A provider whose word lets people in."""

    issuer: str
    """Exactly as its tokens say it; its discovery document stands below it."""
    client_id: str
    client_secret: Secret | None
    """None: a public client, PKCE alone."""
    name: str
    """On the button."""
    scopes: tuple[str, ...] = SCOPES
    groups_claim: str = "groups"
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Group -> role; whoever is in several has the one that may most. Empty: roles are given here."""
    default_role: Role | None = None
    """Of whoever is in none of the groups; None: they are not let in."""
    create: bool = True
    """Whether people who are not known yet get an account."""
    only: bool = False
    """Nobody signs in by password; one-time links still work, so that nobody is locked out."""
    timeout: float = 10.0
    """Seconds, for each question to the provider."""


class OidcInvalid(Exception):
    """A setting that cannot work."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"oidc.{name}: {reason}")
        self.field = f"oidc.{name}"
        self.reason = reason


def read(section: Section, allowed: frozenset[str]) -> Oidc | None:
    """The section, checked; None: there is no provider. Raises OidcInvalid.

    ``allowed``: hosts that need not be public nor speak TLS (``limits.allow_hosts``).
    """
    if not section.issuer:
        if section.client_id or section.client_secret:
            raise OidcInvalid("issuer", "is missing: the provider's address")
        return None
    if not section.client_id:
        raise OidcInvalid("client_id", "is missing: what the provider calls this hub")
    issuer = _issuer(section.issuer, allowed)
    scopes = section.scopes.split() if isinstance(section.scopes, str) else section.scopes
    return Oidc(
        issuer=issuer,
        client_id=section.client_id,
        client_secret=Secret(section.client_secret) if section.client_secret else None,
        name=section.name.strip() or (urlsplit(issuer).hostname or issuer),
        scopes=tuple(dict.fromkeys(["openid", *scopes])),
        groups_claim=section.groups_claim,
        roles={group: _role(f"roles.{group}", role) for group, role in section.roles.items()},
        default_role=_default(section),
        create=section.create,
        only=section.only,
        timeout=_timeout(section.timeout),
    )


def _issuer(value: str, allowed: frozenset[str]) -> str:
    from connectors import guard  # noqa: PLC0415  heavy, and few hubs have a provider

    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError as err:
        raise OidcInvalid("issuer", "is not a URL") from err
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise OidcInvalid("issuer", "must be like https://id.example.com")
    inside = guard.is_local(value) or guard.is_allowed(host, port, allowed)
    if parts.scheme == "http" and not inside:
        raise OidcInvalid("issuer", "must be https: what it says is believed")
    return value


def _role(name: str, value: str) -> Role:
    if value not in tuple(Role):
        raise OidcInvalid(name, f"{value!r} is not one of {', '.join(Role)}")
    return Role(value)


def _default(section: Section) -> Role | None:
    if section.default_role:
        return _role("default_role", section.default_role)
    return None if section.roles else Role.AGENT


def _timeout(value: float) -> float:
    if not 0 < value <= 60:
        raise OidcInvalid("timeout", "must be more than 0 and at most 60 seconds")
    return float(value)
