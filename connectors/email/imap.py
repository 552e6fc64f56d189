"""The mail of an IMAP mailbox, as a source: fetched after every wake-up, never marked, never lost.

A push of IDLE is only a wake-up. One connection serves all folders: the first is watched by IDLE,
the others are looked at in between. New mail comes before history, which is read a step at a time
between two looks at what is new, so that a mailbox of many years holds nobody up.
"""

from __future__ import annotations

import asyncio
import logging
from array import array
from bisect import bisect_right
from collections.abc import AsyncGenerator, Awaitable, Callable, Container, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.contract import ChannelError, ConfigInvalid, Cursor, Raw, Unavailable
from connectors.email import imap_listing, imap_place, imap_session
from connectors.email.credentials import Credentials, Fixed
from connectors.email.imap_fetch import FILING_HEADER, STUB_HEADER, Fetcher
from connectors.email.imap_place import Place
from connectors.email.imap_session import Session
from connectors.email.imap_words import Facts, Mailbox
from connectors.email.settings import Settings

__all__ = ["FILING_HEADER", "STUB_HEADER", "ImapSource"]

IDLE_SECONDS = 300.0
"""No IDLE is longer: a connection may die without a word, and some servers forget to push."""
FIRST_IDLE_SECONDS = 0.5
"""After news the next IDLE is short, and each one after it twice as long: some servers (pymap) do
not push what came between the last look and IDLE, and mails like to come in bursts."""
IDLE_FAULTS = 2
"""IDLEs in a row that a server left hanging, after which it is polled."""
IDLE_AGAIN = 60
"""Polls after which such a server is believed once more."""
FRESH = timedelta(minutes=1)
"""Between two looks at whether a token must be renewed."""
HISTORY = timedelta(days=30)

_log = logging.getLogger(__name__)

Batch = tuple[Sequence[Raw], Cursor]


