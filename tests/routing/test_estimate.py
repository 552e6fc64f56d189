"""The range that waiting customers are told."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest

from routing.estimate import (
    ENOUGH,
    error,
    estimate_wait,
    expected_wait,
    quantile,
    service_rate,
    told,
)
from routing.model import SECOND
from routing.numbers import Turn, grouped
from routing.simulate import draw
from routing.simulate.day import simulate
from tests.routing.structures import HUB, centre


def test_nothing_is_told_where_nothing_was_answered() -> None:
    assert estimate_wait(3, 0.0) is None


def test_the_middle_is_those_ahead_by_the_rate() -> None:
    assert expected_wait(0, service_rate(30, 300)) == 10 * SECOND
    assert expected_wait(4, 0.1) == 50 * SECOND


def test_own_errors_set_the_range() -> None:
    errors = [1.0] * 10 + [2.0] * 8 + [3.0] * 3  # median 2, ninth decile 3
    assert estimate_wait(4, 0.1, errors) == (100 * SECOND, 150 * SECOND)
    assert error(90 * SECOND, 60 * SECOND) == 1.5


def test_too_few_errors_count_for_nothing() -> None:
    assert estimate_wait(4, 0.1, [9.0] * (ENOUGH - 1)) == estimate_wait(4, 0.1)


@pytest.mark.parametrize("ahead", [0, 1, 4, 20])
def test_without_errors_half_wait_less_than_the_lower_end_and_a_tenth_more_than_the_upper(
    ahead: int,
) -> None:
    rng = random.Random(1)
    low, high = estimate_wait(ahead, 0.2) or (0, 0)
    waits = [sum(rng.expovariate(0.2) for _ in range(ahead + 1)) * SECOND for _ in range(20_000)]
    assert sum(wait < low for wait in waits) / len(waits) == pytest.approx(0.5, abs=0.015)
    assert sum(wait > high for wait in waits) / len(waits) == pytest.approx(0.1, abs=0.015)


def test_a_range_never_grows_when_somebody_leaves_the_line() -> None:
    ranges = [estimate_wait(ahead, 0.05) or (0, 0) for ahead in range(30)]
    assert ranges == sorted(ranges)
    assert all(low < high for low, high in ranges)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (7, 22, (0, 30)),
        (15, 60, (15, 60)),
        (106, 154, (60, 180)),
        (301, 1799, (300, 1800)),
        (3000, 3700, (2700, 4500)),
        (-5, 0, (0, 0)),
    ],
)
def test_people_are_told_round_figures(low: int, high: int, words: tuple[int, int]) -> None:
    assert told(low * SECOND, high * SECOND) == words


def test_quantiles_lie_between_their_neighbours() -> None:
    assert quantile([1.0, 2.0, 4.0], 0.5) == 2.0
    assert quantile([1.0, 2.0, 4.0], 0.75) == 3.0
    assert quantile([5.0], 0.9) == 5.0


def test_in_simulated_days_a_half_wait_less_than_the_lower_end_and_a_tenth_longer() -> None:
    scenario = centre(0.95)
    speeds = draw.speeds(scenario)
    shares = [
        share
        for day in range(3)
        for turns in grouped(simulate(scenario, HUB, day, speeds).turns, lambda t: t.queue).values()
        for share in _told_and_true(turns)
    ]
    assert len(shares) > 3_000
    assert sum(low for low, _ in shares) / len(shares) == pytest.approx(0.5, abs=0.06)
    assert sum(high for _, high in shares) / len(shares) == pytest.approx(0.1, abs=0.03)


def _told_and_true(turns: Sequence[Turn]) -> Iterator[tuple[bool, bool]]:
    """Of each who waited and was answered: below the lower end, above the upper one."""
    answers = sorted(turn.answered_at for turn in turns if turn.answered_at is not None)
    known: list[tuple[int, float]] = []
    """(when it became known, error)"""
    for turn in sorted(turns, key=lambda turn: turn.entered_at):
        now, answered = turn.entered_at, turn.answered_at
        last = [at for at in answers if at < now][-20:]
        if answered is None or answered == now or len(last) < 2:
            continue
        ahead = sum(one.entered_at < now < (one.answered_at or one.ended_at or 0) for one in turns)
        rate = service_rate(len(last), (now - last[0]) / SECOND)
        errors = [share for at, share in known if at <= now][-100:]
        low, high = estimate_wait(ahead, rate, errors) or (0, 0)
        known.append((answered, error(answered - now, expected_wait(ahead, rate))))
        known.sort()
        yield answered - now < low, answered - now > high
