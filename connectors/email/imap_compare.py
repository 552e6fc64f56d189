"""What stands in a mailbox beside what was read of it: counted, listed, and fetched once more.

Each call makes a connection of its own, so that the source's is not disturbed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from connectors.contract import Backlog, ConfigInvalid, Cursor, FolderPlace, Listed, Raw
from connectors.email import imap_listing, imap_place
from connectors.email.imap import ImapSource
from connectors.email.imap_place import Place
from connectors.email.imap_session import Session
from connectors.email.imap_words import Facts, Mailbox
from connectors.email.settings import Settings


def places(cursor: Cursor | None) -> list[FolderPlace]:
    """How far each folder was read. Raises ConfigInvalid."""
    return [imap_place.shown(folder, place) for folder, place in imap_place.read(cursor).items()]


async def backlog(source: ImapSource, settings: Settings, cursor: Cursor | None) -> list[Backlog]:
    """What would be fetched of each folder. Raises as ``Source.events``."""
    known = imap_place.read(cursor)
    found = []
    async with source.opened() as session:
        for folder in settings.order:
            mailbox = await session.select(folder)
            place = await _place(source, session, mailbox, known.get(folder))
            found.append(await _counted(session, mailbox, folder, place))
    return found


async def _place(
    source: ImapSource, session: Session, mailbox: Mailbox, before: Place | None
) -> Place:
    """Where the source would begin."""
    if before is not None and source.is_same(before, mailbox):
        return before.reaching(source.floor(session.folder))
    highest = await imap_listing.highest_uid(session, mailbox)
    return source.place_in(session.folder, mailbox, highest, before)


async def _counted(session: Session, mailbox: Mailbox, folder: str, place: Place) -> Backlog:
    new = history = left_out = 0
    first = min(place.last, place.done) + 1
    is_large = mailbox.exists > imap_listing.FEW_MAILS
    if (
        is_large and place.floor == 0 and not place.fresh
    ):  # dates decide nothing: numbers are enough
        for uid in await session.uids(first):
            new += uid > max(place.last, place.until)
            history += place.done < uid <= place.until
        return Backlog(folder, new, history, 0)
    for page in await _pages(session, mailbox):
        for facts in (await imap_listing.listed(session, page)).values():
            if facts.uid > place.last and place.is_new(facts):
                new += 1
            elif facts.uid > place.done and place.is_history(facts):
                history += 1
            elif facts.uid <= place.until and not place.is_new(facts):
                left_out += not place.is_history(facts)
    return Backlog(folder, new, history, left_out)


async def listing(
    source: ImapSource, settings: Settings, cursor: Cursor
) -> AsyncGenerator[tuple[FolderPlace, Sequence[Listed]], None]:
    """What stands on the server, in pages, folder by folder; see ``contract.Mailbox``.

    A folder that is gone is left out: the source says so where people see it.
    """
    known = imap_place.read(cursor)
    async with source.opened() as session:
        for folder in settings.order:
            place = known.get(folder)
            try:
                mailbox = await session.select(folder)
            except ConfigInvalid:
                continue
            if place is None or not source.is_same(place, mailbox):
                continue
            shown = imap_place.shown(folder, place)
            for page in await _pages(session, mailbox):
                found = await imap_listing.listed(session, page)
                yield shown, [_listed(place, found[uid]) for uid in sorted(found)]
            yield shown, ()


def _listed(place: Place, facts: Facts) -> Listed:
    is_history = not place.is_new(facts)
    return Listed(facts.uid, facts.arrived_at, place.wants(facts), is_history)


async def _pages(session: Session, mailbox: Mailbox) -> list[str]:
    """Ranges that hold every number there is, each of bounded length."""
    if not mailbox.exists:
        return []
    return [uids for uids, _ in await imap_listing.windows(session, 1, mailbox)]


async def fetch(
    source: ImapSource, place: FolderPlace, mails: Sequence[Listed]
) -> AsyncGenerator[Sequence[Raw], None]:
    """These mails in bounded batches; none if the numbers mean other mails by now."""
    history = {mail.uid for mail in mails if mail.is_history}
    wanted = {mail.uid for mail in mails}
    async with source.opened() as session:
        mailbox = await session.select(place.folder)
        if mailbox.validity != place.validity or not wanted:
            return
        for start in range(0, len(mails), imap_listing.WINDOW_MAILS):
            part = mails[start : start + imap_listing.WINDOW_MAILS]
            found = await imap_listing.listed(session, f"{part[0].uid}:{part[-1].uid}")
            ahead = [found[uid] for uid in sorted(found)]
            for is_history in (False, True):
                chosen = wanted & history if is_history else wanted - history
                for run in source.runs(place.folder, place.validity, ahead, chosen):
                    yield await source.fetcher.fetch(
                        session, place.validity, run, history=is_history
                    )
