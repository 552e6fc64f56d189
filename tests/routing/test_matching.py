"""Matching, case by case; the promises over all interleavings are in ``test_matching_stateful``."""

from __future__ import annotations

from dataclasses import replace

from routing.matching import How
from routing.model import SECOND, Mode, Presence, exclude, order_key
from tests.routing.cast import BILLING, NOW, SUPPORT, agent, item, matcher, pairs


def test_the_longest_idle_agent_gets_the_oldest_item() -> None:
    hub = matcher(agent(1, idle_since=20), agent(2, idle_since=10), item(8), item(7))
    assert pairs(hub.decide(NOW)) == [(7, 2), (8, 1)]


def test_an_agent_without_work_comes_before_one_who_has_some() -> None:
    hub = matcher(agent(1, idle_since=1, used=30), agent(2, idle_since=500), item(1))
    assert pairs(hub.decide(NOW)) == [(1, 2)]


def test_a_burst_is_spread() -> None:
    hub = matcher(agent(1), agent(2), *(item(number, units=15) for number in range(1, 7)))
    assert pairs(hub.decide(NOW)) == [(1, 1), (2, 2), (3, 1), (4, 2), (5, 1), (6, 2)]


def test_capacity_holds_and_what_is_left_goes_to_smaller_items() -> None:
    hub = matcher(agent(1, used=80), item(1, units=30), item(2, units=15))
    assert pairs(hub.decide(NOW)) == [(2, 1)]
    assert hub.waiting(SUPPORT) == [1]


def test_pull_items_are_never_matched() -> None:
    hub = matcher(agent(1), item(1, mode=Mode.PULL))
    assert hub.decide(NOW) == []
    assert hub.waiting(SUPPORT) == [1]


def test_the_mode_says_how() -> None:
    hub = matcher(agent(1), item(1, mode=Mode.ASK), item(2))
    assert [match.how for match in hub.decide(NOW)] == [How.ASK, How.PUSH]


def test_only_available_agents_of_the_queue() -> None:
    hub = matcher(
        agent(1, presence=Presence.AWAY),
        agent(2, presence=Presence.OFFLINE),
        agent(3, queues=frozenset({BILLING})),
        item(1),
    )
    assert hub.decide(NOW) == []
    standing = hub.standing(1)
    assert standing is not None
    assert standing.as_dict() == {
        "candidates": 0,
        "top": [],
        "kept_out": {"offline": 1, "away": 1},
        "preferred": False,
        "cleared": False,
    }


def test_keys_are_compared_over_queues() -> None:
    both = frozenset({SUPPORT, BILLING})
    hub = matcher(
        agent(1, queues=both, used=70),
        item(1, order_key=20),
        item(2, queue=BILLING, order_key=10),
    )
    assert pairs(hub.decide(NOW)) == [(2, 1)]


def test_a_head_start_goes_first() -> None:
    hub = matcher(
        agent(1, used=70),
        item(1, order_key=order_key(100 * SECOND)),
        item(2, order_key=order_key(200 * SECOND, 300)),
    )
    assert pairs(hub.decide(NOW)) == [(2, 1)]


def test_the_last_agent_is_preferred_while_free() -> None:
    hub = matcher(agent(1), agent(2), item(1, preferred=2))
    (match,) = hub.decide(NOW)
    assert (match.agent, match.standing.preferred) == (2, True)
    hub.put_agent(agent(2, presence=Presence.AWAY))
    hub.put_item(item(3, preferred=2))
    (match,) = hub.decide(NOW)
    assert (match.agent, match.standing.preferred) == (1, False)


def test_an_owner_who_is_present_gets_the_turn_over_capacity_and_in_every_mode() -> None:
    hub = matcher(
        agent(1, used=100, queues=frozenset()), agent(2), item(1, owner=1, mode=Mode.PULL)
    )
    (match,) = hub.decide(NOW)
    assert (match.agent, match.how) == (1, How.OWNER)


def test_an_absent_owner_is_only_a_preference_later() -> None:
    hub = matcher(agent(1, presence=Presence.AWAY), item(1, owner=1, preferred=1))
    assert hub.decide(NOW) == []
    hub.put_agent(agent(1, used=100))
    assert hub.decide(NOW) == []
    hub.put_agent(agent(1))
    assert [match.how for match in hub.decide(NOW)] == [How.PUSH]


def test_a_reserved_item_is_not_given_twice_and_returns_with_its_key() -> None:
    hub = matcher(agent(1, used=70), item(5))
    assert pairs(hub.decide(NOW)) == [(5, 1)]
    hub.put_agent(agent(2))
    assert hub.decide(NOW) == []
    hub.put_item(item(6))
    hub.give_back(5)
    assert pairs(hub.decide(NOW)) == [(5, 2), (6, 2)]


def test_giving_back_restores_the_place_in_line() -> None:
    hub = matcher(agent(1, idle_since=5), agent(2, idle_since=6), item(1))
    assert pairs(hub.decide(NOW)) == [(1, 1)]
    hub.drop_item(1)
    hub.give_back(1)
    hub.put_item(item(2))
    assert pairs(hub.decide(NOW)) == [(2, 1)]


