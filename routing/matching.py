"""Matching work items to agents, in memory: no I/O, no clock, one decision after the other.

What it promises after each ``decide`` (the letters are those of ``routing.md`` 4): an item is given
to at most one agent (I1); nobody who could take a waiting item is left free (I5); items go in the
order of their keys over all queues an agent serves (I6); the same calls give the same matches (I8).
Only queues that something happened to are looked at.

The database stays the truth. A match reserves item and units here until the claim's result comes
back: ``confirm`` with the agent's row as the claim left it, or ``give_back``. What a queue's line
says of an agent is their row plus the claims that are still in flight. The result of a claim is to
be told before anything that was committed after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from heapq import heapify, heappop, heapreplace
from typing import Final

from routing.lines import Bucket, Demand, Line, Rank
from routing.model import AgentState, Item, Mode, Presence

TOP: Final = 5


class How(StrEnum):
    """By what right an agent gets an item."""

    ASK = "ask"
    PUSH = "push"
    OWNER = "owner"  # a new turn of their own conversation: active at once, even over capacity


@dataclass(frozen=True, slots=True)
class Standing:
    """What an item met when it was looked at: who could take it, and why others could not."""

    candidates: int
    """Agents of the queue who are available and have the units."""
    top: tuple[tuple[int, int], ...] = ()
    """The first five of them as (agent, idle since), in the order of choice."""
    kept_out: dict[str, int] = field(default_factory=dict)
    """Agents of the queue who could not, counted by reason: offline, away, full, excluded."""
    preferred: bool = False
    """Chosen because they are the last agent."""
    cleared: bool = False
    """Everybody available had declined it, so the exclusions no longer count."""

    def as_dict(self) -> dict[str, object]:
        """As stored with offer and assignment (JSON): what ``explain.why_me`` reads."""
        return {
            "candidates": self.candidates,
            "top": [{"agent": agent, "idle_since": since} for agent, since in self.top],
            "kept_out": self.kept_out,
            "preferred": self.preferred,
            "cleared": self.cleared,
        }


@dataclass(frozen=True, slots=True)
class Match:
    """One item for one agent, reserved until confirmed or given back."""

    item: Item
    agent: int
    how: How
    standing: Standing


@dataclass(slots=True)
class _Agent:
    """An agent's row, what is reserved on top of it, and where they stand in the lines."""

    row: AgentState
    reserved: int = 0
    last_match: int = 0
    """Microseconds: of a match in flight; counts as the end of being idle."""
    in_flight: int = 0
    place: tuple[int, Rank] | None = None
    """(units free, rank) under which the lines of their queues hold them."""
    free: int = 0
    """Units left when they were last placed; negative: overloaded."""

    @property
    def used(self) -> int:
        return self.row.used + self.reserved

    @property
    def idle_since(self) -> int:
        return max(self.row.idle_since, self.last_match) if self.in_flight else self.row.idle_since

    def rank(self) -> Rank:
        return Rank(self.used > 0, self.idle_since, self.used, self.row.id)


@dataclass(slots=True)
class _Reservation:
    agent: _Agent
    units: int
    item: Item | None
    """What goes back in line if the claim fails; None once the item was dropped."""


