"""Customers' sockets that come to us: a role of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from connectors.contract.incoming import Raw, SignalIn, Uri


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is behind a customer's socket."""

    uri: Uri
    token: str
    """What the browser keeps to come back as the same visitor."""
    name: str = ""
    authenticated: bool = False
    """Signed by the site (HMAC): its identities are verified."""
    identities: tuple[Uri, ...] = ()
    """Verified addresses that the site vouches for."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """What the visitor says of itself: never identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """What ``hub/sessions.py`` holds the visitors of one channel to."""

    messages_per_second: float = 2.0
    burst: int = 30
    history: int = 50
    """Entries shown to a visitor who comes back without a cursor."""
    left_after: timedelta = timedelta(seconds=30)
    """A closed tab is left after this time (a page change is back before)."""
    away_for: timedelta = timedelta(minutes=30)
    """A hidden page or a lost connection is left after this time; long before, the hub lets its
    turn wait as a message does."""


@runtime_checkable
class Sessions(Protocol):
    """Customers' sockets come to us. ``hub/sessions.py`` owns the socket, cursor and rate limit."""

    @property
    def limits(self) -> SessionLimits: ...

    def open(self, hello: Mapping[str, Any], *, origin: str, remote: str) -> Visitor:
        """Who says hello. Raises WebhookRejected (origin, forged token), PayloadInvalid."""

    def receive(self, visitor: Visitor, frame: Mapping[str, Any]) -> Sequence[Raw | SignalIn]:
        """A frame from the browser. Raises PayloadInvalid (``field: reason``)."""

    def frame(self, item: Mapping[str, Any]) -> bytes:
        """An entry, receipt or signal for the browser, encoded."""
