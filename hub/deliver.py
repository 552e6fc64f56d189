"""Delivery: one lane a channel takes the next part that may leave, sends it, and settles it.

The ``match`` in ``_settle`` is the whole retry policy: the type of the error says who acts next.
A part in ``sending`` whose process died is *unknown*, never sent again blindly.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.contract import (
    ChannelError,
    ConfigInvalid,
    Outbound,
    OutcomeUnknown,
    OutFile,
    Party,
    RecipientRefused,
    Rejected,
    Sent,
    Unauthorized,
    Unavailable,
    Uri,
)
from hub import clock, observe
from hub.kept import kept, obey
from hub.trace import attempts
from storage import attachments, deliveries, exchanges, receipts
from storage.blobs import BlobMissing
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.channels import Channels
    from storage.blobs import Blobs
    from storage.db import Database, Named, Row

LEASE = 420 * 1_000_000  # microseconds; longer than any channel's send_timeout and its settling
FIRST_RETRY = 5.0  # seconds, doubling
LONGEST_RETRY = 900.0
GIVE_UP = timedelta(days=2) // timedelta(microseconds=1)
IDLE = 30.0  # seconds between two looks of a lane that nobody wakes
RETRY = 1.0  # seconds, while the store cannot be written
ADMIN_RETRY = 300.0  # seconds, while credentials or settings are wrong

_log = logging.getLogger(__name__)


def _no_link(_row: Row) -> str:
    return ""


class Deliverer:
    """All lanes. A lane that fails does not hold up the others."""

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        channels: Channels,
        public_url: str,
        unsubscribe: Callable[[Row], str] = _no_link,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._channels = channels
        self._public_url = public_url
        self._unsubscribe = unsubscribe
        self._wakes: dict[int, asyncio.Event] = {}
        self._ill: dict[int, asyncio.Event] = {}
        """Channels that wait for an admin; set once one of them was opened anew."""
        self._group: asyncio.TaskGroup | None = None
        self.now = clock.now
        self.rng = random.Random()  # noqa: S311 - jitter

    def listen(self, events: Sequence[Named]) -> None:
        """An answer was written, or a person said "again": the lanes look."""
        if any(event["kind"] == "delivery.queued" for event in events):
            for wake in self._wakes.values():
                wake.set()

    def opened(self, channel: Channel) -> None:
        """A channel was opened: it has a lane from now on, and one that was ill goes on."""
        if channel.id in self._ill:
            self._ill[channel.id].set()
        if self._group is not None and channel.id not in self._wakes:
            self._wakes[channel.id] = asyncio.Event()
            name = f"lane {channel.name}"
            self._group.create_task(kept(name, partial(self._lane, channel.id)), name=name)

    async def run(self) -> None:
        """Deliver until cancelled."""
        with suppress(StoreUnavailable):
            await self._orphans(at_start=True)
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._wakes.clear()
            for channel in self._channels:
                self.opened(channel)
            while True:
                await asyncio.sleep(IDLE)
                with suppress(StoreUnavailable):
                    await self._orphans(at_start=False)

    async def _orphans(self, *, at_start: bool) -> None:
        """Parts left in ``sending``: unknown, or again where a second send does no harm."""
        now = self.now()
        for row in await self._db.read(deliveries.orphans, now + LEASE if at_start else now):
            channel = self._channels.by_id(row["channel"])
            if channel is not None and channel.capabilities.idempotent:
                await self._db.write(deliveries.again, row, now=now)
            else:
                await self._db.write(deliveries.unknown, row, "interrupted", now=now)

    async def _lane(self, id: int) -> None:
        wake = self._wakes[id]
        while True:
            wake.clear()
            try:
                pause = await self._drain(id)
                wait = await self._until_due(id)
            except StoreUnavailable as err:
                _log.warning("delivery waits for the store: %s", err)
                pause, wait = RETRY, 0.0
            if pause:  # the provider's word holds for the whole channel, whoever wakes the lane
                await self._rest(id, min(pause, LONGEST_RETRY))
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await wake.wait()

    async def _rest(self, id: int, seconds: float) -> None:
        """Leave the provider alone; until an admin has mended the channel, if that is sooner."""
        mended = self._ill.get(id)
        if mended is None:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError, StoreUnavailable):
            async with asyncio.timeout(seconds):
                await mended.wait()
                await self._db.write(deliveries.hasten, id, now=self.now())

    async def _drain(self, id: int) -> float:
        """Send what may leave now; seconds that the provider wants to be left alone, or 0."""
        while (channel := self._channels.by_id(id)) and (row := await self._claim(id)):
            pause = await self._one(channel, row)
            obey()
            if pause:
                return pause
        return 0.0

    async def _claim(self, channel: int) -> Row | None:
        now = self.now()
        if not await self._db.read(deliveries.waiting, channel, now):
            return None
        return await self._db.write(
            deliveries.claim, channel, lease_until=now + LEASE, now=now, key=("lane", channel)
        )

    async def _until_due(self, channel: int) -> float:
        due = await self._db.read(deliveries.next_due, channel)
        if due is None:
            return IDLE
        return min(max((due - self.now()) / 1_000_000, 0.05), IDLE)

    async def _one(self, channel: Channel, row: Row) -> float:
        """Send one part and settle it; seconds the whole lane should wait, 0 for none."""
        with attempts.listening(channel, row, self.now()) as attempt:
            result = await self._send(channel, row)
        state, wait = await asyncio.shield(self._settled(channel, row, result, attempt))
        attempt.log(state)
        observe.SENT.labels(channel.name, state).inc()
        if channel.capabilities.sends_per_second and not wait:
            await asyncio.sleep(1 / channel.capabilities.sends_per_second)
        return wait

    async def _send(self, channel: Channel, row: Row) -> Sent | ChannelError:
        try:
            part = await self._outbound(channel, row)
        except Rejected as err:
            return err
        except BlobMissing as err:
            return Rejected(str(err), code="file_missing")
        except StoreUnavailable as err:
            return Unavailable(str(err))
        try:
            async with asyncio.timeout(channel.capabilities.send_timeout.total_seconds()):
                return await channel.connector.send(part)
        except ChannelError as err:
            return err
        except TimeoutError:
            return OutcomeUnknown("no answer in time")
        except Exception:  # noqa: BLE001 - a connector's mistake stops one part, not the lane
            _log.exception("channel %s: send failed", channel.name)
            return OutcomeUnknown("the connector failed: the log says how")

    async def _settled(
        self, channel: Channel, row: Row, result: Sent | ChannelError, attempt: attempts.Running
    ) -> tuple[str, float]:
        """Write down what became of a send, however long the store takes: it cannot be asked again."""
        while True:
            try:
                return await self._settle(channel, row, result, attempt)
            except StoreUnavailable as err:
                if self._db.closed:
                    raise
                _log.warning("the outcome of a send waits for the store: %s", err)
                await asyncio.sleep(RETRY)

    async def _settle(
        self, channel: Channel, row: Row, result: Sent | ChannelError, attempt: attempts.Running
    ) -> tuple[str, float]:
        now = self.now()

        async def write(state: str, *settle: Any, **words: Any) -> None:
            ended = attempt.ended(state, result)
            await self._db.write(exchanges.settled, ended, *settle, **words)

        match result:
            case Sent():
                missed = [f"{one.uri}: {one.words}" for one in result.refused]
                missed += [
                    f"{uri}: left out, they may not be written to"
                    for uri in deliveries.body(row).left_out
                ]
                words = "; ".join(missed)
                await write("sent", receipts.sent, row, result.provider_ids, words=words, now=now)
                if self._ill.pop(channel.id, None) is not None:
                    await self._channels.health(channel.id, "connected", "")
                return "sent", 0.0
            case RecipientRefused():
                await write(
                    "failed",
                    deliveries.refuse,
                    row,
                    result.code,
                    str(result),
                    opted_out=result.opted_out,
                    now=now,
                )
                return "failed", 0.0
            case Rejected():
                await write("failed", deliveries.fail, row, result.code, str(result), now=now)
                return "failed", 0.0
            case OutcomeUnknown():
                await write("unknown", deliveries.unknown, row, str(result), now=now)
                return "unknown", 0.0
            case Unavailable():
                wait = self._backoff(row, result)
                if now - row["created_at"] > GIVE_UP:
                    await write("failed", deliveries.fail, row, "gave_up", str(result), now=now)
                    return "failed", 0.0
                retry_at = now + int(wait * 1_000_000)
                await write("deferred", deliveries.defer, row, retry_at, str(result), now=now)
                return "deferred", wait if result.retry_after else 0.0
            case Unauthorized() | ConfigInvalid() | _:
                _log.error("channel %s: %s", channel.name, type(result).__name__)
                retry_at = now + int(ADMIN_RETRY * 1_000_000)
                await write("deferred", deliveries.defer, row, retry_at, str(result), now=now)
                self._ill[channel.id] = asyncio.Event()
                state = "unauthorized" if isinstance(result, Unauthorized) else "stopped"
                await self._channels.health(channel.id, state, str(result))
                return "deferred", ADMIN_RETRY

    def _backoff(self, row: Row, err: Unavailable) -> float:
        longest = min(FIRST_RETRY * 2 ** min(row["attempts"] - 1, 10), LONGEST_RETRY)
        wait = self.rng.uniform(longest / 2, longest)
        return max(wait, err.retry_after.total_seconds()) if err.retry_after else wait

    async def _outbound(self, channel: Channel, row: Row) -> Outbound:
        body = deliveries.body(row)
        return Outbound(
            delivery_id=row["id"],
            to=tuple(Party(Uri(uri), name) for uri, name in body.to),
            cc=tuple(Party(Uri(uri), name) for uri, name in body.cc),
            subject=body.subject,
            text=body.text,
            html=body.html,
            files=tuple([await self._file(id) for id in body.files]),
            message_id=body.message_id,
            in_reply_to=body.in_reply_to,
            references=tuple(body.references),
            reply_to=body.reply_to,
            unsubscribe=self._unsubscribe(row),
            auto=body.auto,
            sender_name=body.sender_name,
            callback_url=f"{self._public_url}/in/{channel.name}",
        )

    async def _file(self, id: int) -> OutFile:
        row = await self._db.read(attachments.get, id)
        if row is None or row["blob"] is None:
            raise Rejected("a file of this message is missing", code="file_missing")
        content = await self._blobs.read(row["blob"])
        return OutFile(row["name"], row["type"], len(content), content)
