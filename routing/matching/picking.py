"""The two decisions: whom for an item, and which item for an agent.

Both look at what the graph has worked out: the cells of a bucket's profiles, the heads of a
profile's buckets. Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from sys import maxsize
from typing import Final, NamedTuple

from routing.matching.choice import GUARDED, LATE, Favour, favours, wishes
from routing.matching.lines import Bucket, Cell, Entry, Profile
from routing.matching.seats import Seat
from routing.model import Item, Presence

NOBODY: Final = frozenset[int]()
NOTHING: Final = -1e300
"""Less than any score; an empty bucket's is less still."""


Fit = tuple[int, Entry, Profile, Cell]
"""Agents who could take a bucket's item now, all at the same cost: (cost in millionths, who comes
first of them, profile, cell)."""


class Pick(NamedTuple):
    """Who gets an item."""

    agent: int
    favour: Favour | None = None
    """The wish of the item that they meet."""


# ---------------------------------------------------------------- whom for an item


def load_cost(bucket: Bucket, cell: Cell) -> int:
    """What an agent of the cell costs by what they have, in millionths."""
    return bucket.weights.load * cell.load + bucket.weights.busy * cell.busy


def fits(bucket: Bucket, *, spare: bool = True) -> Iterator[Fit]:
    """Every cell with room for the bucket; ``spare``: those without work too."""
    _, flexibility, load, busy, by_turn = bucket.weights
    for profile, slower in bucket.profiles.items():
        if profile.cells:
            able = slower + flexibility * (profile.types - 1)
            for cell in profile.cells.values():
                if (spare or cell.busy) and cell.takes(bucket):
                    cost = able + load * cell.load + busy * cell.busy
                    yield cost, cell.lines[by_turn][0], profile, cell


def idle_may(bucket: Bucket) -> bool:
    """Whether agents without work may be given it: more of them than the queue's reserve."""
    if not bucket.reserve:
        return True
    idle = sum(cell.size for *_, cell in fits(bucket) if not cell.busy)
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


def met(item: Item, seat: Seat, now: int) -> Favour | None:
    """The first wish of the item that is for this agent."""
    if not wishes(item):
        return None
    skills = seat.profile.skills
    return next(
        (f for f in favours(item, now) if f.agent == seat.row.id or f.skill in skills), None
    )


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
    for favour in favours(item, now) if wishes(item) else ():
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
    """Who costs least: the first of ``fits``, without a look at who costs more for sure."""
    _, flexibility, load, busy, by_turn = bucket.weights
    least, first = maxsize, None
    for profile, slower in bucket.profiles.items():
        cost = slower + flexibility * (profile.types - 1)
        if cost > least or not (skill is None or skill in profile.skills):
            continue
        for cell in profile.cells.values():
            total = cost + load * cell.load + busy * cell.busy
            if total > least or not (spare or cell.busy) or not cell.takes(bucket):
                continue
            entry = _first(cell.lines[by_turn], excluded)
            if entry and (total < least or first is None or entry < first):
                least, first = total, entry
    return first[1] if first else None


def _first(line: list[Entry], excluded: frozenset[int]) -> Entry | None:
    if not excluded:
        return line[0]
    return next((entry for entry in line if entry[1] not in excluded), None)


# ---------------------------------------------------------------- which item for an agent


def unsure(bucket: Bucket) -> bool:
    """Whether more decides than room: somebody has declined, or idle agents are kept back."""
    return bucket.excluding > 0 or bucket.reserve > 0


def what(seat: Seat, now: int) -> Bucket | None:
    """The bucket whose oldest item suits the agent best, None if none has any that fits.

    Only for buckets that are not ``unsure``, and for an agent who alone is free for them. The score
    is written out, since every finished turn waits for this.
    """
    best, first, highest = None, None, NOTHING
    cell = seat.cell
    if cell is None or cell.hard < seat.profile.least:
        return None
    tight = cell.free < seat.profile.most or cell.full
    moment = float(now)
    for bucket, (start, rise, guard, late) in seat.profile.buckets.items():
        wait = moment - bucket.key
        if wait > guard:
            value = GUARDED + wait
        else:
            value = start + rise * wait
            if wait > late:
                value -= LATE
        if value < highest or (tight and not cell.takes(bucket)):
            continue
        head = bucket.head
        if value > highest or first is None or (head and head < first):
            best, first, highest = bucket, head, value
    return best
