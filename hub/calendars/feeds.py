"""Keeping calendars true: feeds fetched daily, deadlines worked out again after every change.

What a feed said stays as long as it cannot be fetched or read; its error is kept with it and
shown. Feeds come from outside, so they go through the guarded client, redirects too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
from yarl import URL

from connectors.contract import ChannelError, Rejected
from connectors.http import HttpClient, Reply, fault
from hub import calendars, clock, observe
from hub.channel import VERSION
from storage import calendars as stored
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from hub.settings import Settings
    from routing.feed import Said
    from storage.db import Database, Named, Tx

DAY = 86_400_000_000  # microseconds between two fetches
HOUR = DAY // 24  # after one that failed
ANEW = 30  # days after which an unchanged feed is read again: what recurs goes on
SOON = 5.0  # seconds after a change
SWEEP = 600.0  # seconds between two looks
FEED_BYTES = 500_000
REDIRECTS = 5
BACK, AHEAD = timedelta(days=31), timedelta(days=800)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed of one calendar."""

    calendar: int
    name: str
    zone: ZoneInfo
    url: str
    etag: str
    due: int


class Calendars:
    """The loop over feeds, and over deadlines that a changed calendar has left behind."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._wake = asyncio.Event()
        self.now: Callable[[], int] = clock.now

    def listen(self, events: Sequence[Named]) -> None:
        """A calendar may have changed; warnings and breaches are counted here."""
        for event in events:
            if event["kind"] == "calendar.changed":
                self._wake.set()
            elif event["kind"] in ("sla.warned", "sla.breached"):
                observe.PROMISES.labels(event["kind"].removeprefix("sla.")).inc()

    async def run(self) -> None:
        """Fetch what is due and work out what is stale, until cancelled."""
        while True:
            # once more soon after a change: for what was under way with the calendar before it
            seconds = SOON if self._wake.is_set() else SWEEP
            self._wake.clear()
            try:
                await calendars.recompute(self._db)
                await self.fetch()
                await calendars.recompute(self._db)
            except StoreUnavailable as err:
                _log.warning("calendars wait for the store: %s", err)
            try:
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def fetch(self) -> None:
        """Ask every feed whose day is over. Raises StoreUnavailable."""
        due = [one for one in await self._db.read(known) if one.due <= self.now()]
        if not due:
            return
        async with HttpClient(user_agent=VERSION, allow_hosts=self._settings.allow_hosts) as client:
            for one in due:
                await self._ask(client, one)

    async def _ask(self, client: HttpClient, one: Feed) -> None:
        try:
            reply = await _get(client, one, anew=self.now() // DAY % ANEW == 0)
            if reply.status == 304:
                await self._db.write(_same, one, self.now())
                return
            wrong = fault(reply.status, reply.headers)
            if wrong is not None:
                raise wrong
            if len(reply.body) > FEED_BYTES:
                raise Rejected(f"is larger than {FEED_BYTES} bytes", code="too_large")
            said = await asyncio.to_thread(_read, reply.body, one.zone)
        except (ChannelError, ValueError) as err:
            _log.warning("a feed of calendar %s: %s", one.name, err)
            await self._db.write(_failed, one, str(err), self.now())
            return
        await self._db.write(_fed, one, said, reply.headers.get("ETag", ""), self.now())


def _read(text: bytes, zone: ZoneInfo) -> Said:
    """What a feed says of the days around now. Raises ValueError."""
    from routing import feed  # noqa: PLC0415  heavy, and few hubs have a feed

    today = datetime.now(UTC).date()
    return feed.read(text, zone, today - BACK, today + AHEAD)


async def _get(client: HttpClient, one: Feed, *, anew: bool) -> Reply:
    """The feed as it is, redirects followed. Raises ChannelError."""
    url = one.url.replace("webcal://", "https://", 1)
    headers = {"Accept": "text/calendar, */*;q=0.1"}
    if one.etag and not anew:
        headers["If-None-Match"] = one.etag
    for _ in range(REDIRECTS + 1):
        reply = await client.request("GET", url, headers=headers)
        location = reply.headers.get("Location", "")
        if reply.status == 304 or not (300 <= reply.status < 400 and location):
            return reply
        try:
            url = str(URL(url).join(URL(location)))
        except ValueError as err:
            raise Rejected("redirects to what is not a URL", code="url") from err
    raise Rejected("too many redirects")


def known(tx: Tx) -> list[Feed]:
    """Every declared feed, with when it is to be asked again."""
    asked = {(row["calendar"], row["url"]): row for row in stored.feeds(tx)}
    found: list[Feed] = []
    for row in stored.listed(tx):
        body: dict[str, Any] = msgspec.json.decode(row["body"])
        for url in body.get("feeds", []):
            last = asked.get((row["id"], url))
            found.append(
                Feed(
                    calendar=row["id"],
                    name=row["name"],
                    zone=ZoneInfo(body["zone"]),
                    url=url,
                    etag="" if last is None else last["etag"],
                    due=0 if last is None else last["tried_at"] + (HOUR if last["error"] else DAY),
                )
            )
    return found


def _fed(tx: Tx, one: Feed, said: Said, etag: str, now: int) -> None:
    if stored.is_there(tx, one.calendar):
        stored.tried(tx, one.calendar, one.url, etag=etag, now=now)
        stored.fed(tx, one.calendar, one.url, said, now)


def _same(tx: Tx, one: Feed, now: int) -> None:
    if stored.is_there(tx, one.calendar):
        stored.tried(tx, one.calendar, one.url, now=now)


def _failed(tx: Tx, one: Feed, error: str, now: int) -> None:
    if stored.is_there(tx, one.calendar):
        stored.tried(tx, one.calendar, one.url, error=error[:300], now=now)
