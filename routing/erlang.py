"""Erlang-A (M/M/n+M): what a single line of equal agents must give, in closed form.

Customers come at random, take an exponential time and give up after an exponential patience (Palm;
Garnett, Mandelbaum and Reiman 2002). It is the case that can be calculated, and so the yardstick of
the simulator. Rates are per second here, times are seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_NEGLIGIBLE = 1e-16


@dataclass(frozen=True, slots=True)
class Station:
    """One line and the agents who serve it."""

    agents: int
    arrivals: float
    """Customers per second."""
    handle: float
    """Mean seconds of work for one customer."""
    patience: float
    """Mean seconds until a waiting customer gives up; infinite: never."""

    def __post_init__(self) -> None:
        if self.agents < 1 or min(self.arrivals, self.handle, self.patience) <= 0:
            raise ValueError("agents, arrivals, handle time and patience are above 0")
        if math.isinf(self.patience) and self.arrivals * self.handle >= self.agents:
            raise ValueError("the line grows without end: more work than agents, and nobody leaves")


@dataclass(frozen=True, slots=True)
class Steady:
    """What happens in the long run. Shares are of all who came."""

    abandoned: float
    answered_at_once: float
    waiting: float
    """Mean number of customers in line."""
    occupancy: float
    """Share of an agent's time that is work."""


def steady(station: Station) -> Steady:
    """The long run: the stationary law of the birth and death process of those who are there."""
    law = _law(station)
    n = station.agents
    waiting = sum((k - n) * p for k, p in law.items() if k > n)
    busy = sum(min(k, n) * p for k, p in law.items())
    return Steady(
        abandoned=waiting / station.patience / station.arrivals,
        answered_at_once=sum(p for k, p in law.items() if k < n),
        waiting=waiting,
        occupancy=busy / n,
    )


def service_level(station: Station, within: float) -> float:
    """The share of all who come that is answered within ``within`` seconds.

    Someone who finds ``j`` in line ahead waits for ``j + 1`` departures, by service or by giving
    up: exponential steps of rates ``n/handle + i/patience``, i = j .. 0, while their own patience
    runs beside them. Arrivals at random see the stationary law.
    """
    n = station.agents
    return sum(
        p * (1.0 if k < n else answered_within(station, k - n, within))
        for k, p in _law(station).items()
    )


def answered_within(station: Station, ahead: int, within: float) -> float:
    """P(answered within the time | that many ahead): the tagged customer's chain, absorbed.

    The steps' rates are in arithmetic progression, so exp(-wait/patience) is Beta(a, ahead + 1)
    with a = n x patience / handle, and its distribution a finite sum.
    """
    rate = station.agents / station.handle
    if math.isinf(station.patience):
        return 1 - _poisson_below(ahead + 1, rate * within)
    a = rate * station.patience
    x = math.exp(-within / station.patience)
    # E[B; B >= x] of B ~ Beta(a, b) is its mean times P(Beta(a + 1, b) >= x).
    term, below = math.exp(-within / station.patience * (a + 1)), 0.0
    for i in range(ahead + 1):
        below += term
        term *= (a + 1 + i) / (i + 1) * (1 - x)
    return a / (a + ahead + 1) * (1 - below)


def _poisson_below(k: int, mean: float) -> float:
    term, total = math.exp(-mean), 0.0
    for i in range(k):
        total += term
        term *= mean / (i + 1)
    return total


def _law(station: Station) -> dict[int, float]:
    """Number of customers there -> its share of time, walked outwards from the likeliest."""
    start = _likeliest(station)
    weights = {start: 1.0}
    weight, k = 1.0, start
    while k > 0 and weight > _NEGLIGIBLE:
        weight *= _departures(station, k) / station.arrivals
        k -= 1
        weights[k] = weight
    weight, k = 1.0, start
    while weight > _NEGLIGIBLE:
        k += 1
        weight *= station.arrivals / _departures(station, k)
        weights[k] = weight
    total = math.fsum(weights.values())
    return {k: weight / total for k, weight in weights.items()}


def _departures(station: Station, there: int) -> float:
    busy = min(there, station.agents)
    return busy / station.handle + (there - busy) / station.patience


def _likeliest(station: Station) -> int:
    surplus = station.arrivals - station.agents / station.handle
    if surplus <= 0:
        return int(station.arrivals * station.handle)
    return station.agents + int(surplus * station.patience)
