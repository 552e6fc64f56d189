"""How long one routing decision takes, against looking at every item and every agent.

    python -m tests.bench.bench_matching

1,000 agents in 200 profiles, 500 kinds of demand, 10,000 items waiting. Scanning is the same
decision by the same formulas over plain lists of rows, without any book-keeping; the matcher's time
is the whole of ``decide``: choosing, taking out of the lines, reserving. (That it hears of a change
is measured below it.) All are ratios within one run.
"""

from __future__ import annotations

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from routing.matching import Match, Matcher
from routing.matching.choice import Able, Demand, factor, score, slope
from routing.model import SECOND, AgentState, Item, Mode, Presence, QueuePolicy
from routing.plan import Need, Step

AGENTS, PROFILES, QUEUES, WAITING, ROUNDS = 1_000, 200, 100, 10_000, 2_000
SKILLS = ("ar", "de", "en", "es", "fa", "fr")
FREED, ARRIVED, EXPLAINED, GROWTH = 200.0, 20.0, 50.0, 2.0
NOW = 10_000 * SECOND

Timed = Callable[[int], float]
"""A step that returns the microseconds it took."""


class World:
    """Who is there and what may come: the same in every run."""

    def __init__(self) -> None:
        dice = random.Random(7)
        self.rows = [self._agent(dice, n) for n in range(1, PROFILES + 1)]
        self.rows += [
            replace(self.rows[n % PROFILES], id=n + 1, idle_since=n)
            for n in range(PROFILES, AGENTS)
        ]
        self.items = [self._item(dice, n) for n in range(1, 110_001)]
        self.policies = {n: QueuePolicy(n, target=(20 + n) * SECOND) for n in range(1, QUEUES + 1)}

    def _agent(self, dice: random.Random, number: int) -> AgentState:
        return AgentState(
            number,
            frozenset(dice.sample(range(1, QUEUES + 1), 5)),
            Presence.AVAILABLE,
            idle_since=number,
            skills=tuple((skill, dice.randint(3, 5)) for skill in sorted(dice.sample(SKILLS, 3))),
        )

    def _item(self, dice: random.Random, number: int) -> Item:
        """Of one of 500 kinds: 100 queues, two of them with requirements in two languages."""
        queue, way = dice.randint(1, QUEUES), dice.randrange(5)
        language = SKILLS[(queue + way) % len(SKILLS)]
        need = (Need(language, 2 + way % 2),) if way < 4 else ()
        kind, units = (("chat", 30), ("mail", 25))[way % 2]
        return Item(number, queue, number, units, Mode.PUSH, kind, step=Step(need))

    def staffed(self, used: int) -> Matcher:
        matcher = Matcher()
        for policy in self.policies.values():
            matcher.put_queue(policy)
        for row in self.rows:
            matcher.put_agent(replace(row, used=used))
        return matcher


def main() -> int:
    """Print each figure with its ratio; 1 if one is out of its bound."""
    world = World()
    freed, freed_told, scanned_items = race(
        (freed_step(world, WAITING, explain=False), ROUNDS),
        (freed_step(world, WAITING, explain=True), ROUNDS),
        (partial(scan_items, world), 200),
    )
    arrived, arrived_told, scanned_agents = race(
        (arrived_step(world, explain=False), ROUNDS),
        (arrived_step(world, explain=True), ROUNDS),
        (partial(scan_agents, world), 400),
    )
    few, many = race(
        (freed_step(world, 1_000, explain=False), ROUNDS),
        (freed_step(world, 100_000, explain=False), ROUNDS),
    )
    told = max(freed_told - freed, arrived_told - arrived)
    ok = True
    for name, taken, value, bound, least in (
        ("an agent is freed, 10,000 wait", freed, scanned_items / freed, FREED, True),
        ("an item arrives, 1,000 are free", arrived, scanned_agents / arrived, ARRIVED, True),
        ("the explanation", told, told, EXPLAINED, False),
        ("an agent is freed, 100,000 wait", many, many / few, GROWTH, False),
    ):
        good = value >= bound if least else value <= bound
        ok &= good
        print(f"{name:34} {taken:7.1f} us  {value:7.1f}  ({'>=' if least else '<='} {bound:.0f})")
    print(f"{'scanning 10,000 items':34} {scanned_items:7.1f} us")
    print(f"{'scanning 1,000 agents':34} {scanned_agents:7.1f} us")
    for name, step in change_steps(world):
        print(f"{name:34} {race((step, 200))[0]:7.1f} us")
    return int(not ok)


def race(*steps: tuple[Timed, int]) -> list[float]:
    """Microseconds of each (step, rounds): the median, lots of all taken in turn, so that what a
    neighbour does to one it does to all, and that what interrupts a step does not count.
    """
    taken: list[list[float]] = [[] for _ in steps]
    gc.collect()
    gc.disable()
    for lot in range(10):
        for found, (step, rounds) in zip(taken, steps, strict=True):
            found += [step(number) for number in range(lot, rounds, 10)]
    gc.enable()
    return [statistics.median(found) for found in taken]


