"""A channel that speaks JSON: any ``Inbound``, ``Receipt`` or ``Ignored`` enters by the real door.

For what no provider can be made to say on demand: hostile text in every field, several events in
one POST, a parser with a mistake in it, and every way a send can end.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import msgspec

from connectors.contract import (
    Capabilities,
    ChannelError,
    Environment,
    Event,
    Ignored,
    Inbound,
    Outbound,
    PayloadInvalid,
    Raw,
    Receipt,
    Sent,
    SignalIn,
    Unavailable,
    Uri,
    WebhookRejected,
    WebhookReply,
)

KIND = "loopback"
WHERE = "tests.fakes.loopback:Settings:connect"
"""For ``connectors.registry.KINDS``."""

_TYPES: Mapping[str, type[Any]] = {
    "message": Inbound,
    "receipt": Receipt,
    "ignored": Ignored,
    "signal": SignalIn,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What this channel can do."""

    address: str = "tel:+12025550100"
    attachments: bool = False
    idempotent: bool = False
    live: bool = False
    many_recipients: bool = False
    reaches: str = "tel:"
    reopen_seconds: int = 3 * 24 * 3600
    max_text: int = 100
    max_parts: int = 3


class Provider:
    """The other end of one channel: what was sent, and how the next sends end."""

    def __init__(self) -> None:
        self.sent: list[Outbound] = []
        self.outcomes: deque[ChannelError | Exception] = deque()
        """Raised by the next sends, one each; empty: they succeed."""
        self.refusals: dict[str, ChannelError] = {}
        """Raised for every send to this address."""
        self.gate = asyncio.Event()
        """A send waits for it; clear it to hold sends up."""
        self.gate.set()
        self.mistakes: set[str] = set()
        """Provider ids on which the parser stumbles."""
        self.files: dict[str, bytes | ChannelError] = {}
        self._ids = itertools.count(1)

    async def take(self, part: Outbound) -> Sent:
        await self.gate.wait()
        if self.outcomes:
            raise self.outcomes.popleft()
        for party in part.to:
            if party.uri in self.refusals:
                raise self.refusals[party.uri]
        self.sent.append(part)
        return Sent((f"OUT{next(self._ids)}",))

    @property
    def texts(self) -> list[str]:
        return [part.text for part in self.sent]


PROVIDERS: dict[str, Provider] = {}
"""By the channel's name; a test's ``hub`` fixture empties it."""


class Loopback:
    """One open channel: ``Connector``, ``Receiving``, ``Webhook`` and ``MediaSource``."""

    def __init__(self, settings: Settings, env: Environment) -> None:
        self.provider = PROVIDERS.setdefault(env.channel, Provider())
        self.capabilities = Capabilities(
            max_text=settings.max_text,
            max_parts=settings.max_parts,
            attachments=settings.attachments,
            max_attachment_bytes=1_000_000 if settings.attachments else 0,
            many_recipients=settings.many_recipients,
            receipts=True,
            opt_out_words=True,
            idempotent=settings.idempotent,
            live=settings.live,
            reopen_within=timedelta(seconds=settings.reopen_seconds),
            reaches=(settings.reaches,),
            address=Uri(settings.address),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        pass

    async def check(self) -> None:
        pass

    async def send(self, part: Outbound) -> Sent:
        return await self.provider.take(part)

    def verify(self, raw: Raw) -> None:
        if raw.header("X-Loopback") != "yes":
            raise WebhookRejected("X-Loopback: missing")

    def reply(self, raw: Raw, events: Sequence[Event]) -> WebhookReply:  # noqa: ARG002
        return WebhookReply(body=b"ok")

    def parse(self, raw: Raw) -> Sequence[Event]:
        try:
            given = json.loads(raw.body)  # the stdlib's: it lets lone surrogates through
        except ValueError as err:
            raise PayloadInvalid(f"body: {err}") from err
        events = [_event(item) for item in given]
        for event in events:
            if getattr(event, "provider_id", "") in self.provider.mistakes:
                raise ZeroDivisionError("a mistake in the parser")
        return events

    @asynccontextmanager
    async def open(self, ref: str) -> AsyncIterator[AsyncIterator[bytes]]:
        found = self.provider.files.get(ref, Unavailable("not yet"))
        if isinstance(found, ChannelError):
            raise found
        yield _stream(found)


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _event(item: dict[str, Any]) -> Event:
    ((kind, fields),) = item.items()
    event: Event = msgspec.convert(fields, _TYPES[kind])
    return event


def connect(settings: Settings, env: Environment) -> Loopback:
    return Loopback(settings, env)
