"""One small day, computed by hand: what each figure must say of it. The tables are the day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import numbers
from routing.model import SECOND
from routing.numbers import Attendance, Matter, Told, Turn

NOW = "12:00:00"
DAY = """
who  queue    entered   answered  ended     left  weight  handle
a    sales    09:00:00  09:00:10  09:05:10  -     1       300
b    sales    09:00:30  09:00:50  09:04:50  -     1       240
c    support  09:10:00  09:11:00  09:17:00  -     4       360
d    support  09:20:00  -         09:20:03  yes   1       0
e    support  09:30:00  -         09:30:40  yes   1       0
f    sales    09:40:00  -         09:41:40  -     1       0
g    sales    11:59:50  -         -         -     1       0
h    support  11:58:20  -         -         -     1       0
"""
"""Target 20 s. a waits 10 s; b exactly 20; c 60; d leaves at once; e after 40; f is closed by the
desk; g has waited 10 s so far; h 100."""


def clock(text: str) -> int | None:
    if text == "-":
        return None
    hours, minutes, seconds = map(int, text.split(":"))
    return (hours * 3600 + minutes * 60 + seconds) * SECOND


def read(table: str) -> list[Turn]:
    names, *rows = (line.split() for line in table.strip().splitlines())
    return [turn(dict(zip(names, row, strict=True))) for row in rows]


def turn(row: dict[str, str]) -> Turn:
    entered = clock(row["entered"])
    assert entered is not None
    return Turn(
        entered_at=entered,
        answered_at=clock(row["answered"]),
        ended_at=clock(row["ended"]),
        abandoned=row["left"] == "yes",
        queue=row["queue"],
        weight=float(row["weight"]),
        handle=int(row["handle"]) * SECOND,
    )


TURNS = read(DAY)
AT = clock(NOW)

FIGURES: dict[str, tuple[Callable[[], Any], Any]] = {
    # a and b, of a b c d e h
    "service level": (lambda: numbers.service_level(TURNS, AT).value, 2 / 6),
    "service level, those who still wait left out": (
        lambda: numbers.service_level(TURNS).value,
        2 / 5,
    ),
    # c counts four times
    "weighted service level": (lambda: numbers.weighted_service_level(TURNS, AT).value, 2 / 9),
    # e, of a b c e h; d apart
    "abandonment": (lambda: numbers.abandonment(TURNS, AT).value, 1 / 5),
    "left at once": (lambda: numbers.abandonment(TURNS, AT).short, 1),
    "abandonment, nobody apart": (lambda: numbers.abandonment(TURNS, AT, short=0).value, 2 / 6),
    "weighted abandonment": (lambda: numbers.weighted_abandonment(TURNS, AT).value, 2 / 9),
    # (10 + 20 + 60) / 3
    "speed of answer": (lambda: numbers.speed_of_answer(TURNS), 30 * SECOND),
    "longest wait": (lambda: numbers.longest_wait(TURNS, AT), 100 * SECOND),
    "longest wait of those who are through": (lambda: numbers.longest_wait(TURNS), 60 * SECOND),
    # 3 10 10 20 40 60 100
    "half wait no longer": (lambda: numbers.wait_percentile(TURNS, 0.5, AT), 20 * SECOND),
    "95 % wait no longer": (lambda: numbers.wait_percentile(TURNS, 0.95, AT), 100 * SECOND),
    # (300 + 240 + 360) / 3
    "handle time": (lambda: numbers.handle_time(TURNS), 300 * SECOND),
    "service level by queue": (
        lambda: {
            queue: numbers.service_level(part, AT).value
            for queue, part in numbers.grouped(TURNS, lambda one: one.queue).items()
        },
        {"sales": 2 / 2, "support": 0 / 4},
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_day(name: str) -> None:
    figure, by_hand = FIGURES[name]
    assert figure() == pytest.approx(by_hand)


def spans(*texts: str) -> list[tuple[int, int]]:
    """``09:00-09:30`` and so on."""
    found = []
    for text in texts:
        since, until = (clock(f"{part}:00") for part in text.split("-"))
        assert since is not None
        assert until is not None
        found.append((since, until))
    return found


ONE = numbers.attendance(
    "one",
    spans("09:00-10:00", "10:15-11:15"),
    spans("09:00-09:30", "09:20-09:40", "09:50-10:20"),
)
TWO = numbers.attendance("two", spans("09:00-10:00"), spans("08:00-09:30"))


def test_two_at_once_are_one_time_of_work_and_work_while_away_is_none() -> None:
    # 40 min, 10 min before the break, 5 min after it, of two hours
    assert Attendance("one", 7200 * SECOND, 3300 * SECOND) == ONE
    assert Attendance("two", 3600 * SECOND, 1800 * SECOND) == TWO


def test_occupancy() -> None:
    assert numbers.occupancy([ONE, TWO]).value == pytest.approx(5100 / 10800)
    # 0.4583 and 0.5
    assert numbers.occupancy_spread([ONE, TWO]) == pytest.approx(0.0208333, abs=1e-6)


DAYS = 24 * 3600 * SECOND
MATTERS = [
    Matter(resolved_at=DAYS, answers=1),
    Matter(resolved_at=DAYS, answers=1, back_at=3 * DAYS),  # on the second day after
    Matter(resolved_at=DAYS, answers=1, back_at=9 * DAYS),  # too late to count
    Matter(resolved_at=DAYS, answers=3),
    Matter(resolved_at=DAYS, answers=0),  # nothing to answer
    Matter(resolved_at=None, answers=1),  # still open
]


def test_matters() -> None:
    assert numbers.first_contact_resolution(MATTERS).value == pytest.approx(2 / 4)
    assert numbers.reopened(MATTERS).value == pytest.approx(1 / 5)


def test_what_was_told() -> None:
    error = numbers.estimate_error(
        [
            Told(predicted=60, low=30, high=90, actual=50),  # 10 too much
            Told(predicted=60, low=30, high=90, actual=90),  # 30 too little, inside the range
            Told(predicted=60, low=30, high=90, actual=110),  # 50 too little, outside
        ]
    )
    assert error.count == 3
    assert error.bias == pytest.approx(-70 / 3)
    assert error.absolute == pytest.approx(90 / 3)
    assert error.typical == pytest.approx((3500 / 3) ** 0.5)
    assert error.within.value == pytest.approx(2 / 3)


NOTHING: dict[str, Callable[[], Any]] = {
    "service level": lambda: numbers.service_level([]).value,
    "weighted service level": lambda: numbers.weighted_service_level([]).value,
    "abandonment": lambda: numbers.abandonment([]).value,
    "speed of answer": lambda: numbers.speed_of_answer([]),
    "longest wait": lambda: numbers.longest_wait([]),
    "percentile": lambda: numbers.wait_percentile([]),
    "handle time": lambda: numbers.handle_time([]),
    "occupancy": lambda: numbers.occupancy([]).value,
    "spread": lambda: numbers.occupancy_spread([]),
    "first contact": lambda: numbers.first_contact_resolution([]).value,
    "reopened": lambda: numbers.reopened([]).value,
    "estimates": lambda: numbers.estimate_error([]).typical,
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_figure_of_nothing_is_none_and_not_zero(name: str) -> None:
    assert NOTHING[name]() is None


def test_every_figure_has_its_formula_in_words() -> None:
    page = (Path(numbers.__file__).parent / "numbers.md").read_text()
    figures = [
        name
        for name, found in vars(numbers).items()
        if callable(found)
        and getattr(found, "__module__", "") == numbers.__name__
        and name.islower()
        and not name.startswith("_")
    ]
    assert len(figures) >= 14
    assert [name for name in figures if f"`{name}`" not in page] == []


times = st.integers(0, 1000)


@st.composite
def some_turn(draw: st.DrawFn) -> Turn:
    entered, waited, handled = draw(times), draw(times), draw(times)
    end = entered + waited
    match draw(st.sampled_from(["answered", "left", "closed", "waiting"])):
        case "answered":
            return Turn(entered, end, end + handled, handle=handled, target=50)
        case "left":
            return Turn(entered, None, end, abandoned=True, target=50)
        case "closed":
            return Turn(entered, None, end, target=50)
        case _:
            return Turn(entered, target=50)


@given(st.lists(some_turn()), times)
def test_shares_are_shares(turns: list[Turn], now: int) -> None:
    level = numbers.service_level(turns, now)
    left = numbers.abandonment(turns, now, short=10)
    assert 0 <= level.part <= level.whole <= len(turns)
    assert level.part + left.left + left.short <= level.whole == left.offered
    longest = numbers.longest_wait(turns, now)
    assert longest == numbers.wait_percentile(turns, 1.0, now)
    mean = numbers.speed_of_answer(turns)
    assert mean is None or (longest is not None and 0 <= mean <= longest)


@given(st.lists(some_turn(), max_size=20), st.integers(-1000, 1000))
def test_figures_do_not_know_what_day_it_is(turns: list[Turn], later: int) -> None:
    moved = [
        Turn(
            one.entered_at + later,
            None if one.answered_at is None else one.answered_at + later,
            None if one.ended_at is None else one.ended_at + later,
            one.abandoned,
            one.target,
            handle=one.handle,
        )
        for one in turns
    ]
    for figure in (numbers.service_level, numbers.longest_wait, numbers.abandonment):
        assert figure(turns, 500) == figure(moved, 500 + later)
