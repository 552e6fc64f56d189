"""The words of people and matters that were there before words were kept: filled in once, behind
everything else, a few milliseconds a step."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from storage import audit, search
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from storage.db import Database, Tx

SETTING: Final = "find.filled"
DONE: Final = "done"
PAUSE: Final = 0.02
"""Seconds between two steps: whoever writes goes first."""
_log = logging.getLogger(__name__)


async def fill(db: Database) -> None:
    """Go on where it ended; returns when everything is found. Raises StoreError."""
    while True:
        if not await db.write(_step):
            return
        await asyncio.sleep(PAUSE)


def _step(tx: Tx) -> bool:
    """One step; False: there is no more to do."""
    kept = audit.setting(tx, SETTING) or "0 0"
    if kept == DONE:
        return False
    contact, conversation = (int(part) for part in kept.split())
    place = search.fill(tx, contact, conversation)
    more = place != (contact, conversation)
    audit.set_setting(tx, SETTING, f"{place[0]} {place[1]}" if more else DONE)
    return more


async def run(db: Database) -> None:
    """``fill``, also where the store is away for a while; then nothing, until cancelled."""
    while True:
        try:
            await fill(db)
            await asyncio.Event().wait()
        except StoreUnavailable as err:
            _log.warning("what can be found is not filled in yet: %s", err)
            await asyncio.sleep(1)
