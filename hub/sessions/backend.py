"""What the customers' sockets need of the rest of the hub, and the entries they show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from connectors.contract import Raw, SignalIn, Uri

Presence = Literal["here", "away", "left"]


@dataclass(frozen=True, slots=True)
class ChatFile:
    """A file as a visitor sees it. ``url``: a signed link, absolute or from the hub's root."""

    name: str
    type: str
    size: int
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatEntry:
    """One message of a visitor's conversation, as the visitor may see it: no notes, no system
    lines. Directions are the hub's: ``in`` is the visitor's own."""

    id: int
    """Of the timeline entry; the cursor of ``since``."""
    direction: Literal["in", "out"]
    text: str
    at: datetime
    """Aware."""
    name: str = ""
    """Who wrote it, for ``out``: the agent's public name."""
    files: Sequence[ChatFile] = ()
    client_id: str = ""
    """For ``in``: the id the visitor's browser gave it (``provider_id`` after the slash)."""

    def frame(self) -> Mapping[str, Any]:
        """As ``Sessions.frame`` takes it."""
        at = self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        files = [
            {"name": file.name, "type": file.type, "size": file.size, "url": file.url}
            for file in self.files
        ]
        return {
            "id": self.id,
            "direction": self.direction,
            "text": self.text,
            "at": at,
            "name": self.name,
            "client_id": self.client_id,
            "files": files,
        }


@dataclass(frozen=True, slots=True)
class Filed:
    """A message is held for good."""

    entry_id: int | None
    """None: kept as ``failed`` in the ledger, to be filed after a fix."""
    duplicate: bool = False
    """It was known; ``entry_id`` is the first one's."""
    matter: int | None = None
    """The conversation it is in; None: not known."""


class SessionsBackend(Protocol):
    """The rest of the hub, for ``SessionServer``. Every method may raise
    ``connectors.contract.Unavailable``: nothing was done, the browser tries again."""

    async def file(self, channel: str, raw: Raw) -> Filed:
        """Commit one message through intake; returns after the commit."""

    async def entries(
        self, channel: str, uri: Uri, *, after: int | None, before: int | None = None, limit: int
    ) -> Sequence[ChatEntry]:
        """Ascending: the first ``limit`` after that entry, or without one the newest ``limit``
        (of those before ``before``).
        Of this visitor's own address only, whatever it is linked to."""

    def standing(self, channel: str, uri: Uri) -> Mapping[str, Any] | None:
        """The ``queue`` frame that holds for this visitor now; None: there is nothing to say."""

    async def code(self, channel: str, uri: Uri) -> str:
        """The tracking code of the matter that this visitor wrote in last; empty for none."""

    async def receipt(
        self, channel: str, uri: Uri, upto: int, state: Literal["delivered", "read"]
    ) -> None:
        """What was sent to this visitor, up to and with this entry, came so far."""

    async def signal(self, channel: str, signal: SignalIn) -> None:
        """Typing: passed on, not stored."""

    async def presence(self, channel: str, uri: Uri, presence: Presence) -> None:
        """A visitor's presence over all its tabs has changed."""

    async def store_file(
        self, channel: str, uri: Uri, name: str, media_type: str, stream: AsyncIterator[bytes]
    ) -> str:
        """Keep an upload; its id, which comes back as ``Attachment.ref``. Raises what ``stream``
        raises and keeps nothing then."""
