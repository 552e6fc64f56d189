"""What must not matter, and what can only help: the same day told in another way.

A day is a list of customers (arrival, handle time) and a team. It is played by the matcher on a
virtual clock, without any randomness: what differs between two plays is what the test changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heappop, heappush

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.matching import Matcher
from routing.model import SECOND, AgentState, Choice, Item, Mode, Order, Presence, QueuePolicy
from routing.plan import Need, Step


@dataclass(frozen=True)
class Customer:
    at: int
    handle: int
    queue: int = 1
    skill: str | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Served:
    customer: int
    agent: int
    at: int


def play(
    customers: list[Customer],
    team: list[AgentState],
    policies: tuple[QueuePolicy, ...] = (),
    *,
    start: int = 0,
    item_name: int = 1,
) -> list[Served]:
    """Everybody who is served, in that order. ``item_name`` is what the first item is called."""
    matcher = Matcher()
    for policy in policies:
        matcher.put_queue(policy)
    rows = {
        agent.id: replace(
            agent,
            idle_since=agent.idle_since + start,
            last_assigned=agent.last_assigned + start,
        )
        for agent in team
    }
    for row in rows.values():
        matcher.put_agent(row)
    due: list[tuple[int, int, int]] = []
    for number, customer in enumerate(customers):
        heappush(due, (start + customer.at, 1, number))
    served = []
    while due:
        now, comes, what = heappop(due)
        if comes:
            matcher.put_item(_item(what + item_name, customers[what], now))
        else:
            rows[what] = replace(rows[what], used=0, idle_since=now)
            matcher.put_agent(rows[what])
        for match in matcher.decide(now):
            agent, customer = match.agent, customers[match.item.id - item_name]
            rows[agent] = replace(rows[agent], used=100, idle_since=now, last_assigned=now)
            matcher.confirm(match.item.id, rows[agent])
            heappush(due, (now + customer.handle, 0, agent))
            served.append(Served(match.item.id - item_name, agent, now - start))
    return served


def _item(number: int, customer: Customer, now: int) -> Item:
    need = (Need(customer.skill),) if customer.skill else ()
    step = Step(need)
    return Item(number, customer.queue, now, 100, Mode.PUSH, step=step, weight=customer.weight)


def seconds(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most).map(lambda n: n * SECOND)


alike = st.lists(st.builds(Customer, seconds(0, 60), seconds(1, 40)), min_size=1, max_size=25)
various = st.lists(
    st.builds(
        Customer,
        seconds(0, 60),
        seconds(1, 40),
        st.integers(1, 2),
        st.sampled_from([None, None, "fr"]),
        st.sampled_from([1.0, 1.0, 4.0]),
    ),
    min_size=1,
    max_size=25,
)
members = st.builds(
    AgentState,
    id=st.just(0),
    queues=st.sampled_from([frozenset({1}), frozenset({2}), frozenset({1, 2})]),
    presence=st.just(Presence.AVAILABLE),
    skills=st.sampled_from([(), (("fr", 3),), (("fr", 5),)]),
    pace=st.sampled_from([(), ((1, 1_250),)]),
)
teams = st.lists(members, min_size=1, max_size=5).map(
    lambda rows: [
        replace(row, id=number, idle_since=number, last_assigned=number)
        for number, row in enumerate(rows, 1)
    ]
)
policies = st.tuples(
    *(
        st.builds(
            QueuePolicy,
            st.just(queue),
            st.sampled_from(Choice),
            st.sampled_from(Order),
            st.sampled_from([2.0, 6.0]),
            seconds(5, 30),
        )
        for queue in (1, 2)
    )
)


def team_of(count: int) -> list[AgentState]:
    return [
        AgentState(number, frozenset({1}), Presence.AVAILABLE, idle_since=number)
        for number in range(1, count + 1)
    ]


def waits(customers: list[Customer], served: list[Served]) -> int:
    return sum(turn.at - customers[turn.customer].at for turn in served)


@given(alike, st.integers(1, 4), st.sampled_from(Choice))
def test_one_agent_more_never_lengthens_the_wait(
    customers: list[Customer], count: int, choice: Choice
) -> None:
    """First come, first served, one skill: neither in total nor for anybody."""
    fifo = (QueuePolicy(1, choice, Order.FIFO),)
    few = play(customers, team_of(count), fifo)
    many = play(customers, team_of(count + 1), fifo)
    assert len(few) == len(many) == len(customers)
    assert waits(customers, many) <= waits(customers, few)
    before = {turn.customer: turn.at for turn in few}
    assert all(turn.at <= before[turn.customer] for turn in many)


@given(various, teams, policies, st.integers(0, 10**15))
def test_a_shift_in_time_changes_nothing(
    customers: list[Customer],
    team: list[AgentState],
    policies: tuple[QueuePolicy, ...],
    start: int,
) -> None:
    assert play(customers, team, policies, start=start) == play(customers, team, policies)


@given(various, teams, policies, st.integers(1, 10**9), st.integers(1, 10**9))
def test_names_mean_nothing(
    customers: list[Customer],
    team: list[AgentState],
    policies: tuple[QueuePolicy, ...],
    items_from: int,
    agents_from: int,
) -> None:
    """Other numbers for items and agents, in the same order: the order alone breaks ties."""
    renamed = [replace(row, id=row.id + agents_from) for row in team]
    other = play(customers, renamed, policies, item_name=items_from)
    back = [replace(turn, agent=turn.agent - agents_from) for turn in other]
    assert back == play(customers, team, policies)


@given(various, teams, policies)
@settings(max_examples=50)
def test_the_same_day_is_played_the_same(
    customers: list[Customer], team: list[AgentState], policies: tuple[QueuePolicy, ...]
) -> None:
    assert play(customers, team, policies) == play(customers, team, policies)


@given(various, teams)
def test_in_what_order_the_team_is_told_changes_nothing(
    customers: list[Customer], team: list[AgentState]
) -> None:
    assert play(customers, team[::-1]) == play(customers, team)


def test_nobody_starves_under_a_stream_of_heavier_work() -> None:
    """I7: one agent, heavier work than they can do; the light one is served over guard."""
    guard = 6 * 20 * SECOND
    stream = [Customer(n * 9 * SECOND, 10 * SECOND, weight=9.0) for n in range(60)]
    customers = [*stream, Customer(15 * SECOND, 10 * SECOND, weight=0.01)]
    policy = QueuePolicy(1, guard=6.0, target=20 * SECOND)
    light = next(turn for turn in play(customers, team_of(1), (policy,)) if turn.customer == 60)
    assert guard < light.at - 15 * SECOND <= guard + 10 * SECOND
