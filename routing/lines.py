"""The two sorted structures of matching: who is free for a queue, and who waits in a bucket.

Sorted lists with ``bisect``, not heaps with tombstones: taking out of the middle is exact, walking
past an entry is an index, and at 10,000 entries the memory move costs about a microsecond.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import NamedTuple

from routing.model import AgentState, Mode, Presence


class Rank(NamedTuple):
    """The order in which free agents are chosen: the smallest first."""

    busy: bool
    """Somebody without any work comes before somebody who has some."""
    idle_since: int
    used: int
    agent: int


class Demand(NamedTuple):
    """What makes items alike to every agent: one bucket each."""

    queue: int
    kind: str
    mode: Mode
    units: int


class Bucket:
    """The waiting items of one demand, by (order key, id)."""

    __slots__ = ("demand", "items")

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self.items: list[tuple[int, int]] = []

    def add(self, key: int, item: int) -> None:
        insort(self.items, (key, item))

    def remove(self, key: int, item: int) -> None:
        del self.items[bisect_left(self.items, (key, item))]


class Line:
    """The agents of one queue: the free ones by how many units they have left."""

    __slots__ = ("_levels", "members", "presences")

    def __init__(self) -> None:
        self.members: set[int] = set()
        self.presences: Counter[Presence] = Counter()
        self._levels: dict[int, list[Rank]] = {}

    def join(self, agent: AgentState) -> None:
        self.members.add(agent.id)
        self.presences[agent.presence] += 1

    def leave(self, agent: AgentState) -> None:
        self.members.discard(agent.id)
        self.presences[agent.presence] -= 1

    def add(self, free: int, rank: Rank) -> None:
        """An agent who could take ``free`` units more."""
        insort(self._levels.setdefault(free, []), rank)

    def remove(self, free: int, rank: Rank) -> None:
        level = self._levels[free]
        del level[bisect_left(level, rank)]
        if not level:
            del self._levels[free]

    def best(self, units: int) -> int | None:
        """The agent to choose for ``units``, or None if nobody has as many."""
        heads = [level[0] for free, level in self._levels.items() if free >= units]
        return min(heads).agent if heads else None

    def fitting(self, units: int) -> Iterator[Rank]:
        """All agents with ``units`` left, in the order in which they are chosen."""
        return merge(*(level for free, level in self._levels.items() if free >= units))

    def count(self, units: int) -> int:
        """How many agents have ``units`` left."""
        return sum(len(level) for free, level in self._levels.items() if free >= units)

    def first(self, units: int, limit: int) -> list[Rank]:
        """The first ``limit`` of ``fitting``."""
        return list(islice(self.fitting(units), limit))
