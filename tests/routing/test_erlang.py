"""Erlang-A against the published table, against known limits and against brute force."""

from __future__ import annotations

import math
import random

import pytest

from routing.erlang import Station, answered_within, service_level, steady

TABLE = [
    # agents, calls an hour, patience -> abandoned %, answered in 20 s %, occupancy %
    (32, 360, 120, 5.85, 82.4, 88.3),
    (28, 360, 120, 12.71, 63.5, 93.5),
    (24, 360, 120, 22.43, 40.9, 97.0),
    (100, 1200, 90, 5.15, 88.0, 94.9),
    (6, 60, 120, 12.90, 73.5, 72.6),
]


@pytest.mark.parametrize(("agents", "hourly", "patience", "abandoned", "level", "occupancy"), TABLE)
def test_the_table_to_its_printed_digits(
    agents: int, hourly: int, patience: int, abandoned: float, level: float, occupancy: float
) -> None:
    station = Station(agents, hourly / 3600, 300, patience)
    found = steady(station)
    assert round(found.abandoned * 100, 2) == abandoned
    assert round(service_level(station, 20) * 100, 1) == level
    assert round(found.occupancy * 100, 1) == occupancy


def test_without_impatience_it_is_erlang_c() -> None:
    # 10 agents, 8 erlang: the chance of waiting is 0.4092 by any Erlang C table.
    station = Station(10, 8 / 300, 300, math.inf)
    found = steady(station)
    assert found.abandoned == 0
    assert 1 - found.answered_at_once == pytest.approx(0.4092, abs=5e-5)
    assert found.occupancy == pytest.approx(0.8)
    # P(wait > t) = C exp(-(n - a) t / handle)
    level = 1 - 0.40918 * math.exp(-2 * 30 / 300)
    assert service_level(station, 30) == pytest.approx(level, abs=1e-4)


def test_what_comes_is_answered_or_gives_up() -> None:
    station = Station(7, 0.03, 240, 100)
    found = steady(station)
    answered = found.occupancy * station.agents / station.handle
    assert answered / station.arrivals + found.abandoned == pytest.approx(1)
    assert service_level(station, 0) == pytest.approx(found.answered_at_once)
    assert service_level(station, 1e6) == pytest.approx(1 - found.abandoned)


def test_the_tagged_customer_by_drawing_lots() -> None:
    station = Station(3, 0.05, 60, 45)
    rng = random.Random(4)
    ahead, within, rounds = 2, 25.0, 40_000
    reached = 0
    for _ in range(rounds):
        wait = sum(rng.expovariate(3 / 60 + i / 45) for i in range(ahead + 1))
        reached += wait <= within and rng.expovariate(1 / 45) > wait
    assert reached / rounds == pytest.approx(answered_within(station, ahead, within), abs=0.008)


def test_a_thousand_agents_do_not_overflow() -> None:
    station = Station(5_000, 20.0, 240, 60)
    assert 0 < steady(station).abandoned < 0.01
    assert 0.9 < service_level(station, 20) < 1


@pytest.mark.parametrize(
    "wrong", [(0, 1, 1, 1), (1, 0, 1, 1), (1, 1, -1, 1), (1, 1, 1, 0), (2, 1, 2, math.inf)]
)
def test_what_has_no_long_run_is_refused(wrong: tuple[int, float, float, float]) -> None:
    with pytest.raises(ValueError, match="agents"):
        Station(*wrong)
