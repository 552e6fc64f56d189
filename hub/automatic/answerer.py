"""Sends what is wanted of ``hub/automatic/__init__.py``: after the message's commit, out of intake's way.

What is wanted is a row, so nothing is lost when the process dies in between: at start whatever is
not settled is done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from hub import automatic, clock, observe
from storage import automatic as stored
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from storage.db import Database, Named

IDLE = 60.0  # seconds between two looks when nobody says that something is wanted
RETRY = 1.0  # seconds, while the store cannot be written
BATCH = 100

_log = logging.getLogger(__name__)


class Answerer:
    """One loop, so that the limits a day are counted one after the other."""

    def __init__(self, db: Database, setting: Callable[[], automatic.Setting]) -> None:
        self._db = db
        self._setting = setting
        self._wake = asyncio.Event()
        self.now = clock.now

    def listen(self, events: Sequence[Named]) -> None:
        """An answer is wanted."""
        if any(event["kind"] == "automatic.wanted" for event in events):
            self._wake.set()

    async def run(self) -> None:
        """Send what is wanted until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self._drain()
            except StoreUnavailable as err:
                _log.warning("automatic answers wait for the store: %s", err)
                await asyncio.sleep(RETRY)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(IDLE):
                    await self._wake.wait()

    async def _drain(self) -> None:
        while ids := await self._db.read(stored.wanted, BATCH):
            for id in ids:
                await self._one(id)

    async def _one(self, id: int) -> None:
        """Settle one, whatever it takes."""
        try:
            outcome = await self._db.write(automatic.send, id, self._setting(), now=self.now())
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 - one that cannot be written must not hold up the others
            _log.exception("an automatic answer could not be written")
            await self._db.write(stored.refuse, id, "failed", now=self.now())
            outcome = "failed"
        if outcome is not None:
            observe.AUTOMATIC.labels(outcome.partition(":")[0]).inc()
