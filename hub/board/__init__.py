"""The live board: kept in memory while somebody looks, brought up to date by events.

The first look reads it from the tables in pages; later ones read only what events named. When
nobody has looked for a while it is forgotten. Screens that asked for it get it at most once a
second, each as its person may see it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from hub import clock
from hub.board.view import BoardFrame, BoardView, Day, draw
from storage import board as stored
from storage.errors import StoreUnavailable
from storage.views import Sight, micros

if TYPE_CHECKING:
    from hub.screen import Screen
    from storage.board import BoardAgent, BoardQueue, BoardTurn
    from storage.db import Database, Named, Tx

PERIOD = 1.0  # seconds between two frames
FORGET = 60.0  # seconds after the last look
MOST = 5_000  # changed turns that are read by themselves; more, and the board is read anew
CHUNK = 200  # turns read in one transaction
RETRY = 5.0  # seconds, while the store cannot be read

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Changes:
    """What events have named since the last look."""

    turns: set[int] = field(default_factory=set)
    agents: set[int] = field(default_factory=set)
    queues: bool = False

    def __bool__(self) -> bool:
        return bool(self.turns or self.agents or self.queues)


@dataclass(frozen=True, slots=True)
class _Base:
    queues: list[BoardQueue]
    agents: list[BoardAgent]
    live: list[BoardTurn]


class Board:
    """The board of this process. ``watchers``: the open screens that asked for it."""

    def __init__(
        self, db: Database, zone: str, watchers: Callable[[], Iterable[Screen]] = tuple
    ) -> None:
        self._db = db
        self._zone = ZoneInfo(zone)
        self._watchers = watchers
        self._day: Day | None = None
        self._changes = _Changes()
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._looked = 0.0
        self._frames: dict[frozenset[int], _Frame] = {}
        self._drawn = 0
        self.now = clock.now
        self.period = PERIOD

    def listen(self, events: Sequence[Named]) -> None:
        """Remember what changed, if anybody looks."""
        if self._day is None:
            return
        changes = self._changes
        for event in events:
            if event["kind"] == "item.changed":
                changes.turns.add(event["subject"])
            elif event["kind"] == "agent.changed":
                changes.agents.add(event["subject"])
            elif event["kind"] == "queue.changed":
                changes.queues = True
        if len(changes.turns) > MOST:
            self._day = None

    async def look(self, sight: Sight) -> BoardView:
        """The board as it is now, for somebody with this sight."""
        day = await self._refreshed()
        return draw(day, self.now(), hidden(sight))

    def watched(self) -> None:
        """A screen asked for the board."""
        self._wake.set()

    async def run(self) -> None:
        """Send it to the screens that asked, until cancelled."""
        while True:
            if not any(True for _ in self._watchers()):
                await self._idle()
                continue
            pause = self.period
            try:
                await self._send()
            except StoreUnavailable as err:
                _log.warning("the board waits for the store: %s", err)
                pause = RETRY
            await asyncio.sleep(pause)

    async def _idle(self) -> None:
        """Nobody watches: forget it after a while, until somebody does."""
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(FORGET):
                await self._wake.wait()
                return
        if asyncio.get_running_loop().time() - self._looked >= FORGET:
            self._day = None
            self._frames.clear()

    async def _send(self) -> None:
        day, now = await self._refreshed(), self.now()
        seen: dict[frozenset[int], _Frame] = {}
        for screen in self._watchers():
            key = hidden(screen.sight)
            if key not in seen:
                seen[key] = self._frame(day, now, key)
            frame = seen[key]
            if screen.board != frame.number and not screen.waiting:  # else the next one will do
                screen.board = frame.number
                screen.push(frame.body)
        self._frames = seen

    def _frame(self, day: Day, now: int, key: frozenset[int]) -> _Frame:
        """The frame for this sight, with the number it had if nothing differs."""
        view = draw(day, now, key)
        before = self._frames.get(key)
        if before is not None and (before.view.queues, before.view.agents) == (
            view.queues,
            view.agents,
        ):
            return before
        self._drawn += 1
        frame = BoardFrame(at=view.at, queues=view.queues, agents=view.agents)
        return _Frame(self._drawn, view, msgspec.json.encode(frame))

    # ---------------------------------------------------------------- what it knows

    async def _refreshed(self) -> Day:
        """The day, up to every commit that the feed has told of."""
        async with self._lock:
            self._looked = asyncio.get_running_loop().time()
            since = self._midnight()
            day, changes = self._day, self._changes
            if day is None or day.since != since or changes.queues:
                return await self._load(since)
            if changes:
                self._changes = _Changes()
                try:
                    await self._catch_up(day, changes)
                except BaseException:
                    self._day = None  # what was to be read is lost: read it all
                    raise
            return day

    async def _load(self, since: int) -> Day:
        """Read it all. Events from here on are kept, so nothing falls between."""
        day = self._day = Day(since)
        self._changes = _Changes()
        try:
            base = await self._db.read(_base)
            day.queues = {queue.id: queue for queue in base.queues}
            day.agents = {agent.id: agent for agent in base.agents}
            for turn in base.live:
                day.put(turn)
            page = await self._db.read(stored.ended_since, since)
            while page:
                for turn in page:
                    day.put(turn)
                last = (page[-1].entered_at, page[-1].id)
                page = await self._db.read(stored.ended_since, since, last)
        except BaseException:
            self._day = None
            raise
        return day

    async def _catch_up(self, day: Day, changes: _Changes) -> None:
        ids = sorted(changes.turns)
        for start in range(0, len(ids), CHUNK):
            for turn in await self._db.read(stored.turns, ids[start : start + CHUNK]):
                day.put(turn)
        if changes.agents:
            found = await self._db.read(stored.agents, sorted(changes.agents))
            for id in changes.agents:
                day.agents.pop(id, None)
            day.agents.update((agent.id, agent) for agent in found)

    def _midnight(self) -> int:
        """When the day began, where the hub is (µs)."""
        here = datetime.fromtimestamp(self.now() / 1_000_000, UTC).astimezone(self._zone)
        return micros(here.replace(hour=0, minute=0, second=0, microsecond=0))


@dataclass(frozen=True, slots=True)
class _Frame:
    number: int
    view: BoardView
    body: bytes


def hidden(sight: Sight) -> frozenset[int]:
    """The queues that this person is not to see."""
    return frozenset() if sight.all else sight.hidden


def _base(tx: Tx) -> _Base:
    return _Base(stored.queues(tx), stored.agents(tx), stored.live(tx))
