"""Matching work items to agents, in memory: no I/O, no clock, one decision after the other.

What it promises after each ``decide`` (I1-I13 are those of the specification): an item is given to
at most one agent (I1); agents meet the requirements of the item's current step (I4); nobody who
could take a waiting item is left free, unless they declined it or the queue's reserve keeps them
(I5); of items alike the oldest goes first (I6), and beyond the guard the oldest of all that an
agent serves (I7); the same calls give the same matches (I8); only available agents get anything,
their own conversations' turns too (I10).

Two decisions: whom for an item (``picking.whom``), which item for an agent (``picking.what``). When
several things happened the most urgent item goes first, to the agent whom it would get. Only
buckets that something happened to are looked at.

Where the rest is: ``choice`` the formulas, ``lines`` buckets of items and profiles of agents,
``graph`` which can serve which, ``seats`` one agent, ``floor`` what happens, ``contest`` who is
first of several, ``standing`` the explanation, ``checks`` the alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from routing.matching.checks import complaints
from routing.matching.choice import score
from routing.matching.contest import Bid, Contest
from routing.matching.floor import Floor
from routing.matching.lines import Bucket
from routing.matching.picking import NOBODY, Pick, met, still_excluded, unsure, what, whom
from routing.matching.seats import Seat
from routing.matching.standing import UNTOLD, Candidate, Standing, stand
from routing.model import Item, Mode, Presence

__all__ = ["Candidate", "How", "Match", "Matcher", "Standing"]


class How(StrEnum):
    """By what right an agent gets an item."""

    ASK = "ask"
    PUSH = "push"
    OWNER = "owner"  # a new turn of their own conversation: active at once, even over capacity


Award = tuple[Bucket, Item, Pick, frozenset[int]]
"""Of this bucket this item, to whom, and who counts as having declined it."""
_BY_MODE: Final = {Mode.ASK: How.ASK, Mode.PUSH: How.PUSH}


class Match(NamedTuple):
    """One item for one agent, reserved until confirmed or given back."""

    item: Item
    agent: int
    how: How
    standing: Standing


class Matcher(Floor):
    """Decides for the waiting items and the agents of one routing domain. Not thread-safe: one
    loop owns it.
    """

    def decide(self, now: int, limit: int | None = None, *, explain: bool = True) -> list[Match]:
        """Every match that can be made now, at most ``limit``; the rest follows with the next call.

        ``now`` is microseconds; it becomes the idle time of who gets something. Each match is
        reserved until ``confirm`` or ``give_back``. Without ``explain`` standings are empty.
        """
        matches = self._for_owners(now) if self._arrived else []
        if self._again:
            self._cool_down(now)
        if not self._changed and not self._freed:
            return matches
        for bucket, item, pick, excluded in self._awards(now):
            if limit is not None and len(matches) >= limit:
                return matches  # what is left is still marked as changed
            standing = self._stand(bucket, item, excluded, pick) if explain else UNTOLD
            self._reserve(item, self.seats[pick.agent], now)
            matches.append(Match(item, pick.agent, _BY_MODE[item.mode], standing))
        self._changed.clear()
        self._freed.clear()
        return matches

    def _for_owners(self, now: int) -> list[Match]:
        """New turns whose owner is available: theirs, in every mode and over capacity."""
        matches = []
        arrived = sorted((self.items[item].order_key, item) for item in self._arrived)
        self._arrived.clear()
        for _, item_id in arrived:
            item = self.items[item_id]
            owner = self.seats.get(item.owner or 0)
            if owner is not None and owner.row.presence is Presence.AVAILABLE:
                self._reserve(item, owner, now)
                matches.append(Match(item, owner.row.id, How.OWNER, Standing(1)))
        return matches

    def _awards(self, now: int) -> Iterator[Award]:
        """What is to be given, one after the other; each has been given when the next is asked."""
        if not self._changed and len(self._freed) == 1:
            seat = self.seats[next(iter(self._freed))]
            if not (
                (self._declined or self.graph.reserving) and any(map(unsure, seat.profile.buckets))
            ):
                return self._alone(seat, now)
        touched = self._touched()
        if len(touched) == 1 and not self.graph.reserving:
            return self._single(next(iter(touched)), now)
        return self._contested(touched, now)

    def _alone(self, seat: Seat, now: int) -> Iterator[Award]:
        """One agent has room, and nobody else does for what they serve."""
        agent = seat.row.id
        while (bucket := what(seat, now)) is not None and bucket.head is not None:
            item = self.items[bucket.head[1]]
            yield bucket, item, Pick(agent, met(item, seat, now)), NOBODY

    def _single(self, bucket: Bucket, now: int) -> Iterator[Award]:
        """Only items alike are concerned: in their order."""
        while (award := self._award(bucket, now)) is not None:
            yield award

    def _contested(self, buckets: Iterable[Bucket], now: int) -> Iterator[Award]:
        """Several kinds of items: the most urgent first."""
        contest = Contest(now, self._bid)
        contest.enter(buckets)
        while (best := contest.best()) is not None:
            bucket, bid = best
            yield bucket, bid.item, bid.pick, bid.excluded
            contest.enter(self._upset(contest, bid.pick.agent))

    def _upset(self, contest: Contest, agent: int) -> list[Bucket]:
        """What is to bid anew once the agent got something: what wanted them, and what reserves
        kept from them, or from others, while they were idle.
        """
        upset = contest.wanting(agent)
        if self.graph.reserving:
            upset += [bucket for bucket in self.seats[agent].profile.buckets if bucket.reserve]
        return upset

    def _touched(self) -> dict[Bucket, None]:
        """Every bucket with items in which something may fit now that did not before."""
        touched = {bucket: None for bucket in self._changed if bucket.head}
        for agent in self._freed:
            for bucket in self.seats[agent].profile.buckets:
                if bucket.head:
                    touched[bucket] = None
        return touched

    def _award(self, bucket: Bucket, now: int) -> Award | None:
        """The oldest item of the bucket that somebody could take, and who would get it."""
        for _, id in bucket:
            item = self.items[id]
            excluded = still_excluded(item, bucket, self.seats, now)
            pick = whom(item, bucket, self.seats, excluded, now)
            if pick is not None:
                return bucket, item, pick, excluded
            if not excluded:
                return None
        return None

    def _bid(self, bucket: Bucket, now: int) -> Bid | None:
        award = self._award(bucket, now)
        if award is None:
            return None
        _, item, pick, excluded = award
        line = self.seats[pick.agent].profile.buckets[bucket]
        urgency = score(line, now - item.order_key)
        return Bid(urgency, (item.order_key, item.id), item, pick, excluded)

    # ---- questions

    def standing(self, item_id: int, now: int = 0) -> Standing | None:
        """Why a waiting item still waits: who could take it now; None if it does not wait here."""
        item = self.items.get(item_id)
        if item is None:
            return None
        bucket = self.places[item_id]
        excluded = still_excluded(item, bucket, self.seats, now)
        return self._stand(bucket, item, excluded, whom(item, bucket, self.seats, excluded, now))

    def _stand(
        self, bucket: Bucket, item: Item, excluded: frozenset[int], pick: Pick | None
    ) -> Standing:
        cleared = bool(item.excluded) and not excluded
        return stand(bucket, self.seats, pick, excluded, cleared=cleared)

    def waiting(self, queue: int) -> list[int]:
        """Ids of the items waiting in a queue, those to be pulled too, by their keys."""
        return [id for _, id in sorted(e for bucket in self.graph.of_queue(queue) for e in bucket)]

    def position(self, item_id: int) -> int:
        """Its place among the items of its queue, from 1; 0 if it does not wait here."""
        item = self.items.get(item_id)
        if item is None:
            return 0
        entry = (item.order_key, item_id)
        return 1 + sum(bucket.ahead(entry) for bucket in self.graph.of_queue(item.queue))

    def unservable(self) -> list[int]:
        """Waiting items that nobody logged on can ever serve, in this step or a later one."""
        stranded = (b for b in self.graph.buckets.values() if len(b) and not b.staffed)
        return [
            id for bucket in stranded if not self.graph.can_ever(bucket.demand) for _, id in bucket
        ]

    def hopeless(self, item_id: int) -> bool:
        """Whether an item waits that nobody logged on can ever serve."""
        bucket = self.places.get(item_id)
        return bucket is not None and not bucket.staffed and not self.graph.can_ever(bucket.demand)

    def check(self) -> list[str]:
        """What is wrong in here, in words; always nothing. Costs a few milliseconds."""
        return complaints(self)
