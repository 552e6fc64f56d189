"""Handle times as a pace: against everybody, shrunk where there are few turns, in steps of 5 %."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.pace import FASTEST, FEWEST, ROUND, SLOWEST, Handled, Tally, handle_times, paces

MINUTE = 60_000_000


def _tally(*turns: tuple[int, int, int]) -> Tally:
    """(agent, how many, minutes each) of queue 1."""
    tally = Tally.empty()
    for agent, count, minutes in turns:
        tally.add([Handled(agent, 1, "chat", minutes * MINUTE)] * count)
    return tally


def test_who_takes_twice_as_long_is_slower_and_shrunk_to_everybody() -> None:
    found = {agent: permille for agent, _, permille, _ in paces(_tally((1, 100, 5), (2, 100, 10)))}
    # by logarithms everybody is at 7.07 minutes; 100 turns are believed to 80 %
    assert found == {1: 750, 2: 1300}


def test_few_turns_say_nothing_and_some_say_little() -> None:
    found = paces(_tally((1, FEWEST - 1, 60), (2, 1_000, 10), (3, FEWEST, 60)))
    by = {agent: permille for agent, _, permille, _ in found}
    assert set(by) == {2, 3}
    assert 1_000 < by[3] < 2_500  # six times as long, of which 20 / 45 is believed
    assert by[3] == SLOWEST


def test_one_alone_is_as_fast_as_everybody() -> None:
    assert paces(_tally((1, 50, 7))) == [(1, 1, 1_000, 50)]


def test_mean_handle_times_are_by_queue_and_kind() -> None:
    tally = _tally((1, 10, 5), (2, 10, 15))
    tally.add([Handled(1, 1, "mail", MINUTE)])
    assert handle_times(tally) == {(1, "chat"): 10 * MINUTE}


@given(
    st.lists(
        st.builds(
            Handled,
            st.integers(1, 3),
            st.integers(1, 2),
            st.just("chat"),
            st.integers(1, 10**11),
        ),
        max_size=200,
    )
)
def test_any_history_gives_bounded_steps(history: list[Handled]) -> None:
    tally = Tally.empty()
    tally.add(history)
    for _, _, permille, turns in paces(tally):
        assert permille % ROUND == 0
        assert FASTEST <= permille <= SLOWEST
        assert turns >= FEWEST
