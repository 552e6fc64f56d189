"""Mails of one folder, fetched in runs and made into raws; what cannot be had whole is a stub.

A mail that cannot be fetched is tried again, then alone, then kept as a stub of what is known of
it, so that it never blocks the mails behind it. Remembers over connections which ones made trouble.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from connectors.contract import Raw, Unavailable
from connectors.email import imap_place
from connectors.email.imap_session import SPARE_BYTES, Oversized, Refused, Session
from connectors.email.imap_words import Facts
from connectors.email.settings import Settings

STUB_HEADER = "X-Hub-Stub"
"""In ``Raw.headers`` of a stub: why the mail is not whole."""
FILING_HEADER = "X-Hub-Filing"
"""In ``Raw.headers``: words that say how the mail is filed: ``history``, ``own``, ``junk``."""
BODY_TRIES = 4
"""Times that a mail may break the connection or be refused before only its header is asked for."""
HEADER_TRIES = BODY_TRIES + 2

_log = logging.getLogger(__name__)


class Fetcher:
    """Fetches the mails of one mailbox."""

    def __init__(self, settings: Settings, channel: str) -> None:
        self._settings = settings
        self._channel = channel
        self._tries: dict[str, int] = {}

    def filing(self, folder: str, *, history: bool) -> str:
        """The words of ``FILING_HEADER`` for a mail of that folder."""
        words = (
            (history, "history"),
            (folder == self._settings.sent_folder, "own"),
            (folder == self._settings.junk_folder, "junk"),
        )
        return " ".join(word for holds, word in words if holds)

    def is_alone(self, folder: str, validity: int) -> Callable[[Facts], bool]:
        """Whether a mail is fetched by itself: it is large, or made trouble before."""

        def is_alone(facts: Facts) -> bool:
            return self._is_large(facts) or key_of(folder, validity, facts.uid) in self._tries

        return is_alone

    def _is_large(self, facts: Facts) -> bool:
        return facts.size is not None and facts.size > self._settings.max_bytes

    async def fetch(
        self, session: Session, validity: int, run: Sequence[Facts], *, history: bool = False
    ) -> list[Raw]:
        """The mails of one run. Mails that were deleted meanwhile are left out."""
        keys = [key_of(session.folder, validity, facts.uid) for facts in run]
        filing = self.filing(session.folder, history=history)
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
            body = bodies.pop(facts.uid, None)
            if body is None or len(body) > self._settings.max_bytes + SPARE_BYTES:
                raw = await self._alone(session, key, facts, filing)
            else:
                raw = _raw(key, facts, body, filing)
            if raw:
                raws.append(raw)
        return raws

    async def _alone(self, session: Session, key: str, facts: Facts, filing: str) -> Raw | None:
        """One mail, whole or as a stub; None if it is gone."""
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        reason = f"larger than {self._settings.max_bytes} bytes" if self._is_large(facts) else ""
        if not reason and tries <= BODY_TRIES:
            body, reason = await self._whole(session, key, facts.uid)
            if body is not None:
                del self._tries[key]
                return _raw(key, facts, body, filing)
            if facts.uid not in await session.facts(str(facts.uid)):
                del self._tries[key]
                return None
        try:
            header = await self._header(session, tries, facts.uid)
        except Oversized:  # though a part was asked for: not once more
            self._tries[key] = HEADER_TRIES
            raise
        del self._tries[key]
        _log.warning("channel %s: mail %s is kept as a stub", self._channel, key)
        return _raw(key, facts, header, filing, stub=reason or "the server does not hand it out")

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


def key_of(folder: str, validity: int, uid: int) -> str:
    """``Raw.key`` of a mail."""
    return f"{folder}/{validity}/{uid}"


def located(key: str) -> tuple[str, int] | None:
    """Folder and UID of a key that ``key_of`` made; None of any other text."""
    folder, _, numbers = key.rpartition("/")
    name, _, _validity = folder.rpartition("/")
    return (name, int(numbers)) if name and numbers.isascii() and numbers.isdigit() else None


def _raw(key: str, facts: Facts, body: bytes, filing: str, *, stub: str = "") -> Raw:
    said = (
        ("INTERNALDATE", facts.internal_date),
        ("FLAGS", " ".join(facts.flags)),
        ("RFC822.SIZE", "" if facts.size is None else str(facts.size)),
        (FILING_HEADER, filing),
        (STUB_HEADER, stub),
    )
    headers = tuple((name, value) for name, value in said if value)
    return Raw(kind="mail", key=key, headers=headers, url="", body=body)
