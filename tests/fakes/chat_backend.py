"""The hub behind the customers' sockets, in memory: what ``SessionsBackend`` promises, no more.

It outlives a ``SessionServer``, so that a test can restart one over it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import Environment, Inbound, Raw, Receiving, SignalIn, Uri
from hub.sessions import ChatEntry, ChatFile, Filed, SessionServer

START = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)


def environment(
    channel: str = "chat", public_url: str = "https://hub.example/in/chat", **more: Any
):
    """An Environment with a key of its own."""

    def sign(purpose: str, data: bytes) -> bytes:
        return hmac.new(f"test key {purpose}".encode(), data, hashlib.sha256).digest()

    return Environment(
        channel=channel,
        region="US",
        public_url=public_url,
        user_agent="hub-test",
        sign=sign,
        **more,
    )


@dataclass
class ChatBackend:
    """One channel's store. ``before_file`` runs before a commit and ``after_file`` after it, in
    front of the caller: the places where a test makes things go wrong."""

    connector: Receiving
    timelines: dict[Uri, list[ChatEntry]] = field(default_factory=lambda: defaultdict(list))
    inbound: list[Inbound] = field(default_factory=list)
    receipts: list[tuple[Uri, int, str]] = field(default_factory=list)
    signals: list[SignalIn] = field(default_factory=list)
    presences: list[tuple[Uri, str]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    standings: dict[Uri, Mapping[str, Any]] = field(default_factory=dict)
    codes: dict[Uri, str] = field(default_factory=dict)
    server: SessionServer | None = None
    before_file: Callable[[Raw], None] | None = None
    after_file: Callable[[Raw], None] | None = None
    before_entries: Callable[[], None] | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _known: dict[str, int] = field(default_factory=dict)
    _last: int = 0

    async def code(self, channel: str, uri: Uri) -> str:
        del channel
        return self.codes.get(uri, "")

    async def file(self, channel: str, raw: Raw) -> Filed:
        if self.before_file is not None:
            self.before_file(raw)
        await asyncio.sleep(0)
        (message,) = self.connector.parse(raw)
        assert isinstance(message, Inbound)
        if known := self._known.get(message.provider_id):
            return Filed(known, duplicate=True)
        self.inbound.append(message)
        entry = self._entry(
            direction="in",
            text=message.text,
            client_id=message.provider_id.partition("/")[2],
            files=[ChatFile(item.name, item.type, item.size or 0) for item in message.attachments],
        )
        self._known[message.provider_id] = entry.id
        self._append(channel, message.sender, entry)
        if self.after_file is not None:
            self.after_file(raw)
        return Filed(entry.id)

    def write(self, uri: Uri, text: str, *, channel: str = "chat", **more: Any) -> ChatEntry:
        """An agent's message, committed and pushed."""
        entry = self._entry(direction="out", text=text, **{"name": "Sara", **more})
        self._append(channel, uri, entry)
        return entry

    def _entry(self, **facts: Any) -> ChatEntry:
        self._last += 1
        facts.setdefault("at", START + timedelta(seconds=self._last))
        return ChatEntry(id=self._last, **facts)

    def _append(self, channel: str, uri: Uri, entry: ChatEntry) -> None:
        self.timelines[uri].append(entry)
        if self.server is not None:
            self.server.deliver(channel, uri, entry)
        self._tell()

    async def entries(
        self, channel: str, uri: Uri, *, after: int | None, before: int | None = None, limit: int
    ) -> Sequence[ChatEntry]:
        del channel
        entries = list(self.timelines[uri])
        if self.before_entries is not None:
            self.before_entries()
        await asyncio.sleep(0)
        if after is None:
            return [entry for entry in entries if before is None or entry.id < before][-limit:]
        return [entry for entry in entries if entry.id > after][:limit]

    def standing(self, channel: str, uri: Uri) -> Mapping[str, Any] | None:
        del channel
        return self.standings.get(uri)

    async def receipt(self, channel: str, uri: Uri, upto: int, state: str) -> None:
        del channel
        self.receipts.append((uri, upto, state))
        self._tell()

    async def signal(self, channel: str, signal: SignalIn) -> None:
        del channel
        self.signals.append(signal)
        self._tell()

    async def presence(self, channel: str, uri: Uri, presence: str) -> None:
        del channel
        self.presences.append((uri, presence))
        self._tell()

    async def store_file(
        self, channel: str, uri: Uri, name: str, media_type: str, stream: AsyncIterator[bytes]
    ) -> str:
        del channel, uri, name, media_type
        body = b"".join([chunk async for chunk in stream])
        stored = f"upload-{len(self.files) + 1}"
        self.files[stored] = body
        return stored

    def _tell(self) -> None:
        self.changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for a condition over what this backend was told."""
        async with asyncio.timeout(30):
            while not holds():
                self.changed.clear()
                if holds():
                    return
                await self.changed.wait()
