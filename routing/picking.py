"""The two decisions: whom for an item, and which item for an agent.

Both look at what the graph has worked out: the cells of a bucket's profiles, the heads of a
profile's buckets. Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import NamedTuple

from routing.choice import USUAL, Favour, favours, score
from routing.lines import Bucket, Cell, Entry, Profile
from routing.model import Item, Presence
from routing.seats import Seat

NOBODY = frozenset[int]()


class Fit(NamedTuple):
    """Agents who could take a bucket's item now, all at the same cost."""

    cost: int
    """Millionths."""
    first: Entry
    """Of the cell: who comes first of them."""
    profile: Profile
    cell: Cell


class Pick(NamedTuple):
    """Who gets an item."""

    agent: int
    favour: Favour | None = None
    """The wish of the item that they meet."""


# ---------------------------------------------------------------- whom for an item


def base_cost(bucket: Bucket, profile: Profile) -> int:
    """What an agent of the profile costs by what they can do, in millionths."""
    weights = bucket.weights
    slower = bucket.profiles[profile] - USUAL
    return weights.factor * slower + weights.flexibility * (profile.types - 1)


def load_cost(bucket: Bucket, cell: Cell) -> int:
    """What an agent of the cell costs by what they have, in millionths."""
    return bucket.weights.load * cell.load + bucket.weights.busy * cell.busy


def fits(bucket: Bucket, *, spare: bool = True, skill: str | None = None) -> Iterator[Fit]:
    """Every cell with room for the bucket; ``spare``: those without work too; ``skill``: only
    agents who have it.
    """
    by_turn = bucket.weights.by_turn
    for profile in bucket.profiles:
        if profile.cells and (skill is None or skill in profile.skills):
            base = base_cost(bucket, profile)
            for cell in profile.cells.values():
                if (spare or cell.busy) and cell.takes(bucket):
                    yield Fit(base + load_cost(bucket, cell), cell.lines[by_turn][0], profile, cell)


def idle_may(bucket: Bucket) -> bool:
    """Whether agents without work may be given it: more of them than the queue's reserve."""
    if not bucket.reserve:
        return True
    idle = sum(len(fit.cell) for fit in fits(bucket) if not fit.cell.busy)
    return idle > bucket.reserve


def may(bucket: Bucket, seat: Seat | None, *, spare: bool) -> bool:
    """Whether this agent could be given an item of the bucket now."""
    return (
        seat is not None
        and seat.cell is not None
        and (spare or seat.cell.busy)
        and seat.profile in bucket.profiles
        and seat.cell.takes(bucket)
    )


def meets(seat: Seat, favour: Favour) -> bool:
    """Whether they are whom the wish is for."""
    return favour.agent == seat.row.id or favour.skill in seat.profile.skills


def still_excluded(
    item: Item, bucket: Bucket, seats: Mapping[int, Seat], now: int
) -> frozenset[int]:
    """Who counts as having declined the item: nobody any more once that is everybody who is
    available and could ever take it, and its time to be asked again (``again_at``) has come.
    """
    if not item.excluded or now < item.again_at:
        return item.excluded
    others = sum(profile.presences[Presence.AVAILABLE] for profile in bucket.profiles)
    for agent in item.excluded:
        seat = seats.get(agent)
        if seat and seat.cell and seat.profile in bucket.profiles:
            others -= 1
    return item.excluded if others > 0 else NOBODY


def whom(
    item: Item, bucket: Bucket, seats: Mapping[int, Seat], excluded: frozenset[int], now: int
) -> Pick | None:
    """The agent for an item: who meets its first wish that can be met, else the least cost."""
    spare = idle_may(bucket)
    for favour in favours(item, now):
        agent = favour.agent
        if agent is None:
            agent = _cheapest(bucket, excluded, spare=spare, skill=favour.skill)
            if agent is not None:
                return Pick(agent, favour)
        elif agent not in excluded and may(bucket, seats.get(agent), spare=spare):
            return Pick(agent, favour)
    agent = _cheapest(bucket, excluded, spare=spare)
    return None if agent is None else Pick(agent)


def _cheapest(
    bucket: Bucket, excluded: frozenset[int], *, spare: bool, skill: str | None = None
) -> int | None:
    fitting = fits(bucket, spare=spare, skill=skill)
    if not excluded:
        best = min(fitting, default=None)
        return None if best is None else best.first[1]
    by_turn = bucket.weights.by_turn
    left = [
        (fit.cost, entry)
        for fit in fitting
        for entry in fit.cell.lines[by_turn][: len(excluded) + 1]
        if entry[1] not in excluded
    ]
    return min(left)[1][1] if left else None


# ---------------------------------------------------------------- which item for an agent


def urgency(bucket: Bucket, profile: Profile, wait: int) -> float:
    """The score of an item of the bucket for an agent of the profile."""
    return score(bucket.slope, bucket.profiles[profile], wait)


def unsure(bucket: Bucket) -> bool:
    """Whether more decides than room: somebody has declined, or idle agents are kept back."""
    return bucket.excluding > 0 or bucket.reserve > 0


def what(seat: Seat, now: int) -> Bucket | None:
    """The bucket whose oldest item suits the agent best, None if none has any that fits.

    Only for buckets that are not ``unsure``, and for an agent who alone is free for them.
    """
    cell, best, highest = seat.cell, None, -inf
    if cell is None:
        return None
    for bucket in seat.profile.buckets:
        if bucket.head is not None and cell.takes(bucket):
            value = urgency(bucket, seat.profile, now - bucket.head[0])
            if value > highest or (value == highest and best and bucket.head < best.head):
                best, highest = bucket, value
    return best