class ImapSource:
    """The mail of one mailbox."""

    def __init__(
        self,
        settings: Settings,
        channel: str,
        *,
        credentials: Credentials | None = None,
        proxy: str = "",
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        idle_seconds: float = IDLE_SECONDS,
        answer_seconds: float = imap_session.ANSWER_SECONDS,
        fetch_seconds: float = imap_session.FETCH_SECONDS,
    ) -> None:
        self._settings = settings
        self._channel = channel
        self._credentials = credentials or Fixed(settings.imap_password)
        self._proxy = proxy
        self._sleep = sleep
        self._now = now
        self._idle_seconds = idle_seconds
        self._answer_seconds = answer_seconds
        self._fetch_seconds = fetch_seconds
        self._origin = imap_place.origin_of(settings.imap_host, settings.imap_login)
        self.fetcher = Fetcher(settings, channel)
        self._fresh_at = datetime.min.replace(tzinfo=UTC)
        self._idle_faults = 0
        self._polls = 0
        self._old: tuple[object, array[int]] = (None, array("I"))
        """Numbers of the history that is being read, four bytes each: not asked for at each step."""

    def opened(self) -> AbstractAsyncContextManager[Session]:
        """A connection of its own, logged in. Raises ConfigInvalid, Unauthorized, Unavailable."""
        return imap_session.opened(
            self._settings,
            self._credentials,
            proxy=self._proxy,
            answer_seconds=self._answer_seconds,
            fetch_seconds=self._fetch_seconds,
        )

    async def check(self) -> None:
        """Log in and open every folder. Raises ConfigInvalid, Unauthorized, Unavailable."""
        async with self.opened() as session:
            for folder in self._settings.all_folders:
                await session.select(folder)

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Batch, None]:
        """Batches of mails for ever; see ``contract.Source``.

        An empty batch says that the mailbox was reached, or keeps a cursor that moved alone.
        """
        places = imap_place.read(cursor)
        self._old = (None, array("I"))
        async with self.opened() as session:
            idle_seconds = 0.0
            can_idle = session.can_idle
            while True:
                before = imap_place.write(places)
                async with aclosing(self._look(session, places)) as batches:
                    async for batch in batches:
                        yield batch, imap_place.write(places)
                has_news = before != imap_place.write(places)
                if idle_seconds == 0:
                    yield (), imap_place.write(places)
                if any(place.has_history for place in places.values()):
                    async with aclosing(self._history(session, places)) as batches:
                        async for batch in batches:
                            yield batch, imap_place.write(places)
                    idle_seconds = FIRST_IDLE_SECONDS
                    continue
                await self._keep_fresh()
                idle_seconds = FIRST_IDLE_SECONDS if has_news else max(idle_seconds * 2, 1.0)
                can_idle = can_idle and await self._wait(session, idle_seconds)
                if not can_idle:
                    await self._sleep(self._settings.poll_seconds)

    async def _keep_fresh(self) -> None:
        """Renew a token in time though the connection needs none: the next one will, and people see
        before then if it cannot be renewed. A failure is shown by whoever renews."""
        now = self._now()
        if now - self._fresh_at >= FRESH:
            self._fresh_at = now
            with suppress(ChannelError):
                await self._credentials.secret()

    async def _wait(self, session: Session, wished: float) -> bool:
        """Wait for news by IDLE; False where that does not work, so that polling is better."""
        if self._idle_faults >= IDLE_FAULTS:
            self._polls += 1
            if self._polls < IDLE_AGAIN:
                return False
        self._polls = 0
        several = len(self._settings.all_folders) > 1
        limit = self._settings.poll_seconds if several else self._idle_seconds
        try:
            works = await session.idle(min(wished, limit, self._idle_seconds))
        except Unavailable:
            self._idle_faults += 1
            raise
        self._idle_faults = 0
        return works

    # ---------------------------------------------------------------- one look at every folder

    async def _look(
        self, session: Session, places: dict[str, Place]
    ) -> AsyncGenerator[Sequence[Raw], None]:
        """Batches of what is new; ``places`` is ahead of each batch by exactly that batch.

        A folder that is gone holds up no other: when all were looked at it raises Unavailable, so
        that people see it and it is looked for again. ConfigInvalid only where nothing was ever
        read.
        """
        gone: list[str] = []
        watched = self._settings.folders[0]
        for folder in self._settings.order:
            async with aclosing(self._look_at(session, folder, places, gone)) as batches:
                async for batch in batches:
                    yield batch
        if session.folder != watched and not gone:  # IDLE needs it selected
            async with aclosing(self._look_at(session, watched, places, gone)) as batches:
                async for batch in batches:
                    yield batch
        if gone:
            raise Unavailable(f"{gone[0]} The other folders are read.")

    async def _look_at(
        self, session: Session, folder: str, places: dict[str, Place], gone: list[str]
    ) -> AsyncGenerator[Sequence[Raw], None]:
        """What is new in one folder; why there is none is added to ``gone``."""
        mailbox = None
        if session.folder == folder:
            await session.noop()
        else:
            try:
                mailbox = await session.select(folder)
            except ConfigInvalid as err:
                if not places:
                    raise
                gone.append(str(err))
                return
            if await self._settle_in(session, mailbox, places):
                yield ()
        async with aclosing(self._new(session, mailbox, places)) as batches:
            async for batch in batches:
                yield batch

    async def _settle_in(
        self, session: Session, mailbox: Mailbox, places: dict[str, Place]
    ) -> bool:
        """Find our place in a folder; True if it is not where we were."""
        place = places.get(session.folder)
        if place is not None and self.is_same(place, mailbox):
            wanted = replace(place, origin=self._origin)
            wanted = wanted.reaching(self.floor(session.folder))
            places[session.folder] = wanted
            return wanted != place
        highest = await imap_listing.highest_uid(session, mailbox)
        places[session.folder] = self.place_in(session.folder, mailbox, highest, place)
        if place is not None:
            _log.warning("channel %s: the numbers of a folder have changed", self._channel)
        return True

    def is_same(self, place: Place, mailbox: Mailbox) -> bool:
        """Whether the numbers of a folder mean the same mails as before."""
        if place.validity != mailbox.validity or place.origin not in (0, self._origin):
            return False
        # numbers never go back (RFC 3501 section 2.3.1.1): this server was set back
        return mailbox.uid_next is None or mailbox.uid_next > place.last

    def place_in(self, folder: str, mailbox: Mailbox, highest: int, before: Place | None) -> Place:
        """The place in a folder that is not the one we knew, or that we did not know."""
        now = int(self._now().timestamp())
        if before is not None:
            return before.anew(mailbox.validity, highest, now, self._origin)
        floor = self.floor(folder)
        return imap_place.first(mailbox.validity, highest, now, self._origin, floor)

    def floor(self, folder: str) -> int:
        """Since when history is wanted (s): what is older is left out."""
        now = int(self._now().timestamp())
        if folder == self._settings.junk_folder:
            return now
        match self._settings.history:
            case "none":
                return now
            case "30d":
                return now - int(HISTORY.total_seconds())
            case "all":
                return 0

    # ---------------------------------------------------------------- what is new

    async def _new(
        self, session: Session, mailbox: Mailbox | None, places: dict[str, Place]
    ) -> AsyncGenerator[Sequence[Raw], None]:
        folder = session.folder
        for uids, end in await imap_listing.windows(session, places[folder].last + 1, mailbox):
            place = places[folder]
            found = await imap_listing.listed(session, uids)
            # "n:*" is at least the last mail, whatever its number (RFC 3501 section 6.4.8)
            ahead = [found[uid] for uid in sorted(found) if uid > place.last]
            now = int(self._now().timestamp())
            chosen = {facts.uid for facts in ahead if place.is_new(facts)}
            for run in self.runs(folder, place.validity, ahead, chosen):
                raws = await self.fetcher.fetch(session, place.validity, run)
                places[folder] = places[folder].moved(run[-1].uid, run, now)
                yield raws
            last = end or (ahead[-1].uid if ahead else place.last)
            if last > places[folder].last:  # the rest is history
                places[folder] = places[folder].moved(last, (), now)
                yield ()

    def runs(
        self, folder: str, validity: int, ahead: Sequence[Facts], chosen: Container[int]
    ) -> Iterator[list[Facts]]:
        """The chosen numbers of what a folder lists, in batches; see ``imap_place.runs``."""
        alone = self.fetcher.is_alone(folder, validity)
        return imap_place.runs(ahead, lambda facts: facts.uid in chosen, alone)

    # ---------------------------------------------------------------- what was there before

    async def _history(
        self, session: Session, places: dict[str, Place]
    ) -> AsyncGenerator[Sequence[Raw], None]:
        """The next window of history, of the first folder that has any: upwards, so that answers
        find what they answer."""
        folder = next(name for name in self._settings.order if places[name].has_history)
        if session.folder != folder:
            mailbox = await session.select(folder)
            if await self._settle_in(session, mailbox, places):
                yield ()
                return
        place = places[folder]
        uids = await self._window_of_history(session, place)
        end = uids[-1] if uids else place.until
        found = await imap_listing.listed(session, f"{uids[0]}:{end}") if uids else {}
        ahead = [found[uid] for uid in sorted(found) if place.done < uid <= place.until]
        chosen = {facts.uid for facts in ahead if place.is_history(facts)}
        for run in self.runs(folder, place.validity, ahead, chosen):
            raws = await self.fetcher.fetch(session, place.validity, run, history=True)
            places[folder] = places[folder].remembered(run[-1].uid)
            yield raws
        places[folder] = places[folder].remembered(end)
        yield ()

    async def _window_of_history(self, session: Session, place: Place) -> Sequence[int]:
        """The numbers of the next mails of history; empty at its end."""
        key = (session.folder, place.epoch, place.floor)
        known, uids = self._old
        if known != key:
            uids = await self._old_uids(session, place)
        self._old = (key, uids[bisect_right(uids, place.done) :])
        return self._old[1][: imap_listing.WINDOW_MAILS]

    async def _old_uids(self, session: Session, place: Place) -> array[int]:
        """The numbers of all history that is left. A small folder is listed: some servers search
        in ways of their own."""
        if session.exists > imap_listing.FEW_MAILS:
            return await session.uids(place.done + 1, place.until)
        found = await session.facts(f"{place.done + 1}:{place.until}")
        return array("I", sorted(uid for uid in found if place.done < uid <= place.until))
