"""An agent as matching holds them: their row, the claims in flight on top of it, their place.

What counts everywhere is the row *plus* what is in flight: a claim's units are taken at the moment
of the match, and given back or found in the next row when its result is told.
"""

from __future__ import annotations

from collections import Counter

from routing.matching.lines import NO_KINDS, Cell, Entry, Profile, Room
from routing.model import AgentState, Item, Presence


class Flight:
    """A match whose claim has not come back."""

    __slots__ = ("at", "claimed", "item", "seat")

    def __init__(self, seat: Seat, item: Item, at: int) -> None:
        self.seat = seat
        self.claimed = item
        """As it was when it was given: its units are what is held."""
        self.at = at
        self.item: Item | None = item
        """What goes back in line if the claim fails; None once the item was dropped."""


class Seat:
    """One agent of the matcher."""

    __slots__ = ("_idle", "_turn", "cell", "flights", "profile", "row")

    def __init__(self, row: AgentState, profile: Profile) -> None:
        self.row = row
        self.profile = profile
        self.cell: Cell | None = None
        """None while they are not available."""
        self.flights: list[Flight] = []
        self._idle: Entry = (0, 0)
        self._turn: Entry = (0, 0)

    def facts(self) -> tuple[Room, Entry, Entry]:
        """What counts now, flights included: their room, and since when they are idle and have
        got nothing (microseconds, each with their id).
        """
        row = self.row
        free = row.capacity - row.used
        hard = free + row.soft + row.parked
        idle, turn = row.idle_since, row.last_assigned
        for flight in self.flights:
            claimed = flight.claimed
            free -= claimed.units
            hard -= 0 if claimed.interruptible else claimed.units
            idle, turn = max(idle, flight.at), max(turn, flight.at)
        full = self._full() if row.limits else NO_KINDS
        return (free, hard, full, row.wrapping), (idle, row.id), (turn, row.id)

    def _full(self) -> frozenset[str]:
        counts = Counter(dict(self.row.counts))
        counts.update(flight.claimed.kind for flight in self.flights)
        return frozenset(kind for kind, most in self.row.limits if counts[kind] >= most)

    @property
    def idle_since(self) -> int:
        """Microseconds: when they last got or finished work."""
        return self.facts()[1][0]

    def settle(self) -> bool:
        """Stand where row and flights say. True if there may be anything that they could not take
        before and can take now.
        """
        cell = self.cell
        if self.row.presence is not Presence.AVAILABLE:
            self.leave()
            return False
        room, idle, turn = self.facts()
        if cell is not None:
            if cell.room == room and self._idle == idle and self._turn == turn:
                return False
            self.profile.exit(cell, self._idle, self._turn)
        self.cell = self.profile.enter(room, idle, turn)
        self._idle, self._turn = idle, turn
        return cell is None or _gains(cell, self.cell)

    def stands(self) -> bool:
        """Whether their place is the one that ``settle`` would give them."""
        room, idle, turn = self.facts()
        cell = self.cell
        if cell is None or cell.room != room:
            return False
        return idle in cell.lines[0] and turn in cell.lines[1]

    def leave(self) -> None:
        """Stand nowhere: not available, or about to change profile."""
        if self.cell is not None:
            self.profile.exit(self.cell, self._idle, self._turn)
            self.cell = None


def _gains(before: Cell, after: Cell) -> bool:
    """More room, a kind off its limit; or busy now, so that no reserve keeps them."""
    return (
        after.free > before.free
        or after.hard > before.hard
        or not before.full <= after.full
        or after.busy > before.busy
    )
