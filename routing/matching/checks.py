"""The invariants that are cheap enough to be looked after in production, as a counted alarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from routing.matching.floor import Floor
from routing.model import Presence


def complaints(floor: Floor) -> list[str]:
    """What does not add up, in words. Empty is the only right answer."""
    return [*_items(floor), *_claims(floor), *_agents(floor), *_profiles(floor)]


def _items(floor: Floor) -> Iterator[str]:
    """I2: every item is in one place; I6: buckets are in order."""
    held = Counter(id for bucket in floor.graph.buckets.values() for _, id in bucket)
    yield from (f"item {id} stands in {n} places" for id, n in held.items() if n != 1)
    yield from (f"item {id} is in no bucket" for id in sorted(floor.items.keys() - held.keys()))
    yield from (f"item {id} is in a bucket and unknown" for id in held if id not in floor.items)
    yield from (f"item {id} waits and is claimed" for id in floor.items if id in floor.flights)
    excluding = {id for id, item in floor.items.items() if item.excluded}
    for bucket in floor.graph.buckets.values():
        if any(earlier >= later for earlier, later in pairwise(bucket)):
            yield f"a bucket of queue {bucket.demand.queue} is out of order"
        if bucket.excluding != sum(id in excluding for _, id in bucket):
            yield f"a bucket of queue {bucket.demand.queue} miscounts exclusions"
        if bucket.staffed != sum(profile.logged_on > 0 for profile in bucket.profiles):
            yield f"a bucket of queue {bucket.demand.queue} miscounts who is there"


def _claims(floor: Floor) -> Iterator[str]:
    """I12: what is reserved of agents is the sum of the claims in flight."""
    for id, flight in floor.flights.items():
        if flight not in flight.seat.flights:
            yield f"the claim of item {id} is not held against agent {flight.seat.row.id}"
    held = sum(len(seat.flights) for seat in floor.seats.values())
    if held > len(floor.flights):
        yield f"{held} claims are held against agents, {len(floor.flights)} are in flight"


def _agents(floor: Floor) -> Iterator[str]:
    """I10: who has a place in line is available; and it is the place that their row gives them."""
    for id, seat in floor.seats.items():
        if (seat.cell is not None) != (seat.row.presence is Presence.AVAILABLE):
            yield f"agent {id} is {seat.row.presence} and {'not ' * (seat.cell is None)}in line"
        elif seat.cell is not None and not seat.stands():
            yield f"agent {id} stands in the wrong place"


def _profiles(floor: Floor) -> Iterator[str]:
    """I12: the counts of profiles are those of their agents."""
    counted = Counter((seat.profile, seat.row.presence) for seat in floor.seats.values())
    for profile in floor.graph.profiles.values():
        for presence, count in profile.presences.items():
            if count != counted[profile, presence]:
                yield f"{count} agents count as {presence}, {counted[profile, presence]} are"
        in_line = sum(
            cell.size for cells in (profile.cells, profile.spent) for cell in cells.values()
        )
        if in_line != profile.presences[Presence.AVAILABLE]:
            yield f"{in_line} agents are in line of {profile.presences[Presence.AVAILABLE]}"
