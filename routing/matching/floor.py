"""The facts of matching: what waits, who is there, what is in flight. Told from outside, in order.

The database stays the truth. A match reserves item and units here until the claim's result comes
back: ``confirm`` with the agent's row as the claim left it, or ``give_back``. What counts of an
agent is their row plus the claims that are still in flight. The result of a claim is to be told
before anything that was committed after it.
"""

from __future__ import annotations

from dataclasses import replace
from heapq import heappop, heappush

from routing.matching.choice import Able, Demand
from routing.matching.graph import Graph
from routing.matching.lines import Bucket
from routing.matching.seats import Flight, Seat
from routing.model import AgentState, Item, QueuePolicy


class Floor:
    """The waiting items and the agents of one routing domain, and what happens to them."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.items: dict[int, Item] = {}
        self.places: dict[int, Bucket] = {}
        self.seats: dict[int, Seat] = {}
        self.flights: dict[int, Flight] = {}
        self._arrived: dict[int, None] = {}
        """Items that have an owner and were not offered to them yet."""
        self._changed: dict[Bucket, None] = {}
        self._freed: dict[int, None] = {}
        """Agents who can take something that they could not take before."""
        self._declined = 0
        """Waiting items that exclude somebody."""
        self._again: list[tuple[int, int]] = []
        """(again_at, item), as a heap."""

    # ---- queues

    def put_queue(self, policy: QueuePolicy) -> None:
        """A queue's policy as it is now. Queues that were not put have the standing one."""
        self.graph.put_policy(policy)
        self._touch(policy.id)

    def drop_queue(self, queue: int) -> None:
        """The queue's policy is gone; items and agents of it are dropped on their own."""
        self.graph.drop_policy(queue)
        self._touch(queue)

    def _touch(self, queue: int) -> None:
        for bucket in self.graph.of_queue(queue):
            self._changed[bucket] = None

    # ---- items

    def put_item(self, item: Item) -> None:
        """A new item, or one that changed: its queue, its step, who declined it. Its place comes
        from its key alone. While its claim is in flight: what comes back later.
        """
        flight = self.flights.get(item.id)
        if flight is not None:
            flight.item = item
            return
        self._forget(item.id)
        bucket = self.graph.bucket(Demand.of(item))
        self.items[item.id] = item
        self.places[item.id] = bucket
        bucket.add((item.order_key, item.id))
        self._changed[bucket] = None
        if item.owner is not None:
            self._arrived[item.id] = None
        if item.excluded:
            bucket.excluding += 1
            self._declined += 1
            if item.again_at:
                heappush(self._again, (item.again_at, item.id))

    def drop_item(self, item_id: int) -> None:
        """The item no longer waits (taken, abandoned, deferred ...). Unknown ids are fine."""
        flight = self.flights.get(item_id)
        if flight is not None:
            flight.item = None
        self._forget(item_id)

    def _forget(self, item_id: int) -> None:
        item = self.items.pop(item_id, None)
        if item is None:
            return
        if item.owner is not None:
            self._arrived.pop(item_id, None)
        bucket = self.places.pop(item_id)
        bucket.remove((item.order_key, item_id))
        if item.excluded:
            bucket.excluding -= 1
            self._declined -= 1

    # ---- agents

    def put_agent(self, row: AgentState) -> None:
        """An agent's row as it is now: presence, queues, skills, capacity, what they have."""
        seat = self.seats.get(row.id)
        if seat is None:
            seat = self.seats[row.id] = Seat(row, self.graph.profile(Able.of(row)))
            self.graph.move(seat.profile, row.presence, 1)
        else:
            self._change(seat, row)
        self._settle(seat)

    def drop_agent(self, agent_id: int) -> None:
        """The agent is gone; matches in flight to them end as the claim says."""
        seat = self.seats.pop(agent_id, None)
        if seat is not None:
            self._freed.pop(agent_id, None)
            self._vacate(seat)
            self.graph.forget_empty(seat.profile)

    def _change(self, seat: Seat, row: AgentState) -> None:
        old = seat.row
        alike = (
            old.queues == row.queues
            and old.skills == row.skills
            and old.limits == row.limits
            and old.pace == row.pace
            and old.capacity == row.capacity
        )
        if alike and old.presence is row.presence:
            seat.row = row
            return
        self._vacate(seat)
        seat.row = row
        former = seat.profile
        if not alike:
            seat.profile = self.graph.profile(Able.of(row))
        self.graph.move(seat.profile, row.presence, 1)
        self.graph.forget_empty(former)

    def _vacate(self, seat: Seat) -> None:
        """Take the agent out of their profile; what only waited for them may be void now."""
        if seat.cell is not None:
            for bucket in seat.profile.buckets:
                if bucket.excluding:
                    self._changed[bucket] = None
        seat.leave()
        self.graph.move(seat.profile, seat.row.presence, -1)

    def _settle(self, seat: Seat) -> None:
        if seat.settle():
            self._freed[seat.row.id] = None

    # ---- claims

    def _reserve(self, item: Item, seat: Seat, now: int) -> None:
        """The item is on its way to the agent; both are taken at once."""
        self._forget(item.id)
        flight = self.flights[item.id] = Flight(seat, item, now)
        seat.flights.append(flight)
        self._settle(seat)

    def _land(self, item_id: int) -> Flight:
        flight = self.flights.pop(item_id)
        flight.seat.flights.remove(flight)
        return flight

    def confirm(self, item_id: int, row: AgentState | None = None) -> None:
        """The claim holds. ``row`` is the agent as the claim left them (else: counted here)."""
        flight = self._land(item_id)
        seat = self.seats.get(flight.seat.row.id)
        if seat is not None:
            self.put_agent(row or _with(seat.row, flight))

    def give_back(self, item_id: int) -> None:
        """The claim failed: units are free again and the item waits with its old key.

        If it failed because the agent's row says otherwise, ``put_agent`` and ``drop_item`` or
        ``put_item`` first: the same facts give the same match.
        """
        flight = self._land(item_id)
        if self.seats.get(flight.seat.row.id) is flight.seat:
            self._settle(flight.seat)
        if flight.item is not None:
            self.put_item(flight.item)

    # ---- time

    def next_at(self) -> int | None:
        """When (microseconds) time alone may make a match: the first cool-down that ends. None:
        only what happens can.
        """
        while self._again and not self._cools(*self._again[0]):
            heappop(self._again)
        return self._again[0][0] if self._again else None

    def _cools(self, at: int, item_id: int) -> bool:
        item = self.items.get(item_id)
        return item is not None and item.again_at == at and bool(item.excluded)

    def _cool_down(self, now: int) -> None:
        """Look again at items whose exclusions may be void from now on."""
        while (at := self.next_at()) is not None and at <= now:
            _, item_id = heappop(self._again)
            self._changed[self.places[item_id]] = None


def _with(row: AgentState, flight: Flight) -> AgentState:
    """The row with the flight's item on it."""
    counts, item = dict(row.counts), flight.claimed
    counts[item.kind] = counts.get(item.kind, 0) + 1
    return replace(
        row,
        used=row.used + item.units,
        soft=row.soft + item.units * item.interruptible,
        counts=tuple(sorted(counts.items())),
        idle_since=max(row.idle_since, flight.at),
        last_assigned=max(row.last_assigned, flight.at),
    )
