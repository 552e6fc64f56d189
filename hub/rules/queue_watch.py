"""What waits in each queue, for rules that ask: read once a second for all, never for a message.

Nothing is read while no published rule asks. What rules see is at most ``EVERY`` seconds old, or
not known: before the first reading, and for as long as the store cannot be read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from hub import clock
from hub.rules import context
from routing.model import SECOND
from routing.rules.fields import Value
from storage import facts
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Database, Tx

EVERY = 1.0  # seconds
_log = logging.getLogger(__name__)


class QueueWatch:
    """Keeps ``fields`` up to date. Owned by the loop that runs it."""

    def __init__(self, db: Database, desk: Callable[[], Desk]) -> None:
        self._db = db
        self._desk = desk
        self.fields: dict[str, Value] = {}
        """``queue.NAME.waiting`` and the like; the same mapping for as long as the hub runs."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Read once, if any rule asks."""
        if not context.asked(self._desk().rules.needs).queues:
            self.fields.clear()
            return
        try:
            found = await self._db.read(standing, clock.now())
        except StoreUnavailable as err:
            _log.warning("queues cannot be read for the rules: %s", err)
            self.fields.clear()
            return
        self.fields.update(found)
        for name in self.fields.keys() - found.keys():
            del self.fields[name]


def standing(tx: Tx, now: int) -> Mapping[str, Value]:
    """The fields of every queue. Nobody waiting has not waited at all: ``oldest`` is 0."""
    found: dict[str, Value] = {}
    for row in facts.queues(tx, now):
        prefix = f"queue.{row['name']}"
        oldest = 0 if row["oldest"] is None else max(0, now - row["oldest"]) // SECOND
        found[f"{prefix}.waiting"] = row["waiting"]
        found[f"{prefix}.oldest"] = oldest
        found[f"{prefix}.agents_available"] = row["available"]
    return found