def decided(matcher: Matcher, now: int, *, explain: bool) -> tuple[float, list[Match]]:
    """The microseconds that it took, and what was decided."""
    started = time.perf_counter()
    matches = matcher.decide(now, explain=explain)
    return (time.perf_counter() - started) * 1e6, matches


def timed(work: Callable[[], object]) -> float:
    """Microseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e6


# ---------------------------------------------------------------- the matcher


def freed_step(world: World, waiting: int, *, explain: bool) -> Timed:
    """Everybody full: one agent finishes something and gets the next; another of its kind comes."""
    matcher = world.staffed(100)
    for item in world.items[:waiting]:
        matcher.put_item(item)
    matcher.decide(NOW)
    fresh = iter(range(200_000, 10**9))

    def step(number: int) -> float:
        row = world.rows[number % AGENTS]
        less, full = replace(row, used=70), replace(row, used=100)
        matcher.put_agent(less)
        taken, matches = decided(matcher, NOW + number, explain=explain)
        for match in matches:
            matcher.confirm(match.item.id, full)
            matcher.put_item(replace(match.item, id=next(fresh), order_key=NOW + number))
        matcher.decide(NOW + number)
        return taken

    return step


def arrived_step(world: World, *, explain: bool) -> Timed:
    """Everybody free, nothing waiting: an item arrives and is given."""
    matcher = world.staffed(0)
    for item in world.items[:WAITING]:  # every demand has been seen
        matcher.put_item(item)
        matcher.drop_item(item.id)
    matcher.decide(NOW)

    def step(number: int) -> float:
        matcher.put_item(world.items[number])
        taken, matches = decided(matcher, NOW + number, explain=explain)
        for match in matches:
            row = world.rows[match.agent - 1]
            matcher.confirm(match.item.id, replace(row, idle_since=NOW + number))
        matcher.drop_item(world.items[number].id)
        matcher.decide(NOW + number)
        return taken

    return step


def change_steps(world: World) -> Iterator[tuple[str, Timed]]:
    """What happens to one agent while everybody is full: it stays cheap."""
    matcher = world.staffed(100)
    for item in world.items[:WAITING]:
        matcher.put_item(item)
    matcher.decide(NOW)

    def change(number: int, **fields: object) -> float:
        row = replace(world.rows[number % AGENTS], used=100)
        changed = replace(row, **fields)  # type: ignore[arg-type]

        taken = timed(lambda: matcher.put_agent(changed))
        matcher.put_agent(row)
        matcher.decide(NOW)
        return taken

    yield "one agent has less to do", lambda number: change(number, used=70)
    yield "one agent goes away", lambda number: change(number, presence=Presence.AWAY)
    yield "one agent's skills are edited", lambda number: change(number, skills=(("xx", 3),))
    yield "all items that can never be served", lambda _: timed(matcher.unservable)
    yield "a place in line", lambda number: timed(lambda: matcher.position(number + 1))
    yield "check()", lambda _: timed(matcher.check)


# ---------------------------------------------------------------- scanning


def scan_items(world: World, number: int) -> float:
    """The most urgent of all items for one agent, by looking at each."""
    agent = world.rows[number % AGENTS]
    items = world.items[:WAITING]
    return timed(lambda: best_item(world, agent, 30, items))


def best_item(world: World, agent: AgentState, free: int, items: Sequence[Item]) -> Item | None:
    best, highest = None, -1.0
    skills, able = dict(agent.skills), Able.of(agent)
    for item in items:
        if may_take(agent, skills, free, item):
            demand = Demand.of(item)
            line = slope(demand, world.policies[item.queue], factor(able, demand))
            value = score(line, NOW - item.order_key)
            if value > highest:
                best, highest = item, value
    return best


def may_take(agent: AgentState, skills: dict[str, int], free: int, item: Item) -> bool:
    """The requirements of an item, the one that most agents fail first."""
    return (
        (item.queue in agent.queues or not agent.queues.isdisjoint(item.step.also_queues))
        and item.mode is not Mode.PULL
        and agent.presence is Presence.AVAILABLE
        and agent.id not in item.excluded
        and item.units <= free
        and all(skills.get(need.skill, 0) >= need.min for need in item.step.require)
    )


def scan_agents(world: World, number: int) -> float:
    """The agent who costs least for one item, by looking at each."""
    return timed(lambda: best_agent(world, world.items[number]))


def best_agent(world: World, item: Item) -> AgentState | None:
    best, least = None, (1e9, 0, 0)
    demand = Demand.of(item)
    for agent in world.rows:
        if may_take(agent, dict(agent.skills), agent.capacity - agent.used, item):
            slower = factor(Able.of(agent), demand) / 1000 - 1
            cost = slower + 0.1 * (len(agent.queues) - 1) + 0.5 * agent.used / agent.capacity
            rank = cost, agent.idle_since, agent.id
            if rank < least:
                best, least = agent, rank
    return best


if __name__ == "__main__":
    sys.exit(main())
