"""The alarm: silent while all is well, and it says what is not. And what is kept for long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from routing.matching import Matcher
from routing.matching.graph import SPARE
from routing.model import Presence
from tests.routing.cast import NOW, agent, item, matcher, pairs


def busy() -> Matcher:
    """Item 1 is in flight to agent 1, items 2 and 3 wait, agent 2 is away."""
    hub = matcher(
        agent(1), agent(2, presence=Presence.AWAY), *(item(n, units=100) for n in (1, 2, 3))
    )
    assert pairs(hub.decide(NOW)) == [(1, 1)]
    assert hub.check() == []
    return hub


def lose_from_bucket(hub: Matcher) -> None:
    hub.places[2].remove((item(2).order_key, 2))


def forget_an_item(hub: Matcher) -> None:
    del hub.items[2]


def stand_twice(hub: Matcher) -> None:
    hub.places[3].add((item(2).order_key, 2))


def forget_a_claim(hub: Matcher) -> None:
    hub.seats[1].flights.clear()


def hold_what_is_over(hub: Matcher) -> None:
    hub.seats[1].flights *= 2


def wait_and_fly(hub: Matcher) -> None:
    hub.items[1] = item(1, units=100)
    hub.places[2].add((item(1).order_key, 1))


def change_a_row_behind_its_back(hub: Matcher) -> None:
    hub.seats[1].row = replace(hub.seats[1].row, used=30)


def go_away_unseen(hub: Matcher) -> None:
    hub.seats[1].row = replace(hub.seats[1].row, presence=Presence.AWAY)


def miscount(hub: Matcher) -> None:
    hub.seats[1].profile.count(Presence.OFFLINE, 1)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lose_from_bucket, "item 2 is in no bucket"),
        (forget_an_item, "item 2 is in a bucket and unknown"),
        (stand_twice, "item 2 stands in 2 places"),
        (forget_a_claim, "the claim of item 1 is not held against agent 1"),
        (hold_what_is_over, "2 claims are held against agents, 1 are in flight"),
        (wait_and_fly, "item 1 waits and is claimed"),
        (change_a_row_behind_its_back, "agent 1 stands in the wrong place"),
        (go_away_unseen, "agent 1 is away and in line"),
        (miscount, "1 agents count as offline, 0 are"),
    ],
)
def test_the_alarm_says_what_is_wrong(harm: Callable[[Matcher], None], said: str) -> None:
    hub = busy()
    harm(hub)
    assert said in hub.check()


def test_demands_that_are_no_more_are_cleared_away() -> None:
    hub = matcher(agent(1, used=100))
    for number in range(3 * SPARE):
        hub.put_item(item(number, target=number + 1))
        if number % 2:
            hub.drop_item(number)
        else:
            hub.put_item(item(number, weight=2.0))
    assert len(hub.graph.buckets) <= SPARE
    assert hub.check() == []
    hub.put_agent(agent(1, used=0))
    assert pairs(hub.decide(NOW)) == [(0, 1), (2, 1), (4, 1)]


def test_profiles_that_nobody_has_are_forgotten() -> None:
    hub = matcher(item(1), *(agent(n, skills=((f"s{n}", 1),)) for n in range(1, 9)))
    assert len(hub.graph.profiles) == 8
    for number in range(1, 9):
        hub.put_agent(agent(number))
    assert len(hub.graph.profiles) == 1
    hub.put_agent(agent(1, queues=frozenset({7})))
    hub.drop_agent(1)
    assert len(hub.graph.profiles) == 1
    assert hub.check() == []
