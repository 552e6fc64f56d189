"""Intake: what came in by any door is parsed, filed and acknowledged only when it is committed.

Every door (webhook, mail, chat, replay) ends here. What we cannot parse or file is ours all the
same: it is kept as ``failed``, and can be replayed after a fix.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from asyncio import Future
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import msgspec

from connectors.contract import (
    Cursor,
    Event,
    PayloadInvalid,
    Raw,
    SignalIn,
    Uri,
)
from hub import clock, observe
from hub.channel import Channel
from hub.filing import Case, Filed, file_event, file_raw, keep_failed, ledger_key
from hub.limits import Buckets
from hub.mailboxes import batches as mailboxes
from hub.patience import Patience
from storage import ledger_counts, raw_events, raw_requests
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from hub.case import Proof
    from hub.desk import Desk
    from storage.blobs import Blob, Blobs
    from storage.db import Database, Row, Tx

P = ParamSpec("P")
T = TypeVar("T")
_log = logging.getLogger(__name__)
REASON_CAP = 500  # characters of an error that are kept
FILING_SECONDS = 7.0
"""Longer than the store's own patience, shorter than a provider's: Twilio hangs up after 15."""
BLOB_SECONDS = 4.0  # for a large body to be on disk, before that
REJECTIONS, REJECTIONS_PER_SECOND = 200, 5.0
"""Of each channel, so many are logged at once and then a second; all are counted."""


class _Begun(msgspec.Struct, frozen=True):
    """A raw that is on its way into the store."""

    case: Case
    events: Sequence[Event]
    written: Future[list[Filed]]


class Intake:
    """The way in. One for all channels."""

    def __init__(self, db: Database, blobs: Blobs, desk: Callable[[], Desk]) -> None:
        self._db = db
        self._blobs = blobs
        self._desk = desk
        self._patience = Patience(FILING_SECONDS)
        self._rejections = Buckets(REJECTIONS, REJECTIONS_PER_SECOND)
        self.now = clock.now
        """The clock; the demo fills its store on a virtual one."""
        self.room: Callable[[], None] = lambda: None
        """Raises StoreUnavailable where nothing more may be taken in."""
        self.mailboxes: Callable[[], Mapping[Uri, int]] = dict
        """Our addresses where mails come in -> the channel's id."""
        self.proof: Proof | None = None
        """How a code that was sent to a claimed address is known when it is told back."""
        self.on_signal: Callable[[Channel, SignalIn], None] = lambda _channel, _signal: None

    async def file(self, channel: Channel, raw: Raw, events: Sequence[Event]) -> list[Filed]:
        """File the parsed events of one raw. Returns once committed.

        Raises StoreUnavailable: the caller must not acknowledge. Nothing is kept, unless the store
        hung and files it later all the same: then what comes again is known already.
        """
        self.room()
        lasting = [event for event in events if not isinstance(event, SignalIn)]
        if len(lasting) < len(events):
            for event in events:
                if isinstance(event, SignalIn):
                    self.on_signal(channel, event)
        case = await self._case(channel, raw)
        written = self._db.submit(file_raw, case, lasting, key=_key(lasting))
        self._patience.watch(written)
        return await self._settled(_Begun(case, lasting, written))

    async def take(self, channel: Channel, raw: Raw) -> list[Filed]:
        """Parse and file one raw that is held already: a mail, a chat frame, a replay.

        Never raises for what the raw contains; raises StoreUnavailable.
        """
        try:
            events = parse(channel, raw)
        except Exception as err:  # noqa: BLE001 - a parser's mistake must not lose the bytes
            return [await self.keep_unparsed(channel, raw, err)]
        return await self.file(channel, raw, events)

    async def file_batch(self, channel: Channel, raws: Sequence[Raw], cursor: Cursor) -> None:
        """File what a source fetched, then move its cursor: after all of it is committed.

        Each raw is a function of its own; they are handed over together, in order, and the writer
        groups them. A crash in between fetches some of them again, and the ledger drops those.
        """
        filed = await self.take_all(channel, raws)
        batch = mailboxes.batch_of(channel, raws, filed, cursor)
        await self._db.write(mailboxes.settle, channel.id, cursor, batch, now=self.now())

    async def take_all(self, channel: Channel, raws: Sequence[Raw]) -> list[list[Filed]]:
        """``take`` of several, filed in their order by few commits; what became of each.

        Raises StoreUnavailable once all of them are settled; some may be filed then.
        """
        begun: list[_Begun | Filed] = []
        trouble: StoreUnavailable | None = None
        for raw in raws:
            await asyncio.sleep(0)  # parsing takes its time: others first
            try:
                begun.append(await self._begin(channel, raw))
            except StoreUnavailable as err:
                trouble = err
                break
        filed: list[list[Filed]] = []
        for one in begun:
            try:
                filed.append([one] if isinstance(one, Filed) else await self._settled(one))
            except StoreUnavailable as err:
                trouble = trouble or err
        if trouble is not None:
            raise trouble
        return filed

    async def _begin(self, channel: Channel, raw: Raw) -> _Begun | Filed:
        """Hand one raw to the writer, without waiting for it."""
        self.room()
        try:
            events = parse(channel, raw)
        except Exception as err:  # noqa: BLE001 - a parser's mistake must not lose the bytes
            return await self.keep_unparsed(channel, raw, err)
        lasting = [event for event in events if not isinstance(event, SignalIn)]
        case = await self._case(channel, raw)
        return _Begun(case, lasting, self._db.submit(file_raw, case, lasting, key=_key(lasting)))

    async def _settled(self, begun: _Begun) -> list[Filed]:
        try:
            filed = await begun.written
        except StoreUnavailable:
            raise
        except Exception as err:  # noqa: BLE001 - the event is kept as failed, whatever broke
            filed = await self._one_by_one(begun.case, begun.events, err)
        for one in filed:
            observe.received(begun.case.channel.name, one.state).inc()
        return filed

    async def keep_unparsed(self, channel: Channel, raw: Raw, err: Exception) -> Filed:
        """The whole request could not be parsed by us: kept as one failed event."""
        self.room()
        _log.error("channel %s: parse failed: %s", channel.name, type(err).__name__, exc_info=err)
        case = await self._case(channel, raw)
        digest = hashlib.sha256(raw.body).hexdigest()
        written = self._db.submit(keep_failed, case, 0, "request", digest, _reason(err))
        self._patience.watch(written)
        filed = await written
        observe.received(channel.name, filed.state).inc()
        return filed

    async def reject(self, channel: Channel, raw: Raw, reason: str, *, body: bool) -> None:
        """Log what is not taken; the log is bounded, and a flood is only counted."""
        observe.received(channel.name, "rejected").inc()
        try:
            if not self._rejections.take(channel.id):
                await self._db.write(ledger_counts.count, channel.id, "rejected")
                return
            await self._db.write(
                raw_events.reject, channel.id, raw, reason[:REASON_CAP], now=self.now(), body=body
            )
        except StoreUnavailable:
            _log.warning("channel %s: a rejected request could not be logged", channel.name)

    async def replay(self, event: int) -> list[Filed]:
        """Feed a failed event's request back through the parser. Raises LookupError."""
        row = await self._db.read(raw_events.event, event)
        if row is None:
            raise LookupError("no such event")
        request = await self._db.read(raw_requests.request, row["request"])
        if request is None or row["state"] != "failed":
            raise LookupError("only a failed event whose request is still kept can be replayed")
        channel = self.channel_of(request["channel"])
        if channel is None:
            raise LookupError("its channel is not open")
        raw = raw_requests.raw_of(request, await self._body(request))
        events = [e for e in parse(channel, raw) if not isinstance(e, SignalIn)]
        case = await self._case(channel, raw, kept=True)
        return await self._db.write(_replay, case, row, events)

    channel_of: Callable[[int], Channel | None]

    async def _body(self, request: Row) -> bytes:
        blob = raw_requests.blob_of(request)
        if blob is not None:
            return await self._blobs.read(blob)
        return bytes(request["body"] or b"")

    async def case(self, channel: Channel, raw: Raw) -> Case:
        """What filing that request needs. Raises StoreUnavailable."""
        return await self._case(channel, raw)

    async def _case(self, channel: Channel, raw: Raw, *, kept: bool = False) -> Case:
        blob = None
        if not kept and len(raw.body) > raw_requests.BLOB_OVER:
            blob = await self._put(raw.body)
        return Case(
            channel=channel,
            desk=self._desk(),
            raw=raw,
            now=self.now(),
            mailboxes=self.mailboxes(),
            proof=self.proof,
            blob=blob,
        )

    async def _put(self, body: bytes) -> Blob:
        """Keep a large body on disk. Raises StoreUnavailable."""
        try:
            async with asyncio.timeout(BLOB_SECONDS):
                return await self._blobs.put(body)
        except TimeoutError as err:
            raise StoreUnavailable(f"no disk in {BLOB_SECONDS:g} seconds") from err

    async def _one_by_one(self, case: Case, events: Sequence[Event], err: Exception) -> list[Filed]:
        """Some event of the request cannot be filed: the others must not suffer for it."""
        _log.error("channel %s: filing failed", case.channel.name, exc_info=err)
        if len(events) == 1:
            kind, id = ledger_key(case.raw, 0, events[0])
            return [await self._write(keep_failed, case, 0, kind, id, _reason(err))]
        request = await self._write(
            raw_requests.keep, case.channel.id, case.raw, now=case.now, blob=case.blob
        )
        filed: list[Filed] = []
        for position, event in enumerate(events):
            try:
                one = await self._write(file_event, case, request, position, event)
            except StoreUnavailable:
                raise
            except Exception as wrong:  # noqa: BLE001 - see above
                kind, id = ledger_key(case.raw, position, event)
                one = await self._write(
                    _keep_failed_of, case, request, position, kind, id, _reason(wrong)
                )
            filed.append(one)
        return filed

    async def _write(
        self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """``db.write``, for no longer than a filing may take. Raises StoreUnavailable."""
        written = self._db.submit(fn, *args, **kwargs)
        self._patience.watch(written)
        return await written


def parse(channel: Channel, raw: Raw) -> Sequence[Event]:
    """The events of a raw. Raises PayloadInvalid, or whatever is wrong with our parser."""
    if channel.receiving is None:
        raise PayloadInvalid(f"{channel.name}: this channel does not receive")
    return channel.receiving.parse(raw)


def _key(events: Sequence[Event]) -> object:
    """What the writer's function is about: the person, so that one person's messages take turns."""
    return getattr(events[0], "sender", None) if events else None


def _reason(err: Exception) -> str:
    return f"{type(err).__name__}: {err}"[:REASON_CAP]


def _keep_failed_of(
    tx: Tx, case: Case, request: int, position: int, kind: str, id: str, reason: str
) -> Filed:
    event = raw_events.fail(tx, request, case.channel.id, kind, id, position, reason, now=case.now)
    return Filed("failed", event)


def _replay(tx: Tx, case: Case, failed: Row, events: Sequence[Event]) -> list[Filed]:
    """File the failed event alone: its neighbours have been counted. Where it is not among what
    the parser finds now (or nothing was found then), all of them stand for it."""
    request = failed["request"]
    key = (failed["kind"], failed["provider_id"])
    again = [
        (place, event)
        for place, event in enumerate(events)
        if ledger_key(case.raw, place, event) == key
    ]
    if again:
        return [file_event(tx, case, request, *again[0])]
    raw_events.withdraw(tx, failed["id"], case.channel.id)
    return [file_event(tx, case, request, place, event) for place, event in enumerate(events)]
