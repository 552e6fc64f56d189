"""The agents of a simulated day: when they are there, what they have in hand, how long they take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from routing.model import AgentState, Item, Presence
from routing.numbers import Span
from routing.simulate.case import Case
from routing.simulate.draw import NEVER
from routing.simulate.scenario import Group, Hours, Known, Policy, Scenario

_ALL_DAY = (0, NEVER)


@dataclass(slots=True)
class Worker:
    """One agent. Times are of the day; what changes is told to the matcher as ``row``."""

    id: int
    group: Group
    speed: float
    """Their own factor on every handle time."""
    factors: dict[int, float]
    """Queue -> the group's factor on its handle time."""
    pace: tuple[tuple[int, int], ...]
    """As the matcher knows it."""
    hours: Hours
    queues: frozenset[int]
    on_shift: bool = False
    away_until: int = -1
    """They missed an offer; below 0: not away."""
    used: int = 0
    hands: list[Case] = field(default_factory=list)
    """Offers and work, in the order in which they came."""
    idle_since: int = 0
    last_assigned: int = 0
    since: int = 0
    """When they became available."""
    present: list[Span] = field(default_factory=list)
    work: list[Span] = field(default_factory=list)

    @property
    def available(self) -> bool:
        """Whether they take work."""
        return self.on_shift and self.away_until < 0

    def row(self) -> AgentState:
        """As their row in the table would be."""
        return AgentState(
            id=self.id,
            queues=self.queues,
            presence=self._presence(),
            capacity=self.group.capacity,
            used=self.used,
            idle_since=self.idle_since,
            skills=self.group.skills,
            limits=self.group.limits,
            counts=self._counts() if self.group.limits else (),
            soft=sum(case.work.units for case in self.hands if case.soft),
            parked=sum(case.work.units for case in self.hands if case.parked),
            last_assigned=self.last_assigned,
            pace=self.pace,
        )

    def _presence(self) -> Presence:
        if not self.on_shift:
            return Presence.OFFLINE
        return Presence.AVAILABLE if self.available else Presence.AWAY

    def _counts(self) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(Counter(case.work.kind for case in self.hands).items()))

    def begins(self, now: int) -> None:
        """A shift starts."""
        self.on_shift = True
        self.since = self.idle_since = now

    def ends(self, now: int) -> None:
        """They take nothing more; what they have they finish."""
        self._leaves(now)
        self.on_shift = False

    def walks_away(self, now: int, until: int) -> None:
        """They missed an offer: no more work until they come back."""
        self._leaves(now)
        self.away_until = until

    def comes_back(self, now: int) -> None:
        """From being away, unless they have missed another one since."""
        if 0 <= self.away_until <= now:
            self.away_until = -1
            self.since = self.idle_since = now

    def _leaves(self, now: int) -> None:
        if self.available:
            self.present.append((self.since, now))

    @property
    def over(self) -> int:
        """Units in hand beyond the capacity; below 0: room."""
        parked = sum(case.work.units for case in self.hands if case.parked)
        return self.used - parked - self.group.capacity

    def charge(self, case: Case, now: int) -> None:
        """They get a piece of work, or an offer of it."""
        self.used += case.work.units
        self.hands.append(case)
        self.idle_since = self.last_assigned = now

    def release(self, case: Case, now: int) -> None:
        """It is done, missed or gone."""
        self.used -= case.work.units
        self.hands.remove(case)
        self.idle_since = now

    def takes(self, work: int, item: Item) -> int:
        """How long they need for what takes ``work`` of an agent whose factors are all 1.

        For a queue that is not theirs, the factor of the best of theirs that a step opened.
        """
        factor = self.factors.get(item.queue)
        if factor is None:
            opened = (self.factors[q] for q in item.step.also_queues if q in self.factors)
            factor = min(opened, default=1.0)
        return round(work * factor * self.speed)

    def present_within(self, begins: int, ends: int) -> list[Span]:
        """When they were available, of this stretch."""
        spans = [*self.present, (self.since, NEVER)] if self.available else self.present
        return [(max(begins, since), min(ends, until)) for since, until in spans]


def hired(
    scenario: Scenario, policy: Policy, day: int, speeds: dict[int, float]
) -> dict[int, Worker]:
    """Everybody who works on that day, by id, before they begin."""
    return {
        id: _hire(scenario, policy.known, id, group, day, speeds[id])
        for id, group, _ in scenario.staff()
    }


def _hire(
    scenario: Scenario, known: Known, id: int, group: Group, day: int, speed: float
) -> Worker:
    factors = {scenario.numbers[name]: factor for name, factor in group.factors.items()}
    own = speed if known is Known.OWN else 1.0
    told = {} if known is Known.NOTHING else factors
    return Worker(
        id=id,
        group=group,
        speed=speed,
        factors=factors,
        pace=tuple(sorted((queue, round(f * own * 1000)) for queue, f in told.items())),
        hours=group.hours[day % len(group.hours)] if group.hours else (_ALL_DAY,),
        queues=frozenset(factors),
    )
