"""What may be done, and which role may do it. Every route names one of these."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """A route asks for exactly one. Tokens carry a subset (their scopes)."""

    PUBLIC = "public"
    """Anybody: sign-in, health, webhooks (which check their own signature)."""
    LOCAL = "local"
    """Anybody on this machine; from elsewhere whoever may read."""
    READ = "read"
    WORK = "work"
    """Take, answer, note, resolve; change one's own presence."""
    MOVE = "move"
    """Move and answer what belongs to colleagues."""
    LEDGER = "ledger"
    REPLAY = "replay"
    TRACE = "trace"
    """Follow one message with everything that is stored of it: addresses, names, who did what."""
    TEMPLATES = "templates"
    """Word what the hub says by itself and what people say often."""
    RULES = "rules"
    CHANNELS = "channels"
    USERS = "users"
    TOKENS = "tokens"
    AUDIT = "audit"
    """Read and export who did what."""


class Role(StrEnum):
    """A named set of permissions."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    VIEWER = "viewer"


_VIEWER = frozenset({Permission.READ})
_AGENT = _VIEWER | {Permission.WORK}
_SUPERVISOR = _AGENT | {
    Permission.MOVE,
    Permission.LEDGER,
    Permission.REPLAY,
    Permission.TRACE,
    Permission.TEMPLATES,
}
GRANTABLE = frozenset(Permission) - {Permission.PUBLIC, Permission.LOCAL}
"""Everything that somebody can be given: an admin's permissions."""

ROLES: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: GRANTABLE,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.AGENT: _AGENT,
    Role.VIEWER: _VIEWER,
}


def granted(role: str, scopes: tuple[str, ...] = ()) -> frozenset[Permission]:
    """The permissions of a role, cut down to ``scopes`` where any are given."""
    allowed = ROLES[Role(role)]
    return frozenset(item for item in allowed if item in scopes) if scopes else allowed
