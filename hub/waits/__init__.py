"""What customers who wait in a chat are shown: their place in line, a range, or when we open.

The range is ``routing/estimate.py`` on the queue's own last answers and errors; the place never
rises once shown. What was first told is kept beside what came of it (storage/wait_estimates.py):
the metric ``hub_wait_error_ratio`` and ``GET /estimates``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from connectors.contract import Sessions, Uri
from hub import clock, observe
from hub.calendars import hours
from routing import estimate
from storage import views, wait_estimates
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from hub.channels import Channels
    from hub.desk import Desk
    from storage.db import Database, Named, Row, Tx

SECOND: Final = 1_000_000
REFRESH: Final = 10.0  # seconds between two looks when nothing happens: time itself changes waits
GATHER: Final = 0.5  # seconds: several changes are shown at once
PER_SECOND: Final = 200
"""Visitors told a second at most: a long line is looked at less often."""
RETRY: Final = 1.0
MOST_AHEAD: Final = 999
ANSWERS: Final = 20
"""Of a queue's last answers the rate is made."""
LATELY: Final = 2 * 3600 * SECOND
"""Older answers say nothing of now."""
ERRORS: Final = 100
NOTHING: Final[Mapping[str, Any]] = {"type": "queue"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is known of one wait."""

    position: int
    """1: next."""
    low_seconds: int | None
    high_seconds: int | None
    """None: too little was answered lately to say."""
    predicted: int = 0
    low: int = 0
    high: int = 0
    """Microseconds, before rounding."""


def foresee(tx: Tx, item: Row, now: int) -> Foreseen:
    """The place and the range of one waiting turn, as of now."""
    ahead = wait_estimates.ahead(tx, item, MOST_AHEAD)
    return _foreseen(ahead, *_pace(tx, item["queue"], now))


def _pace(tx: Tx, queue: int, now: int) -> tuple[float, tuple[float, ...]]:
    """(answers per second, own errors) of a queue lately."""
    at = wait_estimates.taken(tx, queue, now - LATELY, ANSWERS)
    since = (now - at[-1]) / SECOND if len(at) > 1 else 0.0
    rate = estimate.service_rate(len(at), since) if since > 0 else 0.0
    rows = wait_estimates.recent(tx, queue, ERRORS)
    return rate, tuple(estimate.error(row["actual"], row["predicted"]) for row in rows)


@lru_cache(maxsize=1024)
def _foreseen(ahead: int, rate: float, errors: tuple[float, ...]) -> Foreseen:
    found = estimate.estimate_wait(ahead, rate, errors)
    if found is None:
        return Foreseen(ahead + 1, None, None)
    low, high = estimate.told(*found)
    return Foreseen(ahead + 1, low, high, estimate.expected_wait(ahead, rate), *found)


class Waits:
    """Keeps what each waiting visitor is shown, and says what has changed."""

    def __init__(
        self,
        db: Database,
        desk: Callable[[], Desk],
        channels: Channels,
        show: Callable[[str, Uri | None, Mapping[str, Any]], None],
    ) -> None:
        self._db = db
        self._desk = desk
        self._channels = channels
        self._show = show
        """(channel, visitor or None for all who do not wait, frame)."""
        self._shown: dict[tuple[str, Uri], Mapping[str, Any]] = {}
        self._closed: dict[str, Mapping[str, Any]] = {}
        self._wake = asyncio.Event()
        self.now = clock.now

    def listen(self, events: Sequence[Named]) -> None:
        """Somebody came into a line or went out of it."""
        if any(event["kind"] == "item.changed" for event in events):
            self._wake.set()

    def standing(self, channel: str, uri: Uri) -> Mapping[str, Any] | None:
        """The frame for a tab that has just opened; None for nothing to say."""
        return self._shown.get((channel, uri)) or self._closed.get(channel)

    async def run(self) -> None:
        """Look again after each change, until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self.refresh()
            except StoreUnavailable as err:
                _log.warning("waits cannot be foreseen: %s", err)
                await asyncio.sleep(RETRY)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(REFRESH):
                    await self._wake.wait()
            await asyncio.sleep(GATHER + len(self._shown) / PER_SECOND)

    async def refresh(self) -> None:
        """Show what has changed since the last look."""
        chats = {one.id: one.name for one in self._channels if isinstance(one.connector, Sessions)}
        self._hours(chats.values())
        found: dict[tuple[str, Uri], Mapping[str, Any]] = {}
        if chats:
            if await self._db.read(_anything, list(chats)):
                rows = await self._db.write(_look, chats, self._desk(), self.now())
                found = {(name, uri): frame for name, uri, frame in rows}
            for row in await self._settled():
                ratio = estimate.error(row["actual"], row["predicted"])
                observe.WAIT_ERROR.labels(self._name(row["queue"])).observe(ratio)
        for key in [*found, *(self._shown.keys() - found.keys())]:
            frame = found.get(key) or self._closed.get(key[0]) or NOTHING
            if self._shown.get(key) != frame:
                self._show(*key, frame)
        self._shown = found

    async def _settled(self) -> list[Row]:
        if not await self._db.read(wait_estimates.unsettled):
            return []
        found: list[Row] = await self._db.write(wait_estimates.settle, now=self.now())
        return [row for row in found if row["predicted"] > 0]

    def _name(self, queue: int) -> str:
        found = self._desk().queues.get(queue)
        return str(queue) if found is None else found.name

    def _hours(self, chats: Any) -> None:
        """Whether the queue that a first message would go to is closed."""
        desk, now = self._desk(), self.now()
        for name in chats:
            frame = closed_frame(desk, expected_queue(desk, self._channels, name), now)
            before = self._closed.get(name)
            if frame is not None:
                self._closed[name] = frame
            elif before is not None:
                del self._closed[name]
            if frame != before:
                self._show(name, None, frame or NOTHING)


def expected_queue(desk: Desk, channels: Channels, name: str) -> int | None:
    """Where the first message of somebody of whom nothing is known would wait."""
    channel = channels.get(name)
    if channel is None:
        return None
    decision = desk.rules.decide({"channel": channel.name, "channel.kind": channel.kind})
    return desk.queue_id(decision.queue)


def closed_frame(desk: Desk, queue: int | None, now: int) -> Mapping[str, Any] | None:
    """What is shown while a queue is closed; None while it is open."""
    if not hours.closed(desk, queue, now):
        return None
    at = hours.opens_at(desk, queue, now)
    opens = None if at is None else views.time_of(at).isoformat().replace("+00:00", "Z")
    return {"type": "queue", "closed": True, "opens_at": opens}


def _anything(tx: Tx, chats: Sequence[int]) -> bool:
    return any(wait_estimates.waiting_on(tx, id, 1) for id in chats)


def _look(
    tx: Tx, chats: Mapping[int, str], desk: Desk, now: int
) -> list[tuple[str, Uri, Mapping[str, Any]]]:
    """(channel, visitor, frame) of all who wait in a chat."""
    found = []
    lines: dict[int, dict[int, int]] = {}
    paces: dict[int, tuple[float, tuple[float, ...]]] = {}
    for id, name in chats.items():
        for item in wait_estimates.waiting_on(tx, id, MOST_AHEAD):
            queue = item["queue"]
            frame = closed_frame(desk, queue, now)
            if frame is None:
                if queue not in lines:
                    line = wait_estimates.line(tx, queue, MOST_AHEAD)
                    lines[queue] = {one: place for place, one in enumerate(line)}
                    paces[queue] = _pace(tx, queue, now)
                frame = _told(tx, item, lines[queue].get(item["id"]), paces[queue], now)
            if frame is not None:
                found.append((name, Uri(item["uri"]), frame))
    return found


def _told(
    tx: Tx, item: Row, ahead: int | None, pace: tuple[float, tuple[float, ...]], now: int
) -> Mapping[str, Any] | None:
    """The frame of one turn, its place kept where it was smaller before."""
    if ahead is None:
        return None
    kept = item["position"]
    if kept is not None:
        ahead = min(ahead, kept - 1)
    seen = _foreseen(ahead, *pace)
    if kept is None or seen.position < kept or (seen.predicted and not item["predicted"]):
        wait_estimates.tell(
            tx,
            item["id"],
            queue=item["queue"],
            kind=item["kind"],
            position=seen.position,
            predicted=seen.predicted,
            low=seen.low,
            high=seen.high,
            now=now,
        )
    frame: dict[str, Any] = {"type": "queue", "position": seen.position}
    if seen.low_seconds is not None:
        frame |= {"low_seconds": seen.low_seconds, "high_seconds": seen.high_seconds}
    return frame
