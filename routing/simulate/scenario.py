"""What is simulated: types of work, groups of agents, one day's profile. Data, and its own checks.

A type of work is a queue with its customers: how many come and when, how long one takes, when they
give up. A group is agents who serve the same types. Times are microseconds, of a day since opening.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from routing.model import SECOND, Mode, QueuePolicy
from routing.plan import Step

_DEFAULT: Final = QueuePolicy(0)
HOUR: Final = 3600 * SECOND
Hours = tuple[tuple[int, int], ...]
"""When somebody works: (from, to), in order, of one day."""


class Shape(StrEnum):
    """How a duration is spread around its mean."""

    LOG_NORMAL = "log-normal"
    EXPONENTIAL = "exponential"
    FIXED = "fixed"


class Known(StrEnum):
    """What the matcher is told of how long somebody takes."""

    GROUP = "group"  # the group's factor, as a team's estimate would have it
    OWN = "own"  # that times the agent's own speed, which real estimates only come near
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Law:
    """A random duration."""

    mean: int
    shape: Shape = Shape.LOG_NORMAL
    cv: float = 1.0
    """Standard deviation over mean, of the log-normal."""


@dataclass(frozen=True, slots=True)
class WorkType:
    """One queue and its customers."""

    name: str
    rate: float
    """Customers per hour, before load and profile. Unused where ``arrivals`` are given."""
    handle: Law
    patience: Law | None
    """None: they never give up."""
    target: int
    """Answered within this counts as in time."""
    weight: float = 1.0
    kind: str = ""
    units: int = 100
    wrap_up: int = 0
    interruptible: bool = False
    """Put aside when something that is not comes in, and gone on with afterwards."""
    profile: tuple[float, ...] = ()
    """Factors on the rate, one a slot; empty: the scenario's."""
    arrivals: tuple[tuple[int, ...], ...] = ()
    """Recorded days, each in order, played again one after the other."""
    steps: tuple[Step, ...] = (Step(),)


@dataclass(frozen=True, slots=True)
class Group:
    """Agents who are alike but for their own speed."""

    name: str
    agents: int
    factors: Mapping[str, float]
    """Type -> factor on its handle time; the types they serve."""
    primary: frozenset[str]
    """Of these, the work that they are there for."""
    hours: tuple[Hours, ...] = ()
    """When they work, a day each, one after the other; empty: from opening until the last customer."""
    capacity: int = 100
    limits: tuple[tuple[str, int], ...] = ()
    skills: tuple[tuple[str, int], ...] = ()
    speed_sd: float = 0.12
    """Of an agent's own factor on every handle time: log-normal with mean 1."""
    missed: float = 0.0
    """The chance that an offer is not noticed."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is decided by; of a ``QueuePolicy`` here id, target and weight mean nothing."""

    common: QueuePolicy = _DEFAULT
    queues: Mapping[str, QueuePolicy] = field(default_factory=dict)
    """Type -> its own in place of the common one."""
    known: Known = Known.GROUP

    def of(self, number: int, work: WorkType) -> QueuePolicy:
        """The policy of one queue."""
        policy = self.queues.get(work.name, self.common)
        return replace(policy, id=number, target=work.target, weight=work.weight)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that is simulated but for the number of days."""

    types: tuple[WorkType, ...]
    groups: tuple[Group, ...]
    profile: tuple[float, ...] = (1.0,) * 16
    slot: int = HOUR // 2
    load: float = 1.0
    warm_up: int = HOUR // 2
    """Who comes before this is served, but does not count."""
    seed: int = 1
    mode: Mode = Mode.PUSH
    ring: int = 0
    """Until an agent who notices an offer accepts it (mode ``ask``)."""
    offer: int = 20 * SECOND
    away: int = 300 * SECOND
    """How long somebody stays away who missed an offer."""
    short: int = 5 * SECOND
    """Giving up sooner is counted apart."""

    @property
    def closes(self) -> int:
        """When the last slot ends."""
        return len(self.profile) * self.slot

    @property
    def numbers(self) -> Mapping[str, int]:
        """Type -> number of its queue."""
        return {work.name: number for number, work in enumerate(self.types, 1)}

    def staff(self) -> Iterator[tuple[int, Group, int]]:
        """(agent's id, group, place in the group) of everybody."""
        id = 0
        for group in self.groups:
            for place in range(group.agents):
                id += 1
                yield id, group, place

    def customers(self) -> float:
        """How many come on a day at load 1, of those who come at a rate."""
        hours = self.slot / HOUR
        return sum(one.rate * hours * sum(one.profile or self.profile) for one in self.types)

    def demand(self) -> float:
        """Agents' worth of work over agents, both on the mean of the day: about 1 is full."""
        share = sum(self.profile) / len(self.profile)
        work = sum(
            self.load
            * share
            * one.rate
            / 3600
            * (one.handle.mean + one.wrap_up)
            / SECOND
            * one.units
            / 100
            for one in self.types
            if not one.arrivals
        )
        agents = sum(
            group.agents * group.capacity / 100 * self._there(group) for group in self.groups
        )
        return work / agents if agents else math.inf

    def _there(self, group: Group) -> float:
        """The share of the day that the group works."""
        spans = [min(ends, self.closes) - begins for day in group.hours for begins, ends in day]
        return sum(spans) / self.closes / len(group.hours) if group.hours else 1.0
