"""Common random numbers: who comes, how patient they are and how much work, the same for any policy.

Each quantity has a stream of its own by seed, day and type, and takes one number a customer from it;
so changing agents, policies or one type's patience leaves everything else as it was.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random
from statistics import NormalDist
from typing import NamedTuple

from routing.model import SECOND
from routing.simulate.scenario import Law, Scenario, Shape, WorkType

_NORMAL = NormalDist()
_SMALLEST = 2.0**-54
NEVER = 1 << 62


class Customer(NamedTuple):
    """Somebody who comes; ids are in the order of coming."""

    at: int
    type: int
    """Place in ``Scenario.types``."""
    until: int
    """When they give up if nobody answered."""
    work: int
    """Microseconds of an agent whose factor is 1."""


def customers(scenario: Scenario, day: int) -> list[Customer]:
    """Everybody who comes on that day, in order."""
    found = [
        customer
        for place, work in enumerate(scenario.types)
        for customer in _of_type(scenario, day, place, work)
    ]
    return sorted(found)


def speeds(scenario: Scenario) -> dict[int, float]:
    """Agent -> their own factor on every handle time; the same on all days."""
    found = {}
    for agent, group, place in scenario.staff():
        stream = _stream(scenario, "speed", group.name, place)
        sigma = group.speed_sd
        found[agent] = math.exp(sigma * _normal(stream) - sigma * sigma / 2)
    return found


def luck(scenario: Scenario, day: int, customer: int) -> Random:
    """What decides whether the offers of one customer are noticed."""
    return _stream(scenario, day, "luck", customer)


def _of_type(scenario: Scenario, day: int, place: int, work: WorkType) -> Iterator[Customer]:
    patience, effort, coming = (
        _stream(scenario, day, what, work.name) for what in ("patience", "work", "arrivals")
    )
    if work.arrivals:
        times: Iterator[int] = iter(work.arrivals[day % len(work.arrivals)])
    else:
        times = _poisson(scenario, work, coming)
    for at in times:
        until = NEVER if work.patience is None else at + drawn(work.patience, patience)
        yield Customer(at, place, until, drawn(work.handle, effort))


def _poisson(scenario: Scenario, work: WorkType, stream: Random) -> Iterator[int]:
    """Random times at a rate that is constant within each slot of the day."""
    expected = stream.expovariate(1.0)  # the time until the next, at a rate of one
    passed = 0.0
    for number, factor in enumerate(work.profile or scenario.profile):
        per_slot = work.rate * scenario.load * factor * scenario.slot / (3600 * SECOND)
        while expected < passed + per_slot:
            yield round((number + (expected - passed) / per_slot) * scenario.slot)
            expected += stream.expovariate(1.0)
        passed += per_slot


def drawn(law: Law, stream: Random) -> int:
    """One duration, by exactly one random number."""
    if law.shape is Shape.EXPONENTIAL:
        return round(law.mean * -math.log1p(-stream.random()))
    if law.shape is Shape.FIXED:
        stream.random()
        return law.mean
    variance = math.log1p(law.cv * law.cv)
    return round(law.mean * math.exp(math.sqrt(variance) * _normal(stream) - variance / 2))


def _stream(scenario: Scenario, *about: int | str) -> Random:
    """Numbers that depend on nothing but the seed and what they are for."""
    return Random("/".join(map(str, (scenario.seed, *about))))  # noqa: S311  no secret


def _normal(stream: Random) -> float:
    return _NORMAL.inv_cdf(stream.random() or _SMALLEST)
