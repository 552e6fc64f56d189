"""Several items, several agents: who is served first. One bid a bucket, the most urgent wins.

A match changes the bids of the buckets that wanted the same agent: an agent who got something has
become a worse choice for everything, and nobody a better one. (Reserves are the exception: they
look at how many are idle.)
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

from routing.lines import Bucket, Entry
from routing.model import Item
from routing.picking import Pick


class Bid(NamedTuple):
    """The oldest item of a bucket that somebody could take, and who would get it."""

    score: float
    entry: Entry
    item: Item
    pick: Pick
    excluded: frozenset[int]
    """Who counts as having declined it."""


class Contest:
    """The bids that stand."""

    def __init__(self) -> None:
        self._bids: dict[Bucket, Bid] = {}
        self._wanting: dict[int, dict[Bucket, None]] = {}
        """Agent -> buckets whose bid is for them."""
        self._heap: list[tuple[float, Entry, Bucket]] = []

    def put(self, bucket: Bucket, bid: Bid | None) -> None:
        """The bucket's bid is this one now."""
        old = self._bids.pop(bucket, None)
        if old is not None:
            del self._wanting[old.pick.agent][bucket]
        if bid is not None:
            self._bids[bucket] = bid
            self._wanting.setdefault(bid.pick.agent, {})[bucket] = None
            heappush(self._heap, (-bid.score, bid.entry, bucket))

    def best(self) -> tuple[Bucket, Bid] | None:
        """The most urgent bid, the oldest of equals."""
        while self._heap:
            urgency, entry, bucket = self._heap[0]
            bid = self._bids.get(bucket)
            if bid is not None and (-bid.score, bid.entry) == (urgency, entry):
                return bucket, bid
            heappop(self._heap)
        return None

    def wanting(self, agent: int) -> list[Bucket]:
        """The buckets whose bid is for this agent."""
        return list(self._wanting.get(agent, ()))

    def keeping(self) -> list[Bucket]:
        """The buckets with a bid whose queue keeps idle agents free."""
        return [bucket for bucket in self._bids if bucket.reserve]
