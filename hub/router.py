"""The router: carries the matcher's decisions into the store, and what happens there back to it.

The matcher (``routing/matching.py``) decides in memory; a claim re-checks item, agent and capacity
in one transaction. Decisions go on while claims are in flight; a lost one gives item and units
back with their old keys. Rebuilt from tables at start; a slow sweep counts what no event announced.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from hub import clock, observe
from hub.desk import OFFER_SECONDS
from routing.matching import How, Match, Matcher
from routing.model import AgentState, Item, Mode, Presence
from storage import agents, work_items
from storage.errors import StoreUnavailable
from storage.work_items import ClaimLost

if TYPE_CHECKING:
    from hub.channels import Channels
    from hub.desk import Desk
    from storage.db import Database, Row, Tx

SWEEP = 10.0  # seconds: a safety net, never the engine
IN_FLIGHT = 50  # claims at once
RETRY = 1.0  # seconds, while the store cannot be written
DENSE = 4  # ids read a range at once: at least so many, at most so many times as wide

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Picture:
    """What the store says of some items and agents; a missing item no longer waits."""

    items: dict[int, Item | None]
    agents: dict[int, AgentState | None]


class Router:
    """One writer for the whole hub. Owned by the loop that runs it."""

    def __init__(self, db: Database, desk: Callable[[], Desk], channels: Channels) -> None:
        self._db = db
        self._desk = desk
        self._channels = channels
        self._begin()
        self._wake = asyncio.Event()
        self.now = clock.now

    def _begin(self) -> None:
        """Know nothing; claims still in flight belong to a matcher that is gone."""
        self._matcher = Matcher()
        self._items: set[int] = set()
        self._agents: set[int] = set()
        self._lost: list[Match] = []
        self._flying = 0

    def listen(self, events: Sequence[Row]) -> None:
        """Remember what changed, and wake up."""
        for event in events:
            if event["kind"] == "item.changed":
                self._items.add(event["subject"])
            elif event["kind"] == "agent.changed":
                self._agents.add(event["subject"])
            elif event["kind"] == "queue.changed":
                self._agents.add(0)  # everybody: who serves what may have changed
            else:
                continue
            self._wake.set()

    def standing(self, item: int) -> dict[str, object] | None:
        """Why a waiting item still waits, as the matcher sees it now."""
        found = self._matcher.standing(item)
        return None if found is None else found.as_dict()

    async def run(self) -> None:
        """Match until cancelled."""
        self._begin()
        known = False
        while True:
            try:
                if not known:
                    await self._rebuild()
                    known = True
                await self._step()
                if not await self._woken():
                    await self._sweep()
            except StoreUnavailable as err:
                _log.warning("routing waits for the store: %s", err)
                await asyncio.sleep(RETRY)

    async def _woken(self) -> bool:
        """Wait until something happened; False if nothing did for a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SWEEP):
                await self._wake.wait()
        return self._wake.is_set()

    async def _rebuild(self) -> None:
        wrong = await self._db.write(agents.recount)
        if wrong:
            _log.warning("capacity of %d agents was wrong and is corrected", wrong)
        rows = await self._db.read(work_items.waiting)
        await self._learn([row["id"] for row in rows], [0])

    async def _step(self) -> None:
        """Take in what changed, then decide and send the claims."""
        self._wake.clear()
        items, people, lost = self._items, self._agents, self._lost
        self._items, self._agents, self._lost = set(), set(), []
        items |= {match.item.id for match in lost}
        people |= {match.agent for match in lost}
        if items or people:
            try:
                await self._learn(items, people)
            except StoreUnavailable:
                self._items |= items
                self._agents |= people
                self._lost += lost
                raise
        for match in lost:
            self._matcher.give_back(match.item.id)
        room = IN_FLIGHT - self._flying
        if room > 0:
            for match in self._matcher.decide(self.now(), limit=room):
                self._claim(match)

    async def _learn(self, items: Iterable[int], people: Iterable[int]) -> None:
        picture = await self._db.read(_picture, list(items), set(people), self.now())
        for id, agent in picture.agents.items():
            if agent is None:
                self._matcher.drop_agent(id)
            else:
                self._matcher.put_agent(agent)
        for id, item in picture.items.items():
            if item is None:
                self._matcher.drop_item(id)
            else:
                self._matcher.put_item(item)

    def _claim(self, match: Match) -> None:
        self._flying += 1
        now = self.now()
        why = {"how": match.how.value, **match.standing.as_dict()}
        queue = self._desk().queues.get(match.item.queue)
        stands = queue.offer_for if queue is not None else timedelta(seconds=OFFER_SECONDS)
        expires = now + stands // timedelta(microseconds=1)
        settled = partial(self._settled, self._matcher, match)
        try:
            future = self._db.submit(_claim, match, why, expires, now, key=("agent", match.agent))
        except StoreUnavailable as err:
            settled(None, err)
            return
        future.add_done_callback(
            lambda done: settled(
                None if done.cancelled() or done.exception() else done.result(),
                None if done.cancelled() else done.exception(),
            )
        )

    def _settled(
        self, matcher: Matcher, match: Match, row: AgentState | None, err: BaseException | None
    ) -> None:
        """The claim's result: kept, or both given back after a look at what is true now."""
        if matcher is not self._matcher:  # routing began anew meanwhile, from the tables
            return
        self._flying -= 1
        if row is not None:
            observe.CLAIMS.labels("confirmed").inc()
            self._matcher.confirm(match.item.id, row)
        else:
            observe.CLAIMS.labels("lost").inc()
            if not isinstance(err, ClaimLost):
                _log.warning("a claim failed: %s", err)
            self._lost.append(match)
        if isinstance(err, StoreUnavailable):  # not at once: it would be refused again
            asyncio.get_running_loop().call_later(RETRY, self._wake.set)
        else:
            self._wake.set()

    async def _sweep(self) -> None:
        """Whatever waits and is unknown here was missed by the feed: taken in, and counted."""
        rows = await self._db.read(work_items.waiting)
        missed = [row["id"] for row in rows if self._matcher.standing(row["id"]) is None]
        if missed and not self._flying and not self._items:
            observe.SWEPT.labels("router").inc(len(missed))
            _log.warning("the sweep found %d waiting items that no event announced", len(missed))
            await self._learn(missed, [0])
            self._wake.set()


