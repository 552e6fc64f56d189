"""A hub on hold: it takes in, files and shows, and nothing leaves it by itself.

Held back are fetching (mailboxes, files of messages, calendars), sending, answers that no person
wrote, and retention. Whoever opens a chat on a held hub sees what had left before, and is shown the
rest when the hold ends, but for what was dropped then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from storage import hold
from storage.hold import Held

if TYPE_CHECKING:
    from storage.db import Database

_log = logging.getLogger(__name__)
Loop = Callable[[], Awaitable[None]]


class Hold:
    """Whether it is on. Once lifted it stays so until the next start."""

    def __init__(self) -> None:
        self.held: Held | None = None
        self._over = asyncio.Event()
        self._over.set()

    @property
    def on(self) -> bool:
        """Nothing may leave."""
        return self.held is not None

    async def load(self, db: Database, *, forced: bool, now: int) -> None:
        """As the store says. ``forced`` (HUB_HOLD) puts the store on hold, and so it stays when it
        is started without. Raises StoreUnavailable."""
        if forced:
            await db.write(hold.begin, Held("setting", now))
        self.held = await db.read(hold.state)
        if self.held is not None:
            self._over.clear()
            _log.warning("on hold: nothing is fetched, sent or answered until `hub release`")

    def lift(self) -> None:
        """Let everything begin that waited."""
        if self.held is not None:
            _log.warning("released: fetching and sending begin")
        self.held = None
        self._over.set()

    async def over(self) -> None:
        """Wait until nothing is held back."""
        await self._over.wait()

    def behind(self, loop: Loop) -> Loop:
        """``loop``, begun when the hold is over."""

        async def later() -> None:
            await self.over()
            await loop()

        return later
