"""Retention: what is older than ``keep.*`` goes, in the background and in small chunks.

A chunk is one short transaction, and between two of them others have their turn. A file that is
only in a mail's body is copied out before the body goes. On a hub on hold nothing goes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from hub import clock, observe
from storage import blobs as stored_blobs
from storage import claims_said, exchanges, retention, spool
from storage.errors import StoreUnavailable
from storage.retention import Old

if TYPE_CHECKING:
    from hub.media import Media
    from hub.settings import Settings
    from storage.blobs import Blob, Blobs
    from storage.db import Database, Row, Tx

FIRST = 120.0  # seconds after the start: others first
EVERY = 3600.0  # seconds between two runs
SWEEP_EVERY = timedelta(days=1)
CLAIMS = timedelta(days=7)
"""How long the spool's claims are kept: far longer than a file of it can wait to be removed."""
CODES = timedelta(days=7)
"""How long codes sent to a claimed address are kept: they are good for minutes, limits look a day
back, and somebody may ask in the days after."""
UPLOADS = timedelta(days=30)
"""How long a file waits for the message that it was put up for: a composer may be open for days,
and a visitor's message that failed names it until it is settled."""
REQUESTS, ROWS = 50, 500
"""A chunk: some 5 ms of the writer."""
PAUSE = 0.05  # seconds between two chunks
_MICROSECOND = timedelta(microseconds=1)

_log = logging.getLogger(__name__)


class Retention:
    """The job."""

    def __init__(self, db: Database, blobs: Blobs, media: Media, settings: Settings) -> None:
        self._db = db
        self._blobs = blobs
        self._media = media
        self._settings = settings
        self._swept = 0
        self.now = clock.now
        self.pause = PAUSE

    async def run(self) -> None:
        """Remove what is old, again and again, until cancelled."""
        await asyncio.sleep(FIRST)
        while True:
            try:
                await self.once()
            except StoreUnavailable as err:
                _log.warning("retention waits for the store: %s", err)
            await asyncio.sleep(EVERY)

    async def once(self) -> dict[str, int]:
        """One run: how much went, by kind. Raises StoreUnavailable."""
        now, keep = self.now(), self._settings
        found = {
            "events": await self._prune(
                "events", retention.prune_events, now - keep.keep_events // _MICROSECOND, now
            ),
            "exchanges": await self._prune(
                "exchanges", exchanges.prune, now - keep.keep_exchanges // _MICROSECOND, now
            ),
            "raw": await self._requests(now - keep.keep_raw // _MICROSECOND, now),
        }
        await self._prune("claims", spool.prune, now - CLAIMS // _MICROSECOND, now)
        found["codes"] = await self._prune(
            "codes", claims_said.prune_codes, now - CODES // _MICROSECOND, now
        )
        found["uploads"] = await self._prune(
            "uploads", partial(retention.prune_uploads, now=now), now - UPLOADS // _MICROSECOND, now
        )
        found["strays"] = await self._sweep(now)
        for what, n in found.items():
            if n:
                observe.RETENTION.labels(what).inc(n)
                _log.info("retention: %d %s", n, what)
        return found

    async def _prune(self, what: str, prune: retention.Prune, before: int, now: int) -> int:
        total = 0
        while n := await self._db.write(retention.pruned, what, prune, before, ROWS, now):
            total += n
            await asyncio.sleep(self.pause)
        return total

    # ------------------------------------------------------------ requests

    async def _requests(self, before: int, now: int) -> int:
        total, after = 0, 0
        while page := await self._db.read(retention.held_requests, after, REQUESTS):
            after = page[-1].id
            kept = await self._copy_out(page, now)
            total += await self._db.write(retention.empty, page, kept, now=now)
            await asyncio.sleep(self.pause)
        while page := await self._db.read(retention.old_requests, before, REQUESTS):
            kept = await self._copy_out(page, now)
            total += await self._db.write(retention.move_on, page, kept, now=now)
            await asyncio.sleep(self.pause)
        return total

    async def _copy_out(self, page: Sequence[Old], now: int) -> dict[int, str]:
        """Copy the files out of these bodies; those that must be kept, and why."""
        kept: dict[int, str] = {}
        for one in page:
            if one.failed:
                kept[one.id] = "failed"
                continue
            for file in one.files:
                try:
                    await self._copy(file, now)
                except StoreUnavailable:
                    raise
                except Exception as err:  # noqa: BLE001 - whatever is wrong with it, the body stays
                    _log.warning("the files of request %d cannot be copied out: %s", one.id, err)
                    kept[one.id] = str(err) or "a file cannot be copied out"
        return kept

    async def _copy(self, file: Row, now: int) -> None:
        blob = await self._blobs.put(await self._media.content(file))
        await self._db.write(_copied, file["id"], file["type"], blob, now)

    # ------------------------------------------------------------ blob files

    async def _sweep(self, now: int) -> int:
        """Files that no row keeps, once a day."""
        if now - self._swept < SWEEP_EVERY // _MICROSECOND:
            return 0
        n = await self._blobs.sweep(self._db, now=now)
        self._swept = now
        await self._db.write(retention.count, "strays", n, now=now)
        return n


def _copied(tx: Tx, file: int, type: str, blob: Blob, now: int) -> None:
    stored_blobs.keep(tx, blob, type=type, now=now)
    retention.copied_out(tx, file, blob.sha256, now=now)
