"""The board's running counts say what the functions of routing/numbers.py say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing import numbers
from routing.model import SECOND
from routing.numbers import Turn
from routing.tally import Tally

times = st.integers(0, 60).map(lambda seconds: seconds * SECOND)
NOW = 100 * SECOND


@st.composite
def some_turn(draw: st.DrawFn) -> Turn:
    entered, waited, target = draw(times), draw(times), draw(times)
    match draw(st.sampled_from(["answered", "left", "closed", "waiting"])):
        case "answered":
            return Turn(entered, entered + waited, target=target)
        case "left":
            return Turn(entered, None, entered + waited, abandoned=True, target=target)
        case "closed":
            return Turn(entered, None, entered + waited, target=target)
        case _:
            return Turn(entered, target=target)


def counted(turns: list[Turn]) -> Tally:
    """As the board counts: what nobody answered yet all at once."""
    tally = Tally()
    waiting = []
    for turn in turns:
        if turn.answered_at is None and turn.ended_at is None:
            waiting.append((NOW - turn.entered_at, turn.target))
        else:
            tally.add(turn, NOW)
    tally.add_waiting(waiting)
    return tally


@given(st.lists(some_turn()), st.lists(some_turn()))
def test_counts_are_the_figures(first: list[Turn], second: list[Turn]) -> None:
    tally, turns = counted(first).plus(counted(second)), first + second
    assert tally.service_level == numbers.service_level(turns, NOW)
    assert tally.abandonment == numbers.abandonment(turns, NOW)
    assert tally.speed_of_answer == numbers.speed_of_answer(turns)
    assert tally.longest == numbers.longest_wait(turns, NOW)


@given(st.lists(some_turn()))
def test_one_by_one_or_all_at_once(turns: list[Turn]) -> None:
    tally = Tally()
    for turn in turns:
        tally.add(turn, NOW)
    assert tally == counted(turns)
