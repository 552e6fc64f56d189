"""The router: carries the matcher's decisions into the store, and what happens there back to it.

The matcher (``routing/matching/__init__.py``) decides in memory; a claim re-checks item, agent and capacity
in one transaction. Decisions go on while claims are in flight; a lost one gives item and units
back with their old keys. Rebuilt from tables at start; a slow sweep counts what no event announced.

One router writes at a time: it holds the lease of its domain, and every transaction of it first
makes sure that the lease's epoch is still its own. Whoever was stalled for so long that another
took over writes nothing any more, forgets everything, and waits for the lease.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import Future
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from hub import clock, observe, turns
from hub.queue import OFFER_SECONDS, Queue
from hub.router import picture, routed
from hub.router.epoch import Epoch
from hub.router.picture import EVERYBODY, Handles, Picture
from routing.fairness import Fairness
from routing.matching import Match, Matcher
from routing.model import AgentState
from storage.errors import ClaimLost, StoreUnavailable
from storage.leases import StaleEpoch

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Database, Named

SWEEP = 10.0  # seconds: a safety net, never the engine
IN_FLIGHT = 50  # claims at once
RETRY = 1.0  # seconds, while the store cannot be written
REVIEW = 300.0  # seconds between two looks at who had more to do than the others
MICROS = 1_000_000

_log = logging.getLogger(__name__)


class Router:
    """One writer for the whole hub. Owned by the loop that runs it.

    ``owner`` names this process: after a restart the same one need not wait for its old lease.
    """

    def __init__(self, db: Database, desk: Callable[[], Desk], owner: str = "hub") -> None:
        self._db = db
        self._desk = desk
        self._epoch = Epoch(db, owner)
        self._sweep_at = 0.0
        self._begin()
        self._wake = asyncio.Event()
        self.now = clock.now

    def _begin(self) -> None:
        """Know nothing; claims still in flight belong to a matcher that is gone."""
        self._matcher = Matcher()
        self._fairness = Fairness()
        self._review_at = monotonic() + REVIEW
        self._queues: dict[int, Queue] = {}
        self._handles: Handles = {}
        self._items: set[int] = set()
        self._agents: set[int] = set()
        self._lost: list[Match] = []
        self._flying = 0
        self._learning = False
        """What was heard of is being read."""
        self._stranded: set[int] = set()
        """Items that nobody can serve, to be looked at."""
        self._hopeless: set[int] = set()
        """Of those that were looked at: nothing more to be done about them."""
        self._planned: set[int] = set()
        """Items whose plan says where they overflow to."""
        self._settled_now: set[tuple[int, int]] = set()
        """(item, agent) of claims that ended since the last picture was asked for: it may be older."""
        self._suspects: frozenset[int] = frozenset()
        """What the last sweep found: the feed may only have been behind."""
        self._stale = False

    def listen(self, events: Sequence[Named]) -> None:
        """Remember what changed, and wake up. Who does not write will read it all when they do."""
        for event in events:
            if event["kind"] == "agent.overloaded":
                observe.OVERLOADS.inc()
            if not self._epoch.number:
                continue
            if event["kind"] == "item.changed":
                self._items.add(event["subject"])
            elif event["kind"] == "agent.changed":
                if event["data"] == self._epoch.mark:
                    continue  # a claim of ours, whose result has been told
                self._agents.add(event["subject"])
            elif event["kind"] == "queue.changed":
                self._agents.add(EVERYBODY)  # who serves what may have changed
            else:
                continue
            self._wake.set()

    @property
    def idle(self) -> bool:
        """Whether all that was heard of is dealt with (for tests and shutdown)."""
        heard = self._items or self._agents or self._lost or self._stranded
        return not (heard or self._flying or self._learning)

    @property
    def epoch(self) -> int:
        """Under which it writes; 0 while it does not hold the lease."""
        return self._epoch.number

    @property
    def matcher(self) -> Matcher:
        """What it knows, to be asked about positions and standings."""
        return self._matcher

    def standing(self, item: int) -> dict[str, object] | None:
        """Why a waiting item still waits, as the matcher sees it now."""
        found = self._matcher.standing(item, self.now())
        return None if found is None else found.as_dict()

    # ---------------------------------------------------------------- the loop

    async def run(self) -> None:
        """Match until cancelled."""
        self._epoch.lose()
        try:
            while True:
                try:
                    await self._turn()
                except StaleEpoch as err:
                    _log.warning("another router has taken over: %s", err)
                    self._epoch.lose()
                    self._begin()
                except StoreUnavailable as err:
                    _log.warning("routing waits for the store: %s", err)
                    await asyncio.sleep(RETRY)
        finally:
            self._epoch.give_up()

    async def _turn(self) -> None:
        if not self._epoch.number:
            if not await self._take_over():
                await asyncio.sleep(RETRY)
            return
        await self._step()
        await self._woken()
        await self._epoch.keep()
        if monotonic() >= self._sweep_at:
            await self._sweep()
            self._sweep_at = monotonic() + (RETRY if self._suspects else SWEEP)
        if monotonic() >= self._review_at:
            self.review()

    def review(self) -> None:
        """Let those come later who had more to do than colleagues alike."""
        self._review_at = monotonic() + REVIEW
        for id, pace in self._fairness.review(self.now()).items():
            if (seat := self._matcher.seats.get(id)) is not None:
                self._matcher.put_agent(replace(seat.row, pace=pace))

    async def _take_over(self) -> bool:
        """Become the writer and learn everything anew; False while another one's lease runs."""
        self._begin()
        if not await self._epoch.take():
            return False
        self._sweep_at = monotonic() + SWEEP
        try:
            await self._rebuild()
        except StoreUnavailable:
            self._epoch.lose()
            raise
        return True

    async def _rebuild(self) -> None:
        wrong = await self._db.write(routed.settle, self._epoch.number, self.now())
        if wrong:
            observe.BROKEN.labels("counters").inc(wrong)
            _log.warning("capacity of %d agents was wrong and is corrected", wrong)
        self._know(await self._db.read(picture.everything, self.now()))

    async def _woken(self) -> None:
        """Wait until something happened, or time alone has something to do."""
        seconds = min(self._epoch.renew_at, self._sweep_at) - monotonic()
        if self._flying < IN_FLIGHT and (again := self._matcher.next_at()) is not None:
            seconds = min(seconds, (again - self.now()) / MICROS)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._wake.wait()

    # ---------------------------------------------------------------- learning

    async def _step(self) -> None:
        """Take in what changed, then decide and send the claims."""
        self._wake.clear()
        if self._stale:
            raise StaleEpoch(f"epoch {self._epoch.number} is over")
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
        self._help()

    async def _learn(self, items: Iterable[int], people: Iterable[int]) -> None:
        self._settled_now.clear()
        self._learning = True
        try:
            found = await self._db.read(
                picture.take, list(items), frozenset(people), self._handles, self.now()
            )
        finally:
            self._learning = False
        for item, agent in self._settled_now:  # looked at before or after that: nobody knows
            if found.items.pop(item, self) is not self:
                self._items.add(item)
            if found.agents.pop(agent, self) is not self:
                self._agents.add(agent)
        self._know(found)

    def _know(self, found: Picture) -> None:
        matcher = self._matcher
        if found.queues is not None:
            self._know_queues(found.queues)
        if found.handles is not None:
            self._handles = found.handles
        served = found.queues is not None
        for id, agent in found.agents.items():
            served = served or self._others_can(id, agent)
            if agent is None:
                matcher.drop_agent(id)
                self._fairness.forget(id)
            else:
                matcher.put_agent(self._fairness.see(agent, self.now()))
        for id, item in found.items.items():
            self._hopeless.discard(id)
            self._planned.discard(id)
            if item is None:
                matcher.drop_item(id)
            else:
                matcher.put_item(item)
        self._planned |= found.planned
        self._stranded.update(
            matcher.unservable() if served else filter(matcher.hopeless, found.items)
        )

    def _others_can(self, id: int, agent: AgentState | None) -> bool:
        """Whether this agent's news change what can be served at all."""
        seat = self._matcher.seats.get(id)
        if seat is None or agent is None:
            return True
        old = seat.row
        return (old.presence, old.queues, old.skills) != (
            agent.presence, agent.queues, agent.skills
        )  # fmt: skip

    def _know_queues(self, queues: dict[int, Queue]) -> None:
        for gone in self._queues.keys() - queues.keys():
            self._matcher.drop_queue(gone)
        for id, known in queues.items():
            if id not in self._queues or self._queues[id].policy != known.policy:
                self._matcher.put_queue(known.policy)
        self._queues = queues
        self._hopeless.clear()

    # ---------------------------------------------------------------- acting

    def _claim(self, match: Match) -> None:
        now = self.now()
        queue = self._queues.get(match.item.queue)
        stands = queue.offer_for.total_seconds() if queue is not None else OFFER_SECONDS
        expires = now + round(stands * MICROS)
        why = {"how": match.how.value, **match.standing.as_dict()}
        self._send(
            routed.claim,
            ("agent", match.agent),
            partial(self._settled, match),
            match=match,
            why=why,
            expires=expires,
            now=now,
        )

    def _send(
        self,
        act: Callable[..., Any],
        key: object,
        settled: Callable[[Any, BaseException | None], None],
        **given: Any,
    ) -> None:
        """Submit a transaction of this router; its result is told, unless it began anew meanwhile."""
        matcher = self._matcher
        self._flying += 1

        def told(result: Any, err: BaseException | None) -> None:
            if matcher is not self._matcher:
                return
            self._flying -= 1
            if isinstance(err, StaleEpoch):
                self._stale = True
            settled(result, err)
            if isinstance(err, StoreUnavailable):  # not at once: it would be refused again
                asyncio.get_running_loop().call_later(RETRY, self._wake.set)
            else:
                self._wake.set()

        def done(future: Future[Any]) -> None:
            err = None if future.cancelled() else future.exception()
            told(None if future.cancelled() or err else future.result(), err)

        try:
            future = self._db.submit(act, self._epoch.number, key=key, **given)
        except StoreUnavailable as err:
            told(None, err)
            return
        future.add_done_callback(done)

    def _settled(self, match: Match, held: Any, err: BaseException | None) -> None:
        """The claim's result: kept, or both given back after a look at what is true now."""
        self._settled_now.add((match.item.id, match.agent))
        if held:
            observe.CLAIMS.labels("confirmed").inc()
            self._matcher.confirm(match.item.id)
            if (seat := self._matcher.seats.get(match.agent)) is not None:
                self._fairness.charge(match.agent, seat.row.used, self.now())
            return
        observe.CLAIMS.labels("lost").inc()
        if not isinstance(err, ClaimLost | StaleEpoch):
            _log.warning("a claim failed: %s", err)
        self._lost.append(match)

    def _help(self) -> None:
        """What nobody logged on can ever serve goes where its plan and its queue say."""
        desk = self._desk()
        while self._stranded and self._flying < IN_FLIGHT:
            id = self._stranded.pop()
            item = self._matcher.items.get(id)
            if item is None or id in self._hopeless:
                continue
            self._hopeless.add(id)
            if turns.has_way_out(desk, item.queue, planned=id in self._planned):
                told = partial(self._overflowed, id)
                self._send(routed.overflow, ("item", id), told, id=id, desk=desk, now=self.now())

    def _overflowed(self, id: int, _moved: Any, err: BaseException | None) -> None:
        if err is not None and not isinstance(err, ClaimLost | StaleEpoch):
            _log.warning("an item that nobody can serve could not be moved: %s", err)
            self._items.add(id)  # looked at again

    # ---------------------------------------------------------------- the safety net

    async def _sweep(self) -> None:
        """What waits in the tables and not here, or the other way round, in two looks running, was
        missed by the feed: taken in, and counted. And what must hold is asked of memory and tables,
        as a counted alarm."""
        if not self.idle:
            return
        ids, miscounted = await self._db.read(routed.look)
        if not self.idle:  # it was a picture of the past
            return
        found = frozenset(self._matcher.items.keys() ^ set(ids))
        missed, self._suspects = found & self._suspects, found - self._suspects
        if missed:
            observe.SWEPT.labels("router").inc(len(missed))
            _log.warning("the sweep found %d items that no event announced", len(missed))
            await self._learn(missed, [EVERYBODY])
            self._wake.set()
        for invariant, wrong in (("memory", self._matcher.check()), ("counters", miscounted)):
            if wrong:
                observe.BROKEN.labels(invariant).inc(len(wrong))
                _log.error("routing: %s do not add up: %s", invariant, wrong[:5])
