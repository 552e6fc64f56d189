"""What a queue's policy decides: whom of those who are free, what first of that which waits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing.model import SECOND, Choice, Item, Mode, Order, QueuePolicy
from routing.plan import Need, Step
from tests.routing.cast import BILLING, NOW, SUPPORT, agent, item, matcher, pairs

BOTH = frozenset({SUPPORT, BILLING})


# ---------------------------------------------------------------- whom


def test_flexible_people_are_kept_free() -> None:
    hub = matcher(
        QueuePolicy(SUPPORT), QueuePolicy(BILLING), agent(1, queues=BOTH), agent(2), item(1)
    )
    (match,) = hub.decide(NOW)
    assert match.agent == 2
    assert match.standing.top[1].terms == {"flexibility": 0.1}


def test_what_is_required_makes_demands_of_different_kinds() -> None:
    """One queue, two languages: who speaks both is the more flexible, whatever the queues say."""
    german, french = (Step((Need(skill),)) for skill in ("de", "fr"))
    hub = matcher(
        agent(1, skills=(("de", 5), ("fr", 5))),
        agent(2, skills=(("de", 5),)),
        item(1, step=french),
    )
    assert pairs(hub.decide(NOW)) == [(1, 1)]
    hub.give_back(1)
    hub.put_item(item(2, step=german))
    assert pairs(hub.decide(NOW)) == [(1, 1), (2, 2)]


def test_who_is_measured_to_be_faster_goes_first() -> None:
    hub = matcher(
        agent(1, pace=((SUPPORT, 1_250),)), agent(2, pace=((SUPPORT, 900),)), agent(3), item(1)
    )
    (match,) = hub.decide(NOW)
    assert [found.agent for found in match.standing.top] == [2, 3, 1]
    assert [found.cost for found in match.standing.top] == [-0.1, 0.0, 0.25]


def test_paces_that_hardly_differ_are_alike() -> None:
    hub = matcher(agent(2, pace=((SUPPORT, 990),)), agent(1, pace=((SUPPORT, 1_010),)), item(1))
    assert pairs(hub.decide(NOW)) == [(1, 1)]


@pytest.mark.parametrize(
    ("choice", "first"),
    [
        (Choice.BEST, 4),
        (Choice.LONGEST_IDLE, 5),
        (Choice.LEAST_LOADED, 2),
        (Choice.ROUND_ROBIN, 3),
        (Choice.BEST_SKILL, 1),
    ],
)
def test_each_choice_has_its_own_first(choice: Choice, first: int) -> None:
    level, assigned = [5, 1, 2, 4, 3], [65, 70, 5, 60, 50]
    team = [
        agent(
            number,
            queues=BOTH if number == 1 else frozenset({SUPPORT}),
            used=(10, 5, 60, 20, 50)[number - 1],
            skills=(("french", level[number - 1]),),
            last_assigned=assigned[number - 1],
            idle_since=99 - number,
        )
        for number in range(1, 6)
    ]
    step = Step((Need("french"),))
    hub = matcher(QueuePolicy(SUPPORT, choice), QueuePolicy(BILLING), *team, item(1, step=step))
    assert pairs(hub.decide(NOW)) == [(1, first)]


def test_round_robin_goes_round() -> None:
    hub = matcher(QueuePolicy(SUPPORT, Choice.ROUND_ROBIN), *(agent(n) for n in (1, 2, 3)))
    given = []
    for number in range(1, 7):
        hub.put_item(item(number, units=10))
        given += [match.agent for match in hub.decide(NOW + number)]
        hub.confirm(number)
    assert given == [1, 2, 3, 1, 2, 3]


def test_a_reserve_keeps_idle_agents_free() -> None:
    hub = matcher(
        QueuePolicy(BILLING, reserve=1),
        *(agent(n, queues=BOTH) for n in (1, 2)),
        *(item(n, kind="mail", queue=BILLING, units=25) for n in range(1, 9)),
    )
    given = pairs(hub.decide(NOW))
    assert given == [(n, 1) for n in range(1, 5)]  # busy already: not of the reserve
    standing = hub.standing(5)
    assert standing is not None
    assert standing.kept_out == {"full": 1, "reserved": 1}
    hub.put_item(item(9, kind="chat"))
    assert pairs(hub.decide(NOW)) == [(9, 2), (5, 2), (6, 2)]


# ---------------------------------------------------------------- what first


def freed(*rows: Item | QueuePolicy) -> list[int]:
    """The order in which one agent for both queues gets the items, one at a time."""
    hub = matcher(*rows)
    order = []
    for _ in range(9):
        hub.put_agent(agent(1, queues=BOTH, used=70))
        for match in hub.decide(NOW):
            order.append(match.item.id)
            hub.confirm(match.item.id)
    return order


def waited(number: int, seconds: int, **changes: Any) -> Item:
    return item(number, order_key=NOW - seconds * SECOND, **changes)


def test_all_equal_is_first_come_first_served() -> None:
    rows = [waited(n, seconds) for n, seconds in ((1, 5), (2, 9), (3, 7))]
    assert freed(*rows) == [2, 3, 1]


def test_wait_is_measured_by_the_target() -> None:
    rows = (
        QueuePolicy(SUPPORT, target=60 * SECOND),
        QueuePolicy(BILLING, target=10 * SECOND),
        waited(1, 40),
        waited(2, 20, queue=BILLING),
    )
    assert freed(*rows) == [2, 1]
    assert freed(*rows, waited(3, 30, target=5 * SECOND)) == [3, 2, 1]


def test_weights_count() -> None:
    rows = (
        QueuePolicy(BILLING, weight=2.0),
        waited(1, 30),
        waited(2, 20, queue=BILLING),
        waited(3, 10, weight=4.0),
    )
    assert freed(*rows) == [3, 2, 1]


def test_short_work_goes_before_long_work() -> None:
    long, short = {"handle": 1_200 * SECOND}, {"handle": 300 * SECOND}
    assert freed(waited(1, 30, **long), waited(2, 20, **short)) == [2, 1]
    assert freed(waited(1, 100, **long), waited(2, 30, **short)) == [1, 2]  # by the square root


def test_beyond_the_guard_the_oldest_goes_first_whatever_its_weight() -> None:
    policy = QueuePolicy(SUPPORT, target=10 * SECOND, guard=6.0)
    assert freed(policy, waited(1, 60), waited(2, 30, weight=9.0)) == [2, 1]
    assert freed(policy, waited(1, 61), waited(2, 30, weight=9.0)) == [1, 2]


def test_late_items_go_last_where_a_queue_says_so_until_the_guard() -> None:
    usual = QueuePolicy(SUPPORT, target=10 * SECOND)
    late = replace(usual, demote_late=True)
    assert freed(usual, waited(1, 30), waited(2, 5)) == [1, 2]
    assert freed(late, waited(1, 30), waited(2, 5, weight=2.0)) == [2, 1]
    assert freed(late, waited(1, 61), waited(2, 5, weight=2.0)) == [1, 2]


def test_fifo_heeds_age_alone_over_all_queues() -> None:
    rows = (
        QueuePolicy(SUPPORT, order=Order.FIFO, target=10 * SECOND),
        QueuePolicy(BILLING, order=Order.FIFO, target=900 * SECOND, weight=0.1),
        waited(1, 500, queue=BILLING, handle=9_000 * SECOND),
        waited(2, 400, weight=9.0),
        waited(3, 390, queue=BILLING),
        waited(4, 30, queue=BILLING),
        waited(5, 20, weight=9.0),
    )
    assert freed(*rows) == [1, 2, 3, 4, 5]


def test_of_two_that_score_alike_the_smaller_number_goes_first() -> None:
    rows = [waited(n, 9, kind=kind) for n, kind in ((3, "sms"), (2, "chat"), (1, "mail"))]
    assert freed(*rows) == [1, 2, 3]


def test_a_policy_that_is_published_counts_from_then_on() -> None:
    hub = matcher(
        QueuePolicy(SUPPORT, reserve=1), agent(1, queues=BOTH), item(1), item(2, queue=BILLING)
    )
    hub.drop_item(2)
    assert hub.decide(NOW) == []
    hub.put_queue(QueuePolicy(SUPPORT))
    assert pairs(hub.decide(NOW)) == [(1, 1)]
    hub.give_back(1)
    hub.drop_queue(SUPPORT)
    assert pairs(hub.decide(NOW)) == [(1, 1)]


def test_pull_items_make_nobody_flexible() -> None:
    hub = matcher(agent(1, queues=BOTH), agent(2), item(1, queue=BILLING, mode=Mode.PULL), item(2))
    assert pairs(hub.decide(NOW)) == [(2, 1)]


# ---------------------------------------------------------------- several at once


def test_what_wanted_the_same_agent_looks_for_another() -> None:
    """A fast agent who is full lets every kind bid before the first is given."""
    hub = matcher(
        agent(1, pace=((SUPPORT, 1_200),)),
        agent(2, pace=((SUPPORT, 500),), used=100),
        agent(3, pace=((SUPPORT, 1_500),)),
        *(waited(n, 40 - n, units=100, kind=kind) for n, kind in ((1, "a"), (2, "b"), (3, "c"))),
    )
    assert pairs(hub.decide(NOW)) == [(1, 1), (2, 3)]
    assert hub.waiting(SUPPORT) == [3]


def test_a_reserve_counts_those_who_were_just_given_something() -> None:
    hub = matcher(
        QueuePolicy(BILLING, reserve=1),
        QueuePolicy(SUPPORT),
        agent(1, queues=frozenset({BILLING})),
        agent(2, queues=BOTH),
        agent(3, queues=frozenset({BILLING}), pace=((BILLING, 500),), used=100),
        waited(1, 20, units=100),
        waited(2, 15, units=100, queue=BILLING),
    )
    assert pairs(hub.decide(NOW)) == [(1, 2)]
    hub.put_agent(agent(3, queues=frozenset({BILLING})))
    assert pairs(hub.decide(NOW)) == [(2, 1)]


def test_who_has_work_already_is_not_of_the_reserve() -> None:
    hub = matcher(QueuePolicy(SUPPORT, reserve=1), agent(1), item(1))
    assert hub.decide(NOW) == []
    hub.put_agent(agent(1, used=30))
    assert pairs(hub.decide(NOW)) == [(1, 1)]


def test_urgency_is_that_of_the_agent_who_would_get_it() -> None:
    """What is quickly done by them goes first, though others would take longer for it."""
    hub = matcher(
        agent(1, queues=BOTH, pace=((SUPPORT, 500),)),
        agent(2, queues=BOTH, pace=((SUPPORT, 1_500),), used=100),
        waited(1, 20, units=100),
        waited(2, 30, units=100, queue=BILLING),
    )
    assert pairs(hub.decide(NOW)) == [(1, 1)]


def test_a_late_item_that_is_passed_over_does_not_hold_down_the_next() -> None:
    hub = matcher(
        QueuePolicy(SUPPORT, target=10 * SECOND, demote_late=True),
        QueuePolicy(BILLING),
        agent(1, queues=BOTH),
        agent(2, queues=BOTH, used=100),
        waited(1, 30, units=100, excluded=frozenset({1})),
        waited(2, 5, units=100),
        waited(3, 10, units=100, queue=BILLING),
    )
    assert pairs(hub.decide(NOW)) == [(2, 1)]
