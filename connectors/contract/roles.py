"""What a connector can be: each role is a protocol, and the hub asks for it by ``isinstance``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from connectors.contract.incoming import Cursor, Event, Inbound, Raw, Uri
from connectors.contract.outgoing import Capabilities, Outbound, Sent


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What the provider wants to hear."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


@runtime_checkable
class Connector(Protocol):
    """All connectors. Life cycle: an async context manager; never reconfigured while open."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def __aenter__(self) -> Connector: ...

    async def __aexit__(self, *exc: object) -> None: ...

    async def check(self) -> None:
        """One cheap authenticated call. Raises ConfigInvalid, Unauthorized, Unavailable."""

    async def send(self, part: Outbound) -> Sent:
        """Send one part. Raises a ChannelError; never retries by itself."""


@runtime_checkable
class Receiving(Protocol):
    """Every connector that receives."""

    def parse(self, raw: Raw) -> Sequence[Event]:
        """All events of one raw, in order. Pure; called once the raw is held.

        Raises PayloadInvalid where the bytes are not this provider's format.
        """


@runtime_checkable
class Webhook(Protocol):
    """The provider calls us."""

    def verify(self, raw: Raw) -> None:
        """Raises WebhookRejected. Constant time; secrets may rotate (any of several holds)."""

    def reply(self, raw: Raw, events: Sequence[Event]) -> WebhookReply:
        """The provider's idea of a 2xx, for what was just filed."""


@runtime_checkable
class Source(Protocol):
    """We fetch: polling and IDLE alike."""

    def events(self, cursor: Cursor | None) -> AsyncGenerator[tuple[Sequence[Raw], Cursor], None]:
        """Batches with the cursor after each. Code after ``yield`` runs only after our commit.

        Raises Unavailable (the supervisor backs off), Unauthorized, ConfigInvalid (it stops).
        """


@runtime_checkable
class Threads(Protocol):
    """Messages name each other: our own ids carry a signed token of the conversation. Pure."""

    def message_id(self, conversation: int, unique: str) -> str:
        """A stable Message-ID for one outbound part, without angle brackets."""

    def reply_to(self, conversation: int) -> str:
        """An address of ours that carries the token; empty where the mailbox cannot take it."""

    def conversation_of(self, message: Inbound) -> int | None:
        """The conversation whose valid token the message carries, or None."""


@runtime_checkable
class Consenting(Protocol):
    """A provider's tokens open the channel. All raise ConfigInvalid where the settings name none."""

    @property
    def asks_person(self) -> bool:
        """Whether somebody must consent in a browser once; else ``renew`` is enough."""

    def consent_url(self, redirect_uri: str, state: str, verifier: str) -> str:
        """The provider's page; it sends the browser to ``redirect_uri?code=…&state=…``."""

    async def accept(self, code: str, redirect_uri: str, verifier: str) -> None:
        """Get and keep tokens for that code. Raises Unauthorized, Unavailable."""

    async def renew(self) -> None:
        """Get and keep a new token. Raises Unauthorized, Unavailable."""


@runtime_checkable
class Signaller(Protocol):
    """Typing and read signals to the customer: fire and forget."""

    async def signal(self, signal: str, to: Uri, about: str) -> None: ...


@runtime_checkable
class Parts(Protocol):
    """Attachments are inside the raw itself, and are cut out when somebody wants them."""

    def part(self, raw: Raw, ref: str) -> bytes:
        """The bytes of one attachment of ``raw``. Raises LookupError. Pure."""


@runtime_checkable
class MediaSource(Protocol):
    """Attachments that are fetched after the commit."""

    def open(self, ref: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream one attachment. Raises Unavailable (try again) or Rejected (gone for good)."""


class Memory(Protocol):
    """What a connector keeps between two starts: encrypted at rest, never exported or logged."""

    async def recall(self) -> str | None:
        """The text kept last. Raises Unavailable."""

    async def keep(
        self, text: str, *, expires_at: datetime | None, refresh_expires_at: datetime | None
    ) -> None:
        """Keep it, and show when it expires. Raises Unavailable."""

    async def trouble(self, words: str) -> None:
        """Show that it could not be renewed. Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the hub lends a connector when it is opened."""

    channel: str
    """The channel's name: part of its webhook URL and its identities."""
    region: str
    """Two-letter region for numbers without a country code."""
    public_url: str
    """The channel's own webhook URL as the provider calls it, ``https://…/in/NAME``."""
    user_agent: str
    sign: Any
    """``sign(purpose, data: bytes) -> bytes``: HMAC under a key of the hub for that purpose."""
    data_dir: str = ""
    allow_hosts: frozenset[str] = frozenset()
    """Hosts that may be private addresses (from file or command line only)."""
    proxy: str = ""
    """The proxy by which this channel leaves, ``socks5://…`` or ``http://…`` (likewise)."""
    memory: Memory | None = None
    """Where tokens are kept between two starts; None: nothing is kept."""
