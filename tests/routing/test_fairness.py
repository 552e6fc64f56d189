"""The fairness guard: fast agents are not punished with everybody's work."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from routing.fairness import HALF_LIFE, SETTLED, Fairness
from routing.model import SECOND, AgentState, Presence
from tests.routing.cast import SUPPORT, agent, item, matcher, pairs

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
FAST, SLOW = ((SUPPORT, 800),), ((SUPPORT, 1_200),)


def worked(*shares: tuple[AgentState, float]) -> Fairness:
    """Two hours in which each had work for that share of the time."""
    fairness = Fairness()
    for row, _ in shares:
        fairness.see(replace(row, used=0), 0)
    for row, share in sorted(shares, key=lambda one: -one[1]):
        fairness.see(replace(row, used=30), round(2 * HOUR * (1 - share)))
    for row, _ in shares:
        fairness.see(row, 2 * HOUR)
    return fairness


def test_who_had_more_to_do_than_equals_comes_after_them_for_a_while() -> None:
    fast, slow = agent(1, pace=FAST), agent(2, pace=SLOW)
    hub = matcher(fast, slow)
    hub.put_item(item(1))
    assert pairs(hub.decide(2 * HOUR)) == [(1, 1)], "the fast one is the better choice"
    hub.give_back(1)
    hub.drop_item(1)
    for id, pace in worked((fast, 0.9), (slow, 0.2)).review(2 * HOUR).items():
        hub.put_agent(replace(hub.seats[id].row, pace=pace))
    hub.put_item(item(2))
    assert pairs(hub.decide(2 * HOUR)) == [(2, 2)]
    hub.put_agent(replace(slow, used=100))
    hub.put_item(item(3))
    assert pairs(hub.decide(2 * HOUR)) == [(3, 1)], "nobody waits for fairness"


def test_it_ends_once_the_others_have_caught_up() -> None:
    fast, slow = agent(1, pace=FAST), agent(2, pace=SLOW)
    fairness = worked((fast, 0.9), (slow, 0.2))
    assert set(fairness.review(2 * HOUR)) == {1}
    assert fairness.see(fast, 2 * HOUR).pace > SLOW
    assert not fairness.review(2 * HOUR), "only changes are told"
    fairness.see(replace(slow, used=30), 2 * HOUR)
    assert fairness.review(2 * HOUR + 45 * MINUTE) == {1: FAST}
    assert fairness.see(fast, 2 * HOUR + 45 * MINUTE) == fast


def test_other_skills_make_another_team() -> None:
    expert = agent(1, pace=FAST, skills=(("french", 5),))
    assert not worked((expert, 0.9), (agent(2, pace=SLOW), 0.1)).review(2 * HOUR)


def test_nobody_is_judged_by_their_first_minutes() -> None:
    fairness = Fairness()
    for row in (agent(1, pace=FAST, used=30), agent(2, pace=SLOW)):
        fairness.see(row, 0)
    assert not fairness.review(SETTLED // 2)
    assert set(fairness.review(HALF_LIFE)) == {1}


def test_who_is_gone_is_forgotten() -> None:
    fairness = worked((agent(1, pace=FAST), 0.9), (agent(2, pace=SLOW), 0.2))
    fairness.review(2 * HOUR)
    fairness.forget(1)
    assert not fairness.review(2 * HOUR)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.sampled_from(Presence),
            st.integers(0, 100),
            st.integers(0, HOUR),
            st.sampled_from([(), FAST, SLOW]),
        ),
        max_size=30,
    )
)
def test_the_slowed_are_slower_than_all_their_team_and_never_all_of_it(
    told: list[tuple[int, Presence, int, int, tuple[tuple[int, int], ...]]],
) -> None:
    fairness, now, rows = Fairness(), 0, dict[int, AgentState]()
    for id, presence, used, later, pace in told:
        now += later
        rows[id] = agent(id, presence=presence, used=used, pace=pace)
        fairness.see(rows[id], now)
        fairness.review(now)
        by = {one: fairness.see(row, now) for one, row in rows.items()}
        slowed = {one for one, row in by.items() if row.pace != rows[one].pace}
        assert slowed < rows.keys()
        for one in slowed:
            assert by[one].pace > max(rows[two].pace for two in rows if two not in slowed)
