"""Whom the provider's word lets in here, and as what: by its own name for them, else by a verified
address; roles follow its groups at each sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from connectors.fold import clean
from hub import accounts
from hub.access import leaving
from hub.access.leaving import Heir
from hub.access.oidc.settings import Oidc
from hub.declared_work import mail_address
from hub.permissions import Role
from storage import access, audit, users

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Row, Tx

GROUPS_MAX = 1_000
_ORDER = tuple(Role)


class Reason(StrEnum):
    """Why somebody is not let in: the console has words for each."""

    CANCELLED = "cancelled"
    """They said no at the provider, or it did."""
    EXPIRED = "expired"
    """It took too long, or began in another browser."""
    PROVIDER = "provider"
    """The provider does not answer as it must."""
    REFUSED = "refused"
    """Its word is not believed."""
    EMAIL = "email"
    """It does not say that their address is theirs."""
    UNKNOWN = "unknown"
    """They have no account, and none is made by itself."""
    ROLE = "role"
    """None of their groups has a role here."""
    OFF = "off"
    """Their account was switched off."""
    BUSY = "busy"


class TurnedAway(Exception):
    """Somebody is not let in; ``detail`` is for the log."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Person:
    """What a provider says of somebody, once it is believed."""

    subject: str
    """``ISSUER SUBJECT``: never given to somebody else (OpenID Connect Core 5.7)."""
    email: str
    """Empty unless the provider says that it is verified."""
    name: str
    groups: frozenset[str]


def person(settings: Oidc, claims: Mapping[str, Any]) -> Person:
    """What these claims say. Raises TurnedAway: the address is missing or not verified."""
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") is not True:
        raise TurnedAway(Reason.EMAIL, "missing or not verified")
    try:
        address = mail_address(email)
    except ValueError as err:
        raise TurnedAway(Reason.EMAIL, "is no address") from err
    name, groups = claims.get("name"), claims.get(settings.groups_claim, [])
    listed = groups.split() if isinstance(groups, str) else groups
    return Person(
        subject=f"{settings.issuer} {claims['sub']}",
        email=address,
        name=clean(name, users.NAME_CAP) if isinstance(name, str) else "",
        groups=frozenset(
            one
            for one in (listed[:GROUPS_MAX] if isinstance(listed, list) else [])
            if isinstance(one, str)
        ),
    )


def role_of(settings: Oidc, groups: frozenset[str]) -> Role | None:
    """The role that these groups give: the one that may most, else the default one."""
    given = {role for group, role in settings.roles.items() if group in groups}
    return next((role for role in _ORDER if role in given), settings.default_role)


def settle(tx: Tx, settings: Oidc, who: Person, desk: Desk, now: int) -> int | None:
    """The user who signs in, made or brought up to date; None: none of their groups has a role, and
    whoever had one is signed out everywhere. Raises TurnedAway."""
    role = role_of(settings, who.groups)
    row = users.by_subject(tx, who.subject) or users.by_email(tx, who.email)
    if row is not None and not row["active"]:
        raise TurnedAway(Reason.OFF)
    if row is not None and row["oidc_subject"] not in (None, who.subject):
        raise TurnedAway(Reason.REFUSED, "the address belongs to another account of the provider")
    if role is None:
        _sign_out(tx, row, who, now)
        return None
    if row is None:
        return _made(tx, settings, who, role, now)
    if row["oidc_subject"] is None:
        _bind(tx, row["id"], who, now)
    if settings.roles and role != row["role"]:
        _change_role(tx, row, role, desk, now)
    return int(row["id"])


def _made(tx: Tx, settings: Oidc, who: Person, role: Role, now: int) -> int:
    if not settings.create:
        raise TurnedAway(Reason.UNKNOWN)
    user = accounts.add_user(
        tx, email=who.email, name=who.name, role=role, serves=(), by="oidc", now=now
    )
    _bind(tx, user, who, now)
    return user


def _bind(tx: Tx, user: int, who: Person, now: int) -> None:
    users.set_subject(tx, user, who.subject)
    audit.record(tx, "oidc", "bind-provider", f"user:{user}", now=now, called=who.subject)


def _sign_out(tx: Tx, row: Row | None, who: Person, now: int) -> None:
    """The provider lets them in no more: what it let in before ends too."""
    if row is not None and row["oidc_subject"] == who.subject:
        ended = access.end_sessions(tx, row["id"], now=now)
        subject = f"user:{row['id']}"
        audit.record(tx, "oidc", "sign-out-everywhere", subject, now=now, sessions=ended)


def _change_role(tx: Tx, row: Row, role: Role, desk: Desk, now: int) -> None:
    """Groups have changed. Whoever takes no work any more gives it back to its queues; the last
    admin stays one, whatever the groups say: a wrong mapping must not leave nobody."""
    if accounts.is_last_admin(tx, row):
        audit.record(tx, "oidc", "keep-last-admin", f"user:{row['id']}", now=now, wanted=role)
        return
    if role is Role.VIEWER and row["agent"] is not None:
        leaving.let_go(tx, row, Heir(back=True), desk, now)
    users.set_profile(tx, row["id"], name=row["name"], role=role, now=now)
    accounts.set_work(tx, row["id"], role, None, now)
    audit.record(
        tx, "oidc", "change-user", f"user:{row['id']}", now=now, role=role, before=row["role"]
    )
