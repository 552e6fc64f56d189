"""Once a day: what stands in a mailbox, by its numbers, beside what the store has of it.

What should be in the store and is not is fetched: as new if it arrived after the comparison before
this one, else as history. What the server has no more (people tidy up) is counted and forgotten.
The difference is kept for people to see, and logged where mail was missing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from connectors.contract import (
    ChannelError,
    Cursor,
    FolderPlace,
    Listed,
    Mailbox,
    Unavailable,
)
from hub import clock
from hub.mailboxes import batches
from storage import channels as stored
from storage import hold, mailboxes
from storage.errors import StoreUnavailable
from storage.views import micros

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.channels import Channels
    from hub.intake import Intake
    from storage.db import Database

DAY: Final = 86_400 * 1_000_000
LOOK_SECONDS: Final = 600.0
"""Between two looks at whether a mailbox is due."""
SOON: Final = 900 * 1_000_000
"""A mailbox that was never compared is, so long (µs) after its first mail."""
MOST_FETCHED: Final = 1_000
"""Missing mails that one comparison fetches; the next goes on."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Difference:
    """What comparing one folder came to."""

    folder: str
    on_server: int = 0
    missing: int = 0
    """Should have been in the store, and were not."""
    fetched: int = 0
    """Of these, taken in now."""
    gone: int = 0
    """In the store, and no more on the server."""
    left_out: int = 0
    """Older than the history that is wanted."""


class Reconciler:
    """The loop that compares every open mailbox once a day."""

    def __init__(
        self,
        db: Database,
        intake: Intake,
        channels: Channels,
        *,
        now: Callable[[], int] = clock.now,
    ) -> None:
        self._db = db
        self._intake = intake
        self._channels = channels
        self._now = now

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Compare what is due. One that cannot be reached is looked at again later."""
        for channel in list(self._channels):
            if not isinstance(channel.connector, Mailbox):
                continue
            try:
                if await self._is_due(channel):
                    await run(self._db, self._intake, channel, now=self._now)
            except (ChannelError, StoreUnavailable) as err:
                _log.warning("channel %s: cannot be compared: %s", channel.name, err)

    async def _is_due(self, channel: Channel) -> bool:
        rows = await self._db.read(mailboxes.folders, channel.id)
        now = self._now()
        return any(
            now - row["created_at"] > SOON
            if row["reconciled_at"] is None
            else now - row["reconciled_at"] >= DAY
            for row in rows
        )


async def run(
    db: Database, intake: Intake, channel: Channel, *, now: Callable[[], int] = clock.now
) -> list[Difference]:
    """Compare one mailbox. Raises ChannelError (also on hold), StoreUnavailable."""
    if await db.read(hold.state) is not None:
        raise Unavailable("the hub is on hold: nothing is fetched")
    connector = channel.connector
    row = await db.read(stored.get, channel.id)
    cursor = None if row is None else row["source_cursor"]
    if not isinstance(connector, Mailbox) or cursor is None:
        return []
    found: list[_Folder] = []
    async with aclosing(connector.listing(Cursor(cursor))) as pages:
        async for place, mails in pages:
            if not found or found[-1].place != place:
                found.append(await _begun(db, channel.id, place, now()))
            await _compare(db, found[-1], mails)
    for folder in found:
        await _fetch(db, intake, channel, folder, now())
        await _finish(db, channel, folder, now())
    return [folder.difference for folder in found]


@dataclass(slots=True)
class _Folder:
    """One folder while it is compared."""

    place: FolderPlace
    mailbox: int
    before: int
    """When it was compared last (µs); 0: never."""
    difference: Difference
    upto: int = 0
    """Every number up to this one was compared."""
    missing: list[Listed] = field(default_factory=list)


async def _begun(db: Database, channel: int, place: FolderPlace, now: int) -> _Folder:
    mailbox = await db.write(
        mailboxes.of_folder, channel, place.folder, place.epoch, place.validity, now=now
    )
    rows = await db.read(mailboxes.folders, channel)
    before = next((row["reconciled_at"] or 0 for row in rows if row["id"] == mailbox), 0)
    return _Folder(place, mailbox, before, Difference(place.folder))


async def _compare(db: Database, folder: _Folder, mails: Sequence[Listed]) -> None:
    """Hold one page against the store; an empty one is the end of the folder."""
    difference = folder.difference
    last = mails[-1].uid if mails else folder.place.upto
    known = set(await db.read(mailboxes.uids, folder.mailbox, folder.upto + 1, last))
    there = {mail.uid for mail in mails}
    for mail in mails:
        difference.on_server += 1
        if not mail.wanted:
            difference.left_out += mail.is_history and not _is_waited_for(folder, mail)
        elif mail.uid not in known:
            difference.missing += 1
            if len(folder.missing) < MOST_FETCHED:
                folder.missing.append(mail)
    gone = sorted(known - there)
    difference.gone += len(gone)
    for start in range(0, len(gone), 500):
        await db.write(mailboxes.forget, folder.mailbox, gone[start : start + 500])
    folder.upto = max(folder.upto, last)


def _is_waited_for(folder: _Folder, mail: Listed) -> bool:
    """History that the source has not come to yet."""
    return folder.place.history_left > 0 and mail.uid <= folder.place.upto


async def _fetch(db: Database, intake: Intake, channel: Channel, folder: _Folder, now: int) -> None:
    """Take in what is missing; what arrived since the last comparison is new."""
    connector = channel.connector
    if not folder.missing or not isinstance(connector, Mailbox):
        return
    wanted = [replace(mail, is_history=_is_old(folder, mail)) for mail in folder.missing]
    async with aclosing(connector.fetch(folder.place, wanted)) as batches_:
        async for raws in batches_:
            filed = await intake.take_all(channel, raws)
            batch = batches.settled(connector, raws, filed, [folder.place])
            await db.write(batches.record, channel.id, batch, now=now)
            folder.difference.fetched += len(raws)


def _is_old(folder: _Folder, mail: Listed) -> bool:
    if folder.before == 0:
        return mail.is_history
    return mail.arrived_at is not None and micros(mail.arrived_at) < folder.before


async def _finish(db: Database, channel: Channel, folder: _Folder, now: int) -> None:
    difference = folder.difference
    if difference.missing:
        _log.warning(
            "channel %s: %d mails were missing, %d of them taken in",
            channel.name,
            difference.missing,
            difference.fetched,
        )
    await db.write(
        mailboxes.reconciled,
        folder.mailbox,
        on_server=difference.on_server,
        missing=difference.missing,
        fetched=difference.fetched,
        gone=difference.gone,
        left_out=difference.left_out,
        now=now,
    )
    has_more = True
    while has_more:
        has_more = await db.write(mailboxes.forget_old, folder.mailbox)
