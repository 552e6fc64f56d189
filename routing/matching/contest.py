"""Several kinds of items, several agents: who is served first. The most urgent bid wins.

Bids cost a look at every profile of a bucket, so they are made as late as can be: a bucket first
stands with the score that its oldest item would have with the fastest of its agents, which no bid
of it can exceed. After an award only the bids for the same agent are void: who got something has
become a worse choice for everything, and nobody a better one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from math import inf
from typing import NamedTuple

from routing.matching.choice import Slope, score
from routing.matching.lines import Bucket, Entry
from routing.matching.picking import Pick
from routing.model import Item


class Bid(NamedTuple):
    """The oldest item of a bucket that somebody could take, and who would get it."""

    score: float
    entry: Entry
    item: Item
    pick: Pick
    excluded: frozenset[int]
    """Who counts as having declined it."""


class Contest:
    """The buckets that want somebody, at ``now``; ``bid`` finds whom and for which item."""

    def __init__(self, now: int, bid: Callable[[Bucket, int], Bid | None]) -> None:
        self._now = now
        self._bid = bid
        self._open: list[tuple[float, Entry, Bucket]] = []
        """By the score that cannot be exceeded, for buckets without a bid."""
        self._opened: set[Bucket] = set()
        self._ranked: list[tuple[float, Entry, Bucket]] = []
        """By the score of the bid; those that are void are passed over."""
        self._bids: dict[Bucket, Bid] = {}
        self._wanting: dict[int, dict[Bucket, None]] = {}
        """Agent -> buckets whose bid is for them."""

    def enter(self, buckets: Iterable[Bucket]) -> None:
        """These are to bid, anew if they have a bid."""
        for bucket in buckets:
            bid = self._bids.pop(bucket, None)
            if bid is not None:
                del self._wanting[bid.pick.agent][bucket]
            if bucket.head is not None and bucket not in self._opened:
                self._opened.add(bucket)
                heappush(self._open, (-most(bucket, self._now), bucket.head, bucket))

    def best(self) -> tuple[Bucket, Bid] | None:
        """The most urgent bid, the oldest of equals; None if nobody wants anybody."""
        while True:
            while self._ranked and self._void(*self._ranked[0]):
                heappop(self._ranked)
            if self._ranked and (not self._open or self._ranked[0] <= self._open[0]):
                bucket = self._ranked[0][2]
                return bucket, self._bids[bucket]
            if not self._open:
                return None
            bucket = heappop(self._open)[2]
            self._opened.remove(bucket)
            self._rank(bucket, self._bid(bucket, self._now))

    def _rank(self, bucket: Bucket, bid: Bid | None) -> None:
        if bid is not None:
            self._bids[bucket] = bid
            self._wanting.setdefault(bid.pick.agent, {})[bucket] = None
            heappush(self._ranked, (-bid.score, bid.entry, bucket))

    def _void(self, urgency: float, entry: Entry, bucket: Bucket) -> bool:
        bid = self._bids.get(bucket)
        return bid is None or (-bid.score, bid.entry) != (urgency, entry)

    def wanting(self, agent: int) -> list[Bucket]:
        """The buckets whose bid is for this agent."""
        return list(self._wanting.get(agent, ()))


def most(bucket: Bucket, now: int) -> float:
    """A score that no item of the bucket exceeds, whoever gets it."""
    if bucket.head is None:
        return -inf
    wait = now - bucket.head[0]
    lines: Iterable[Slope] = bucket.slopes.values()
    if bucket.excluding:  # the oldest may be passed over for one that is not late yet
        lines = [line._replace(late=inf) for line in lines]
    return max((score(line, wait) for line in lines), default=-inf)
