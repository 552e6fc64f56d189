"""What a folder holds, listed in bounded pages: numbers first where there are many. Opens nothing."""

from __future__ import annotations

from connectors.email.imap_session import Session
from connectors.email.imap_words import Facts, Mailbox

WINDOW_MAILS = 1000
"""Mails of a folder that are listed at once; what comes new while one window of history is fetched
waits so long."""
FEW_MAILS = 5000
"""A folder with no more than these is listed without being searched first."""


async def windows(session: Session, first: int, mailbox: Mailbox | None) -> list[tuple[str, int]]:
    """Ranges of numbers from ``first`` on, each with the end that it settles (0: what it lists)."""
    if mailbox is None or mailbox.exists <= FEW_MAILS:
        return [(f"{first}:*", 0)]
    uids = await session.uids(first)
    starts = range(0, len(uids), WINDOW_MAILS)
    parts = [uids[start : start + WINDOW_MAILS] for start in starts]
    return [(f"{part[0]}:{part[-1]}", part[-1]) for part in parts]


async def listed(session: Session, uids: str) -> dict[int, Facts]:
    """What the server says of the mails in a range."""
    found = await session.facts(uids)
    if any(facts.size is None for facts in found.values()):
        # a mail that came in between shows itself by its flags alone (RFC 3501 section 7.4.2)
        found = await session.facts(uids)
    return found


async def highest_uid(session: Session, mailbox: Mailbox) -> int:
    """The highest number that was given out, or that is there."""
    if mailbox.uid_next is not None:
        return mailbox.uid_next - 1
    return max(await session.facts("*"), default=0) if mailbox.exists else 0