class Matcher:
    """The waiting items and the agents of one routing domain. Not thread-safe: one loop owns it."""

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._agents: dict[int, _Agent] = {}
        self._lines: dict[int, Line] = {}
        self._buckets: dict[int, dict[Demand, Bucket]] = {}
        self._reserved: dict[int, _Reservation] = {}
        self._arrived: dict[int, None] = {}
        self._dirty: set[int] = set()

    # ---- what happens

    def put_item(self, item: Item) -> None:
        """A new item, or one that changed. While its claim is in flight: what comes back later."""
        reservation = self._reserved.get(item.id)
        if reservation is not None:
            reservation.item = item
            return
        self._forget(item.id)
        self._items[item.id] = item
        if item.owner is not None:
            self._arrived[item.id] = None
        self._queue_up(item)

    def drop_item(self, item_id: int) -> None:
        """The item no longer waits (taken, abandoned, deferred …). Unknown ids are fine."""
        reservation = self._reserved.get(item_id)
        if reservation is not None:
            reservation.item = None
        self._forget(item_id)

    def put_agent(self, row: AgentState) -> None:
        """An agent's row as it is now: presence, queues, capacity, used."""
        agent = self._agents.get(row.id)
        if agent is None:
            agent = self._agents[row.id] = _Agent(row)
            self._join(agent)
            return
        old = agent.row
        if (old.queues, old.presence, old.capacity) == (row.queues, row.presence, row.capacity):
            agent.row = row
            self._place(agent)
            return
        self._leave(agent)
        agent.row = row
        self._join(agent)

    def drop_agent(self, agent_id: int) -> None:
        """The agent is gone; matches in flight to them end as the claim says."""
        agent = self._agents.pop(agent_id, None)
        if agent is not None:
            self._leave(agent)

    def confirm(self, item_id: int, row: AgentState | None = None) -> None:
        """The claim holds. ``row`` is the agent as the claim left them (else: units added here)."""
        reservation = self._release(item_id)
        agent = self._agents.get(reservation.agent.row.id)
        if agent is None:
            return
        if row is None:
            used = agent.row.used + reservation.units
            idle_since = max(agent.row.idle_since, reservation.agent.last_match)
            row = replace(agent.row, used=used, idle_since=idle_since)
        self.put_agent(row)

    def give_back(self, item_id: int) -> None:
        """The claim failed: units are free again and the item waits with its old key.

        If it failed because the agent's row says otherwise, ``put_agent`` and ``drop_item`` or
        ``put_item`` first: the same facts give the same match.
        """
        reservation = self._release(item_id)
        if self._agents.get(reservation.agent.row.id) is reservation.agent:
            self._place(reservation.agent)
        if reservation.item is not None:
            self.put_item(reservation.item)

    # ---- deciding

    def decide(self, now: int, limit: int | None = None) -> list[Match]:
        """Every match that can be made now, at most ``limit``; the rest follows with the next call.

        ``now`` is microseconds; it becomes the idle time of who gets something. Each match is
        reserved until ``confirm`` or ``give_back``.
        """
        matches = self._for_owners(now)
        heads = [
            (*bucket.items[0], 0, bucket)
            for queue in self._dirty
            for bucket in self._buckets.get(queue, {}).values()
            if bucket.items and bucket.demand.mode is not Mode.PULL
        ]
        heapify(heads)
        while heads:
            if limit is not None and len(matches) >= limit:
                return matches
            _, item_id, position, bucket = heads[0]
            line = self._lines.get(bucket.demand.queue)
            if line is None or line.best(bucket.demand.units) is None:
                heappop(heads)
                continue
            match = self._match(self._items[item_id], line, now)
            if match is None:
                position += 1
            else:
                matches.append(match)
            if position < len(bucket.items):
                heapreplace(heads, (*bucket.items[position], position, bucket))
            else:
                heappop(heads)
        self._dirty.clear()
        return matches

    def standing(self, item_id: int) -> Standing | None:
        """Why a waiting item still waits: who could take it now; None if it does not wait here."""
        item = self._items.get(item_id)
        if item is None:
            return None
        line = self._lines.get(item.queue) or Line()
        return self._standing(item, line, self._excluded(item, line))

    def waiting(self, queue: int) -> list[int]:
        """Ids of the items waiting in a queue, those to be pulled too, in order."""
        buckets = self._buckets.get(queue, {}).values()
        return [item for _, item in sorted(entry for bucket in buckets for entry in bucket.items)]

    def _for_owners(self, now: int) -> list[Match]:
        """New turns whose owner is available: theirs, in every mode and over capacity."""
        matches = []
        arrived = sorted((self._items[item].order_key, item) for item in self._arrived)
        self._arrived.clear()
        for _, item_id in arrived:
            item = self._items[item_id]
            owner = self._agents.get(item.owner or 0)
            if owner is not None and owner.row.presence is Presence.AVAILABLE:
                self._reserve(item, owner, now)
                matches.append(Match(item, owner.row.id, How.OWNER, Standing(1)))
        return matches

    def _match(self, item: Item, line: Line, now: int) -> Match | None:
        excluded = self._excluded(item, line)
        chosen = self._choose(item, line, excluded)
        if chosen is None:
            return None
        standing = self._standing(item, line, excluded, preferred=chosen == item.preferred)
        self._reserve(item, self._agents[chosen], now)
        return Match(item, chosen, How(item.mode), standing)

    def _choose(self, item: Item, line: Line, excluded: Iterable[int]) -> int | None:
        """The last agent if they are free, else the first in line."""
        if item.preferred is not None and item.preferred not in excluded:
            last = self._agents.get(item.preferred)
            if last and last.place and last.place[0] >= item.units and last.row.id in line.members:
                return item.preferred
        if not excluded:
            return line.best(item.units)
        fitting = line.fitting(item.units)
        return next((rank.agent for rank in fitting if rank.agent not in excluded), None)

    def _excluded(self, item: Item, line: Line) -> frozenset[int]:
        """The item's exclusions, or none of them if they leave nobody who is available."""
        if not item.excluded:
            return item.excluded
        for agent_id in line.members - item.excluded:
            row = self._agents[agent_id].row
            if row.presence is Presence.AVAILABLE and row.capacity >= item.units:
                return item.excluded
        return frozenset()

    def _standing(
        self, item: Item, line: Line, excluded: frozenset[int], *, preferred: bool = False
    ) -> Standing:
        fitting = line.count(item.units)
        top = line.first(item.units, TOP + len(excluded))
        shut_out = sum(
            1
            for agent_id in excluded & line.members
            if (place := self._agents[agent_id].place) is not None and place[0] >= item.units
        )
        reasons = {
            "offline": line.presences[Presence.OFFLINE],
            "away": line.presences[Presence.AWAY],
            "full": line.presences[Presence.AVAILABLE] - fitting,
            "excluded": shut_out,
        }
        return Standing(
            candidates=fitting - shut_out,
            top=tuple((r.agent, r.idle_since) for r in top if r.agent not in excluded)[:TOP],
            kept_out={reason: count for reason, count in reasons.items() if count},
            preferred=preferred,
            cleared=bool(item.excluded) and not excluded,
        )

    # ---- book-keeping

    def _queue_up(self, item: Item) -> None:
        demand = Demand(item.queue, item.kind, item.mode, item.units)
        buckets = self._buckets.setdefault(item.queue, {})
        bucket = buckets.get(demand)
        if bucket is None:
            bucket = buckets[demand] = Bucket(demand)
        bucket.add(item.order_key, item.id)
        self._dirty.add(item.queue)

    def _forget(self, item_id: int) -> None:
        item = self._items.pop(item_id, None)
        if item is None:
            return
        self._arrived.pop(item_id, None)
        demand = Demand(item.queue, item.kind, item.mode, item.units)
        buckets = self._buckets[item.queue]
        buckets[demand].remove(item.order_key, item.id)
        if not buckets[demand].items:
            del buckets[demand]

    def _reserve(self, item: Item, agent: _Agent, now: int) -> None:
        self._forget(item.id)
        self._reserved[item.id] = _Reservation(agent, item.units, item)
        agent.reserved += item.units
        agent.in_flight += 1
        agent.last_match = now
        self._place(agent)

    def _release(self, item_id: int) -> _Reservation:
        reservation = self._reserved.pop(item_id)
        reservation.agent.reserved -= reservation.units
        reservation.agent.in_flight -= 1
        return reservation

    def _join(self, agent: _Agent) -> None:
        for queue in agent.row.queues:
            line = self._lines.get(queue)
            if line is None:
                line = self._lines[queue] = Line()
            line.join(agent.row)
        self._dirty |= agent.row.queues
        self._place(agent)

    def _leave(self, agent: _Agent) -> None:
        self._unplace(agent)
        for queue in agent.row.queues:
            self._lines[queue].leave(agent.row)
        self._dirty |= agent.row.queues

    def _place(self, agent: _Agent) -> None:
        """Put the agent where they now stand in the lines of their queues."""
        row = agent.row
        free = row.capacity - agent.used
        takes = row.presence is Presence.AVAILABLE and free > 0
        place = (free, agent.rank()) if takes else None
        if free > agent.free:
            self._dirty |= row.queues
        agent.free = free
        if place == agent.place:
            return
        self._unplace(agent)
        agent.place = place
        if place is not None:
            for queue in row.queues:
                self._lines[queue].add(*place)

    def _unplace(self, agent: _Agent) -> None:
        if agent.place is not None:
            for queue in agent.row.queues:
                self._lines[queue].remove(*agent.place)
            agent.place = None