def _claim(tx: Tx, match: Match, why: dict[str, Any], expires: int, now: int) -> AgentState:
    if match.how is How.ASK:
        work_items.offer(tx, match.item.id, match.agent, expires_at=expires, why=why, now=now)
    else:
        work_items.assign(
            tx,
            match.item.id,
            match.agent,
            how=match.how.value,
            overload=match.how is How.OWNER,
            why=why,
            now=now,
        )
    row = agents.get(tx, match.agent)
    if row is None:
        raise ClaimLost(f"agent {match.agent} is gone")
    return _state(row, agents.queues_of_one(tx, match.agent), now)


def _picture(tx: Tx, items: list[int], people: set[int], now: int) -> _Picture:
    rows = agents.everyone(tx) if 0 in people else [r for id in people if (r := agents.get(tx, id))]
    found: dict[int, AgentState | None] = dict.fromkeys(people - {0})
    for row in rows:
        active = row["active"]
        served = agents.queues_of_one(tx, row["id"])
        found[row["id"]] = _state(row, served, now) if active else None
    return _Picture(_items(tx, items), found)


def _items(tx: Tx, ids: Sequence[int]) -> dict[int, Item | None]:
    """What waits of these: new items have neighbouring ids, and are read in one statement."""
    if len(ids) > DENSE and max(ids) - min(ids) < DENSE * len(ids):
        rows = {row["id"]: row for row in work_items.between(tx, min(ids), max(ids))}
        return {id: _item(rows.get(id)) for id in ids}
    return {id: _item(work_items.get(tx, id)) for id in ids}


def _state(row: Row, queues: frozenset[int], now: int) -> AgentState:
    gone = row["lease_until"] is not None and row["lease_until"] < now
    return AgentState(
        id=row["id"],
        queues=queues,
        presence=Presence.OFFLINE if gone else Presence(row["presence"]),
        capacity=row["capacity"],
        used=row["used"],
        idle_since=row["idle_since"],
    )


def _item(row: Row | None) -> Item | None:
    if row is None or row["state"] != "queued":
        return None
    return Item(
        id=row["id"],
        queue=row["queue"],
        order_key=row["order_key"],
        units=row["units"],
        mode=Mode(row["mode"]),
        kind=str(row["channel"]),
        owner=row["owner"],
        preferred=row["preferred_agent"],
        excluded=work_items.excluded(row),
    )
