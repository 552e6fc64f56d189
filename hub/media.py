"""Files of messages: fetched after the commit by a durable job, and read out for who may see them.

A row in ``pending`` is the job: a crash only means that it is fetched once more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from connectors.contract import ChannelError, MediaSource, Parts, Rejected
from hub import clock
from storage import attachments, raw_requests
from storage.blobs import BlobMissing, BlobTooLarge
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.channels import Channels
    from storage.blobs import Blobs
    from storage.db import Database, Named, Row

TIMEOUT = 60.0  # seconds for one file
CAP = 50_000_000  # bytes of one file
ATTEMPTS = 8
FIRST_RETRY = 10.0  # seconds, doubling
IDLE = 60.0

_log = logging.getLogger(__name__)


class Media:
    """The loop that fetches, and the way to a file's bytes."""

    def __init__(self, db: Database, blobs: Blobs, channels: Channels) -> None:
        self._db = db
        self._blobs = blobs
        self._channels = channels
        self._wake = asyncio.Event()
        self.now = clock.now

    def listen(self, events: Sequence[Named]) -> None:
        """A new entry has files that are elsewhere."""
        if any(event["kind"] == "media.wanted" for event in events):
            self._wake.set()

    async def run(self) -> None:
        """Fetch until cancelled."""
        while True:
            self._wake.clear()
            wait = IDLE
            try:
                while rows := await self._db.read(attachments.due, self.now()):
                    await asyncio.gather(*(self._fetch(row) for row in rows))
                due = await self._db.read(attachments.next_due)
                if due is not None:
                    wait = min(max((due - self.now()) / 1_000_000, 0.05), IDLE)
            except StoreUnavailable as err:
                _log.warning("files wait for the store: %s", err)
                wait = 1.0
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()

    async def content(self, row: Row) -> bytes:
        """A file's bytes. Raises LookupError: not here (yet), or missing."""
        try:
            if row["blob"] is not None:
                return await self._blobs.read(row["blob"])
            if row["raw_request"] is None or row["state"] != "stored":
                raise LookupError("the file has not been fetched yet")
            return await self._inside(row)
        except BlobMissing as err:
            raise LookupError("the file is missing from the store") from err

    async def _inside(self, row: Row) -> bytes:
        request = await self._db.read(raw_requests.request, row["raw_request"])
        if request is None:
            raise LookupError("the message it came with is no longer kept")
        channel = self._channels.by_id(request["channel"])
        if channel is None or not isinstance(channel.connector, Parts):
            raise LookupError("its channel is not open")
        blob = raw_requests.blob_of(request)
        body = await self._blobs.read(blob) if blob else bytes(request["body"] or b"")
        raw = raw_requests.raw_of(request, body)
        try:
            return await asyncio.to_thread(channel.connector.part, raw, row["ref"] or "")
        except KeyError as err:
            raise LookupError("the file is not in the message it came with") from err

    async def _fetch(self, row: Row) -> None:
        channel = self._channels.by_id(row["channel"])
        try:
            await self._get(row, channel)
        except (Rejected, BlobTooLarge) as err:
            await self._db.write(attachments.missed, row, str(err), retry_at=None, now=self.now())
        except (ChannelError, TimeoutError) as err:
            await self._later(row, str(err) or "no answer in time")
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 - a connector's mistake costs one file, not the loop
            _log.exception("a file could not be fetched")
            await self._later(row, "the connector failed: the log says how")

    async def _get(self, row: Row, channel: Channel | None) -> None:
        if channel is None or not isinstance(channel.connector, MediaSource):
            raise ChannelError("its channel is not open")
        async with asyncio.timeout(TIMEOUT), channel.connector.open(row["ref"]) as stream:
            blob = await self._blobs.put(stream, cap=CAP)
        await self._db.write(attachments.stored, row, blob, type=row["type"], now=self.now())

    async def _later(self, row: Row, reason: str) -> None:
        retry: int | None = None
        if row["attempts"] + 1 < ATTEMPTS:
            retry = self.now() + int(FIRST_RETRY * 2 ** row["attempts"] * 1_000_000)
        await self._db.write(attachments.missed, row, reason, retry_at=retry, now=self.now())
