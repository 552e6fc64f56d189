"""The feed: hands every event of the log on, in order, once.

A commit wakes it. What this process has just committed itself need not be read, unless somebody
else's events lie between. Router, screens and deliverer listen here; each can be rebuilt from tables,
so an event that a listener misses costs latency and never a message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from storage import events
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from storage.db import Database, Named

BATCH = 1_000  # events read at once
RETRY = 1.0  # seconds, while the store cannot be read
GATHER = 0.003  # seconds between two batches: under load several commits are handed on at once

_log = logging.getLogger(__name__)

Listener = Callable[[Sequence["Named"]], None]


class Feed:
    """One reader of the event log for the whole process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._wake = asyncio.Event()
        self._listeners: list[Listener] = []
        self._own: list[Named] = []
        """Committed by this process and not handed on yet, so far as they are known."""
        self.seq = 0
        """The last event that was handed on."""

    def listen(self, listener: Listener) -> None:
        """Call ``listener(events)`` on the loop for each batch; it must not block or raise."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Begin after what is in the log now."""
        self._db.on_commit(self._committed)
        self.seq = await self._db.read(events.last_seq)

    async def run(self) -> None:
        """Hand on events until cancelled."""
        clock, next_at = asyncio.get_running_loop().time, 0.0
        while True:
            await self._wake.wait()
            if (pause := next_at - clock()) > 0:
                await asyncio.sleep(pause)
            next_at = clock() + GATHER
            self._wake.clear()
            try:
                await self._drain()
            except StoreUnavailable as err:
                _log.warning("the event log cannot be read: %s", err)
                await asyncio.sleep(RETRY)
                self._wake.set()

    def _committed(self, _seq: int, logged: Sequence[Named]) -> None:
        self._own.extend(logged)
        self._wake.set()

    def _next(self) -> Sequence[Named]:
        """Our own events, if they are the very next ones of the log."""
        own, self._own = self._own, []
        if own and own[0]["seq"] == self.seq + 1 and own[-1]["seq"] == self.seq + len(own):
            self._own = own[BATCH:]
            return own[:BATCH]
        return ()

    async def _drain(self) -> None:
        while True:
            batch = self._next() or await self._db.read(events.since, self.seq, BATCH)
            if not batch:
                return
            self.seq = batch[-1]["seq"]
            for listener in self._listeners:
                try:
                    listener(batch)
                except Exception:  # noqa: BLE001 - the others want to hear of it all the same
                    _log.exception("a listener of the event log failed")
            if len(batch) < BATCH:
                return
