"""The sorted structures of matching: items of a bucket, agents of a profile.

Sorted lists with ``bisect``, not heaps with tombstones: taking out of the middle is exact, a place
in line is an index, and at thousands of entries the memory move costs about a microsecond.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from math import inf
from typing import Final

from routing.matching.choice import Able, Demand, Slope, Weights
from routing.model import Presence, QueuePolicy

Entry = tuple[int, int]
"""(order key, item) in a bucket; (since when, agent) in a cell."""
COMPACT: Final = 64
"""Entries that have left a bucket are taken off in lumps of at least so many."""
POOL: Final = 64
"""Empty cells that a profile keeps at most."""
NO_KINDS: Final[frozenset[str]] = frozenset()


class Bucket:
    """The waiting items of one demand, by (order key, id); its oldest is ``head``."""

    __slots__ = (
        "_gone",
        "_line",
        "demand",
        "excluding",
        "head",
        "key",
        "kind",
        "matched",
        "policy",
        "profiles",
        "reserve",
        "shut_out",
        "slopes",
        "soft",
        "staffed",
        "units",
        "weights",
    )

    policy: QueuePolicy
    weights: Weights
    reserve: int
    slopes: dict[int, Slope]
    """By handle-time factor (thousandths): made when they are first needed."""

    def __init__(self, demand: Demand, *, matched: bool) -> None:
        self.demand = demand
        self.units = demand.units
        self.kind = demand.kind
        self.soft = demand.interruptible
        self.matched = matched
        """False for items that wait to be pulled: their head is never shown."""
        self.head: Entry | None = None
        self.key = inf
        """The order key of ``head``; infinite: there is none."""
        self.excluding = 0
        """Items here that exclude somebody."""
        self.profiles: dict[Profile, int] = {}
        """Whose agents can serve it, with what their factor costs (millionths)."""
        self.shut_out: dict[Profile, str] = {}
        """Profiles of its queues whose agents cannot, with the reason."""
        self.staffed = 0
        """Profiles that can serve it with somebody logged on."""
        self._line: list[Entry] = []
        self._gone = 0
        """Entries at the front that have left: taken off in lumps."""

    def __len__(self) -> int:
        return len(self._line) - self._gone

    def __iter__(self) -> Iterator[Entry]:
        line, at = self._line, self._gone
        while at < len(line):
            yield line[at]
            at += 1

    def add(self, entry: Entry) -> None:
        """An item comes to its place in line."""
        line = self._line
        if not line or entry > line[-1]:
            line.append(entry)
        else:
            insort(line, entry, lo=self._gone)
        self._look()

    def remove(self, entry: Entry) -> None:
        """An item that is here leaves."""
        line, gone = self._line, self._gone
        if line[gone] == entry:
            gone += 1
            if gone == len(line) or (gone >= COMPACT and gone * 2 > len(line)):
                del line[:gone]
                gone = 0
            self._gone = gone
        else:
            del line[bisect_left(line, entry, lo=gone)]
        self._look()

    def ahead(self, entry: Entry) -> int:
        """How many items here come before ``entry``."""
        return bisect_left(self._line, entry, lo=self._gone) - self._gone

    def _look(self) -> None:
        if not self.matched:
            return
        if self._gone < len(self._line):
            self.head = self._line[self._gone]
            self.key = float(self.head[0])  # exact, and fast to reckon with
        else:
            self.head, self.key = None, inf


Room = tuple[int, int, frozenset[str], int]
"""(units for anything, units for what may not be interrupted, kinds at their limit, units in
wrap-up): what makes available agents of one profile alike."""


class Cell:
    """Available agents of one profile with the same room, by idle time and by turn."""

    __slots__ = (
        "busy",
        "free",
        "full",
        "hard",
        "lines",
        "load",
        "reason",
        "room",
        "size",
        "wrapping",
    )

    def __init__(self, room: Room, capacity: int) -> None:
        self.room = room
        self.free, self.hard, self.full, self.wrapping = room
        self.load = (capacity - self.free) * 1000 // capacity if capacity else 1000
        """Thousandths of their capacity."""
        self.busy = self.free < capacity
        self.lines: tuple[list[Entry], list[Entry]] = ([], [])
        """(by idle since, by last assigned)."""
        self.size = 0
        self.reason = "" if self.full or self.wrapping else _no_room(self.hard)
        """Why they have no room, where that depends on no bucket."""

    def takes(self, bucket: Bucket) -> bool:
        """Whether these agents have room for one item of the bucket."""
        room = self.free if bucket.soft else self.hard
        return room >= bucket.units and bucket.kind not in self.full

    def why_not(self, bucket: Bucket) -> str:
        """Why they have no room: ``limit``, ``overloaded``, ``wrapping``, ``full``."""
        if bucket.kind in self.full:
            return "limit"
        room = self.free if bucket.soft else self.hard
        if self.hard >= 0 and room + self.wrapping >= bucket.units:
            return "wrapping"
        return _no_room(self.hard)


def _no_room(hard: int) -> str:
    return "overloaded" if hard < 0 else "full"


class Profile:
    """Agents who can do the same: equal queues, skills, limits, pace and capacity."""

    __slots__ = (
        "_pool",
        "able",
        "absent",
        "barred",
        "buckets",
        "cells",
        "least",
        "most",
        "presences",
        "size",
        "skills",
        "spent",
        "types",
    )

    def __init__(self, able: Able) -> None:
        self.able = able
        self.skills = dict(able.skills)
        self.presences = dict.fromkeys(Presence, 0)
        self.size = self.absent = 0
        """All agents; those who are not available."""
        self.cells: dict[Room, Cell] = {}
        """Available agents with any room."""
        self.spent: dict[Room, Cell] = {}
        """Available agents without any."""
        self._pool: dict[Room, Cell] = {}
        """Cells that nobody is in, for the next who has that room."""
        self.buckets: dict[Bucket, Slope] = {}
        """What they can serve, with its score to them."""
        self.barred: set[Bucket] = set()
        """What waits in their queues and they cannot serve."""
        self.least = self.most = 0
        """Units of the smallest and of the largest of them, so far."""
        self.types = 0
        """Kinds of demand that they can serve."""

    @property
    def logged_on(self) -> int:
        """Agents who are available or away."""
        return self.size - self.presences[Presence.OFFLINE]

    def count(self, presence: Presence, by: int) -> None:
        """``by`` agents more in this presence."""
        self.presences[presence] += by
        self.size += by
        self.absent = self.size - self.presences[Presence.AVAILABLE]

    def enter(self, room: Room, idle: Entry, turn: Entry) -> Cell:
        """An available agent with this room."""
        cells = self.cells if room[1] > 0 else self.spent
        cell = cells.get(room)
        if cell is None:
            cell = self._pool.pop(room, None) or Cell(room, self.able.capacity)
            cells[room] = cell
        cell.size += 1
        insort(cell.lines[0], idle)
        insort(cell.lines[1], turn)
        return cell

    def exit(self, cell: Cell, idle: Entry, turn: Entry) -> None:
        """An agent leaves the cell that ``enter`` gave."""
        cell.size -= 1
        by_idle, by_turn = cell.lines
        del by_idle[bisect_left(by_idle, idle)]
        del by_turn[bisect_left(by_turn, turn)]
        if not cell.size:
            del (self.cells if cell.hard > 0 else self.spent)[cell.room]
            if len(self._pool) < POOL:
                self._pool[cell.room] = cell