def test_a_drop_in_flight_frees_the_units_only() -> None:
    hub = matcher(agent(1, used=70), item(1))
    hub.decide(NOW)
    hub.drop_item(1)
    hub.give_back(1)
    assert hub.decide(NOW) == []
    hub.put_item(item(2))
    assert pairs(hub.decide(NOW)) == [(2, 1)]


def test_what_changes_in_flight_is_what_comes_back() -> None:
    hub = matcher(agent(1), item(1))
    hub.decide(NOW)
    hub.put_item(item(1, queue=BILLING))
    hub.give_back(1)
    assert hub.waiting(BILLING) == [1]
    assert hub.decide(NOW) == []


def test_confirm_takes_the_agents_row_whichever_comes_first() -> None:
    hub = matcher(agent(1, used=40), item(1))
    hub.decide(NOW)
    hub.put_agent(agent(1, used=70))
    hub.put_item(item(2))
    assert hub.decide(NOW) == []
    hub.confirm(1, agent(1, used=70))
    assert pairs(hub.decide(NOW)) == [(2, 1)]


def test_confirm_without_a_row_counts_here() -> None:
    hub = matcher(agent(1, used=40), item(1))
    hub.decide(NOW)
    hub.confirm(1)
    hub.put_item(item(2))
    hub.put_item(item(3))
    assert pairs(hub.decide(NOW)) == [(2, 1)]


def test_a_dropped_agent_may_come_back_while_a_claim_is_in_flight() -> None:
    hub = matcher(agent(1, used=70), item(1))
    hub.decide(NOW)
    hub.drop_agent(1)
    hub.put_agent(agent(1, used=70))
    hub.put_item(item(2))
    assert pairs(hub.decide(NOW)) == [(2, 1)]
    hub.give_back(1)
    assert hub.decide(NOW) == []


def test_who_declined_is_not_asked_again_while_somebody_else_could_take_it() -> None:
    waiting = item(1, mode=Mode.ASK)
    hub = matcher(agent(1), agent(2, used=100), waiting)
    assert pairs(hub.decide(NOW)) == [(1, 1)]
    hub.confirm(1)
    hub.put_agent(agent(1))
    hub.put_item(replace(waiting, excluded=exclude(waiting, 1)))
    assert hub.decide(NOW) == []
    standing = hub.standing(1)
    assert standing is not None
    assert standing.kept_out == {"full": 1, "declined": 1}
    assert standing.top == ()
    hub.put_agent(agent(2, used=100, presence=Presence.AWAY))
    (match,) = hub.decide(NOW)
    assert (match.agent, match.standing.cleared) == (1, True)


def test_an_agent_too_small_for_the_item_does_not_keep_an_exclusion_alive() -> None:
    hub = matcher(agent(1), agent(2, capacity=20), item(1, excluded=frozenset({1})))
    assert pairs(hub.decide(NOW)) == [(1, 1)]


def test_a_capacity_that_shrinks_clears_an_exclusion() -> None:
    hub = matcher(agent(1), agent(2, used=100), item(1, excluded=frozenset({1})))
    assert hub.decide(NOW) == []
    hub.put_agent(agent(2, used=100, capacity=20))
    assert pairs(hub.decide(NOW)) == [(1, 1)]


def test_an_excluded_head_does_not_block_what_waits_behind_it() -> None:
    hub = matcher(agent(1), agent(2, used=100), item(1, excluded=frozenset({1})), item(2))
    assert pairs(hub.decide(NOW)) == [(2, 1)]
    assert hub.waiting(SUPPORT) == [1]


def test_the_limit_leaves_the_rest_for_the_next_call() -> None:
    hub = matcher(agent(1), agent(2), *(item(number, units=50) for number in range(1, 5)))
    given = [pairs(hub.decide(NOW, limit=2)), pairs(hub.decide(NOW, limit=2))]
    assert given == [[(1, 1), (2, 2)], [(3, 1), (4, 2)]]


def test_the_standing_names_the_first_five() -> None:
    hub = matcher(*(agent(number) for number in range(1, 9)), item(1))
    (match,) = hub.decide(NOW)
    assert match.standing.candidates == 8
    assert [found.agent for found in match.standing.top] == [1, 2, 3, 4, 5]
    first = match.standing.top[0]
    assert first._asdict() == {
        "agent": 1,
        "cost": 0.0,
        "terms": {},
        "idle_since": 1,
    }


def test_who_declined_is_not_named() -> None:
    hub = matcher(*(agent(number) for number in range(1, 9)), item(1, excluded=frozenset({1, 3})))
    (match,) = hub.decide(NOW)
    assert match.standing.candidates == 6
    assert [found.agent for found in match.standing.top] == [2, 4, 5, 6, 7]


def test_unknown_names_are_no_trouble() -> None:
    hub = matcher()
    hub.drop_item(1)
    hub.drop_agent(1)
    assert hub.standing(1) is None
    assert hub.waiting(1) == []
    assert hub.decide(NOW) == []
