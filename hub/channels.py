"""Open channels: each a connector with what the hub keeps of it, opened, watched and closed here.

A channel is reconfigured by leaving its connector and entering a new one; nothing mutates.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from connectors.contract import (
    ChannelError,
    Cursor,
    Source,
    Uri,
)
from hub import clock, sources
from hub.channel import Channel, open_row
from hub.mailboxes.memory import ChannelMemory
from hub.nights.hold import Hold
from storage import channels as stored

if TYPE_CHECKING:
    from hub.intake import Intake
    from hub.keys import Keys
    from hub.settings import Settings
    from storage.db import Database, Row

_log = logging.getLogger(__name__)


class Channels:
    """All open channels by name and by id; reads the configuration, keeps health."""

    def __init__(self, db: Database, keys: Keys, settings: Settings) -> None:
        self._db = db
        self._keys = keys
        self._settings = settings
        self._by_name: dict[str, Channel] = {}
        self._by_id: dict[int, Channel] = {}
        self._stacks: dict[str, AsyncExitStack] = {}
        self._rows: dict[str, tuple[object, ...]] = {}
        self._enabled: frozenset[str] = frozenset()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.hold = Hold()
        """While it is on nothing is fetched."""
        self.mailboxes: Mapping[Uri, int] = {}
        """Our addresses where mails come in -> the channel's id."""
        self.opened: list[Callable[[Channel], None]] = []
        """Called with each channel that was opened (the deliverer starts a lane)."""

    def get(self, name: str) -> Channel | None:
        """The open channel of that name."""
        return self._by_name.get(name)

    def awaited(self, name: str) -> bool:
        """Whether a channel of that name is meant to be open: it is, or it could not be opened,
        or it is being opened anew at this moment."""
        return name in self._enabled

    def by_id(self, id: int) -> Channel | None:
        """The open channel of that id."""
        return self._by_id.get(id)

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._by_name.values())

    async def reload(self, group: asyncio.TaskGroup, intake: Intake) -> None:
        """Open what is new, close what is gone, reopen what changed."""
        rows = await self._db.read(stored.listed)
        wanted = {row["name"]: row for row in rows if row["enabled"]}
        self._enabled = frozenset(wanted)
        for name in [name for name in self._rows if name not in wanted]:
            await self._close(name)
        for name, row in wanted.items():
            if self._rows.get(name) != _identity(row):
                await self._close(name)
                await self._open(row, group, intake)

    def reopen(self, name: str) -> None:
        """Leave a channel and enter it anew with the next ``reload``: it has other tokens now."""
        if name in self._rows:
            self._rows[name] = ()

    async def close(self) -> None:
        """Close all channels."""
        for name in list(self._rows):
            await self._close(name)

    async def _open(self, row: Row, group: asyncio.TaskGroup, intake: Intake) -> None:
        name = row["name"]
        self._rows[name] = _identity(row)
        stack = AsyncExitStack()
        try:
            memory = ChannelMemory(self._db, self._keys, row["id"])
            channel = open_row(row, self._keys, self._settings, memory)
            await stack.enter_async_context(channel.connector)
        except ChannelError as err:
            await stack.aclose()
            _log.warning("channel %s cannot be opened: %s", name, err)
            await self.health(row["id"], "stopped", str(err))
            return
        self._stacks[name] = stack
        self._by_name[name] = self._by_id[channel.id] = channel
        self._list_mailboxes()
        for listener in self.opened:
            listener(channel)
        if isinstance(channel.connector, Source):
            self._tasks[name] = group.create_task(
                self._fetch(channel, channel.connector, intake), name=f"source {name}"
            )
        else:
            await self.health(channel.id, "connected", "")

    async def _fetch(self, channel: Channel, source: Source, intake: Intake) -> None:
        if self.hold.on:
            await self.health(channel.id, "held", "")
            await self.hold.over()
        row = await self._db.read(stored.get, channel.id)
        cursor = row["source_cursor"] if row is not None else None

        async def health(state: str, detail: str) -> None:
            await self.health(channel.id, state, detail)

        await sources.run(
            channel.name,
            source,
            None if cursor is None else Cursor(cursor),
            lambda raws, at: intake.file_batch(channel, raws, at),
            health,
        )

    async def _close(self, name: str) -> None:
        self._rows.pop(name, None)
        channel = self._by_name.pop(name, None)
        if channel is not None:
            self._by_id.pop(channel.id, None)
            self._list_mailboxes()
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        stack = self._stacks.pop(name, None)
        if stack is not None:
            await stack.aclose()

    def _list_mailboxes(self) -> None:
        mail = [channel for channel in self if channel.capabilities.threads]
        self.mailboxes = {uri: channel.id for channel in mail for uri in channel.ours}

    async def health(self, id: int, state: str, detail: str) -> None:
        """Say how a channel is; ``detail`` is for an admin. Raises StoreUnavailable."""
        await self._db.write(stored.set_state, id, state, detail, clock.now())


def _identity(row: Row) -> tuple[object, ...]:
    names = ("kind", "title", "settings", "options", "signature_mode", "simulated")
    return tuple(row[name] for name in names)
