"""New mail of an IMAP mailbox, as a source: fetched after every wake-up, never marked, never lost.

A push of IDLE is only a wake-up. One connection serves all folders: the first is watched by IDLE,
the others are looked at in between. A mail that cannot be fetched is tried again, then alone, then
kept as a stub of what is known of it, so that it never blocks the mails behind it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from connectors.contract import Cursor, Raw, Unavailable
from connectors.email import imap_place, imap_session
from connectors.email.imap_place import Place
from connectors.email.imap_session import SPARE_BYTES, Oversized, Refused, Session
from connectors.email.imap_words import Facts, Mailbox
from connectors.email.settings import Settings

STUB_HEADER = "X-Hub-Stub"
"""In ``Raw.headers`` of a stub: why the mail is not whole."""
IDLE_SECONDS = 300.0
"""No IDLE is longer: a connection may die without a word, and some servers forget to push."""
FIRST_IDLE_SECONDS = 0.5
"""After news the next IDLE is short, and each one after it twice as long: some servers (pymap) do
not push what came between the last look and IDLE, and mails like to come in bursts."""
HISTORY = timedelta(days=30)
WINDOW_UIDS = 5000
"""UIDs asked for at once in a folder with more mails than that."""
BODY_TRIES = 4
"""Times that a mail may break the connection or be refused before only its header is asked for."""
HEADER_TRIES = BODY_TRIES + 2

_log = logging.getLogger(__name__)

Batch = tuple[Sequence[Raw], Cursor]


class ImapSource:
    """The mail of one mailbox. It remembers over connections which mails made trouble."""

    def __init__(
        self,
        settings: Settings,
        channel: str,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        idle_seconds: float = IDLE_SECONDS,
        answer_seconds: float = imap_session.ANSWER_SECONDS,
    ) -> None:
        self._settings = settings
        self._channel = channel
        self._sleep = sleep
        self._now = now
        self._idle_seconds = idle_seconds
        self._answer_seconds = answer_seconds
        self._tries: dict[str, int] = {}

    async def check(self) -> None:
        """Log in and open every folder. Raises ConfigInvalid, Unauthorized, Unavailable."""
        opened = imap_session.opened(self._settings, answer_seconds=self._answer_seconds)
        async with opened as session:
            for folder in self._settings.folders:
                await session.select(folder)

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Batch, None]:
        """Batches of mails for ever; see ``contract.Source``.

        An empty batch says that the mailbox was reached, or keeps a cursor that moved alone.
        """
        places = imap_place.read(cursor)
        opened = imap_session.opened(self._settings, answer_seconds=self._answer_seconds)
        async with opened as session:
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
                idle_seconds = FIRST_IDLE_SECONDS if has_news else max(idle_seconds * 2, 1.0)
                if can_idle:
                    can_idle = await session.idle(self._longest_idle(idle_seconds))
                else:
                    await self._sleep(self._settings.poll_seconds)

    def _longest_idle(self, wished: float) -> float:
        several = len(self._settings.folders) > 1
        limit = self._settings.poll_seconds if several else self._idle_seconds
        return min(wished, limit, self._idle_seconds)

    # ---------------------------------------------------------------- one look at every folder

    async def _look(
        self, session: Session, places: dict[str, Place]
    ) -> AsyncGenerator[Sequence[Raw], None]:
        """Batches of what is new; ``places`` is ahead of each batch by exactly that batch."""
        watched, *others = self._settings.folders
        for folder in (*others, watched):  # the watched one last: IDLE needs it selected
            if session.folder == folder:
                await session.noop()
                mailbox = None
            else:
                mailbox = await session.select(folder)
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
        if place and place.validity == mailbox.validity:
            return False
        highest = await _highest_uid(session, mailbox)
        now = int(self._now().timestamp())
        places[session.folder] = self._first_place(mailbox.validity, highest, now, place)
        if place:
            _log.warning("channel %s: UIDVALIDITY of a folder has changed", self._channel)
        return True

    def _first_place(self, validity: int, highest: int, now: int, before: Place | None) -> Place:
        if before:
            floor = before.floor if before.until else before.mark
            return Place(validity, 0, before.mark, floor, highest)
        match self._settings.history:
            case "none":
                return Place(validity, highest, now)
            case "30d":
                return Place(validity, 0, now, now - int(HISTORY.total_seconds()), highest)
            case "all":
                return Place(validity, 0, now)

    async def _new(
        self, session: Session, mailbox: Mailbox | None, places: dict[str, Place]
    ) -> AsyncGenerator[Sequence[Raw], None]:
        folder = session.folder
        is_last = False
        while not is_last:
            place = places[folder]
            uids, is_last = _window(place, mailbox)
            found = await self._list(session, uids)
            # "n:*" is at least the last mail, whatever its UID (RFC 3501 section 6.4.8)
            listed = [found[uid] for uid in sorted(found) if uid > place.last]
            now = int(self._now().timestamp())
            for run in imap_place.runs(listed, place.wants, self._is_alone(folder, place.validity)):
                raws = await self._fetch(session, place.validity, run)
                places[folder] = places[folder].moved(run[-1].uid, run, now)
                yield raws
            end = listed[-1].uid if listed else place.last
            if not is_last:
                end = place.last + WINDOW_UIDS
            if end > places[folder].last:  # the rest is history
                places[folder] = places[folder].moved(end, (), now)
                if is_last:
                    yield ()

    async def _list(self, session: Session, uids: str) -> dict[int, Facts]:
        found = await session.facts(uids)
        if any(facts.size is None for facts in found.values()):
            # a mail that came in between shows itself by its flags alone (RFC 3501 section 7.4.2)
            found = await session.facts(uids)
        return found

    # ---------------------------------------------------------------- bodies

    def _is_alone(self, folder: str, validity: int) -> Callable[[Facts], bool]:
        def is_alone(facts: Facts) -> bool:
            return self._is_large(facts) or _key(folder, validity, facts) in self._tries

        return is_alone

    def _is_large(self, facts: Facts) -> bool:
        return facts.size is not None and facts.size > self._settings.max_bytes

    async def _fetch(self, session: Session, validity: int, run: Sequence[Facts]) -> list[Raw]:
        """The mails of one run. Mails that were deleted meanwhile are left out."""
        keys = [_key(session.folder, validity, facts) for facts in run]
        bodies: dict[int, bytes] = {}
        if len(run) > 1:
            try:
                limit = max(imap_place.BATCH_BYTES, self._settings.max_bytes)
                bodies = await session.bodies(f"{run[0].uid}:{run[-1].uid}", limit)
            except Refused:
                pass  # one of them: each alone
            except Unavailable:
                self._tries.update({key: 1 for key in keys if key not in self._tries})
                raise
        raws = []
        for key, facts in zip(keys, run, strict=True):
            body = bodies.get(facts.uid)
            if body is None or len(body) > self._settings.max_bytes + SPARE_BYTES:
                raw = await self._alone(session, key, facts)
            else:
                raw = _raw(key, facts, body)
            if raw:
                raws.append(raw)
        return raws

    async def _alone(self, session: Session, key: str, facts: Facts) -> Raw | None:
        """One mail, whole or as a stub; None if it is gone."""
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        reason = f"larger than {self._settings.max_bytes} bytes" if self._is_large(facts) else ""
        if not reason and tries <= BODY_TRIES:
            body, reason = await self._whole(session, key, facts.uid)
            if body is not None:
                del self._tries[key]
                return _raw(key, facts, body)
            if facts.uid not in await session.facts(str(facts.uid)):
                del self._tries[key]
                return None
        header = await self._header(session, tries, facts.uid)
        del self._tries[key]
        _log.warning("channel %s: mail %s is kept as a stub", self._channel, key)
        return _raw(key, facts, header, stub=reason or "the server does not hand it out")

    async def _whole(self, session: Session, key: str, uid: int) -> tuple[bytes | None, str]:
        """The mail, or why not; asked for twice."""
        reason = ""
        for _ in range(2):
            try:
                bodies = await session.bodies(str(uid), self._settings.max_bytes)
            except Refused as err:
                reason = f"the server does not hand it out: {err}"
            except Oversized:
                self._tries[key] = BODY_TRIES
                raise
            else:
                if uid in bodies:
                    return bodies[uid], ""
        return None, reason

    async def _header(self, session: Session, tries: int, uid: int) -> bytes:
        """What there is of a header. A server that refuses this too may be in trouble itself."""
        if tries > HEADER_TRIES:
            return b""
        try:
            return await session.header(uid)
        except Refused as err:
            if tries <= BODY_TRIES:
                raise Unavailable(f"imap: the server does not hand out mails: {err}") from err
            return b""


async def _highest_uid(session: Session, mailbox: Mailbox) -> int:
    if mailbox.uid_next is not None:
        return mailbox.uid_next - 1
    return max(await session.facts("*"), default=0) if mailbox.exists else 0


def _window(place: Place, mailbox: Mailbox | None) -> tuple[str, bool]:
    """The UIDs to list next, and whether these are all."""
    first = place.last + 1
    highest = (mailbox.uid_next or 0) - 1 if mailbox else 0
    if mailbox and mailbox.exists > WINDOW_UIDS and highest - place.last > WINDOW_UIDS:
        return f"{first}:{place.last + WINDOW_UIDS}", False
    return f"{first}:*", True


def _key(folder: str, validity: int, facts: Facts) -> str:
    return f"{folder}/{validity}/{facts.uid}"


def _raw(key: str, facts: Facts, body: bytes, *, stub: str = "") -> Raw:
    said = (
        ("INTERNALDATE", facts.internal_date),
        ("FLAGS", " ".join(facts.flags)),
        ("RFC822.SIZE", "" if facts.size is None else str(facts.size)),
        (STUB_HEADER, stub),
    )
    headers = tuple((name, value) for name, value in said if value)
    return Raw(kind="mail", key=key, headers=headers, url="", body=body)
