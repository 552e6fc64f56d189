"""The slowest and simplest matcher: every item against every agent, nothing kept but the facts.

Written from the specification, not from the code: it shares the data classes with it and the
numbers below, no structure and no formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import sqrt

from routing.model import SECOND, AgentState, Choice, Item, Mode, Order, QueuePolicy

LEVELS = {5: 1000, 4: 1075, 3: 1150, 2: 1225, 1: 1300}
MONTH = 30 * 24 * 3600 * SECOND


@dataclass
class Flight:
    item: Item
    agent: int
    units: int
    soft: bool
    kind: str
    at: int
    dropped: bool = False


@dataclass(frozen=True)
class Given:
    item: int
    agent: int
    how: str


class Oracle:
    """Facts in, decisions out. Its methods are those of the matcher, its answers are looked up."""

    def __init__(self) -> None:
        self.items: dict[int, Item] = {}
        self.agents: dict[int, AgentState] = {}
        self.flights: dict[int, Flight] = {}
        self.policies: dict[int, QueuePolicy] = {}
        self.arrived: set[int] = set()
        self.kinds: set[tuple[int, tuple[tuple[str, int], ...]]] = set()
        """Kinds of demand seen in items: (queue, what is required)."""

    # ---- facts

    def put_item(self, item: Item) -> None:
        flight = self.flights.get(item.id)
        if flight is not None:
            flight.item, flight.dropped = item, False
            return
        self.items[item.id] = item
        self.arrived.discard(item.id)
        if item.owner is not None:
            self.arrived.add(item.id)
        if item.mode is not Mode.PULL:
            self.kinds.add((item.queue, needs(item)))

    def drop_item(self, item_id: int) -> None:
        self.items.pop(item_id, None)
        self.arrived.discard(item_id)
        if item_id in self.flights:
            self.flights[item_id].dropped = True

    def confirm(self, item_id: int) -> AgentState:
        flight = self.flights.pop(item_id)
        row = self.agents[flight.agent]
        counts = dict(row.counts)
        counts[flight.kind] = counts.get(flight.kind, 0) + 1
        self.agents[flight.agent] = replace(
            row,
            used=row.used + flight.units,
            soft=row.soft + (flight.units if flight.soft else 0),
            counts=tuple(sorted(counts.items())),
            idle_since=max(row.idle_since, flight.at),
            last_assigned=max(row.last_assigned, flight.at),
        )
        return self.agents[flight.agent]

    def give_back(self, item_id: int) -> None:
        flight = self.flights.pop(item_id)
        if not flight.dropped:
            self.put_item(flight.item)

    # ---- what counts of an agent

    def flying(self, agent: AgentState) -> list[Flight]:
        return [flight for flight in self.flights.values() if flight.agent == agent.id]

    def used(self, agent: AgentState) -> int:
        return agent.used + sum(flight.units for flight in self.flying(agent))

    def firm(self, agent: AgentState) -> int:
        """Units of what may not be interrupted."""
        own = agent.used - agent.soft - agent.parked
        return own + sum(flight.units for flight in self.flying(agent) if not flight.soft)

    def since(self, agent: AgentState, *, by_turn: bool) -> int:
        own = agent.last_assigned if by_turn else agent.idle_since
        return max([own, *(flight.at for flight in self.flying(agent))])

    # ---- who may take an item

    def policy(self, queue: int) -> QueuePolicy:
        return self.policies.get(queue, QueuePolicy(queue))

    def able(self, item: Item, agent: AgentState) -> bool:
        """Whether they could take it, were they there and had they room."""
        skills = dict(agent.skills)
        return (
            not agent.queues.isdisjoint({item.queue, *item.step.also_queues})
            and all(skills.get(need.skill, 0) >= need.min for need in item.step.require)
            and item.units <= agent.capacity
            and dict(agent.limits).get(item.kind, 1) > 0
        )

    def room(self, item: Item, agent: AgentState) -> bool:
        taken = self.used(agent) if item.interruptible else self.firm(agent)
        most = dict(agent.limits).get(item.kind)
        have = dict(agent.counts).get(item.kind, 0)
        have += sum(flight.kind == item.kind for flight in self.flying(agent))
        return taken + item.units <= agent.capacity and (most is None or have < most)

    def present(self, item: Item) -> list[AgentState]:
        everybody = self.agents.values()
        return [a for a in everybody if a.presence == "available" and self.able(item, a)]

    def excluded(self, item: Item, now: int) -> frozenset[int]:
        exhausted = all(agent.id in item.excluded for agent in self.present(item))
        return frozenset() if exhausted and now >= item.again_at else item.excluded

    def eligible(self, item: Item, now: int) -> list[AgentState]:
        fitting = [agent for agent in self.present(item) if self.room(item, agent)]
        idle = [agent for agent in fitting if not self.used(agent)]
        if len(idle) <= self.policy(item.queue).reserve:
            fitting = [agent for agent in fitting if agent not in idle]
        excluded = self.excluded(item, now)
        return [agent for agent in fitting if agent.id not in excluded]

    # ---- whom

    def factor(self, item: Item, agent: AgentState) -> int:
        measured = dict(agent.pace).get(item.queue)
        if measured is not None:
            return max(50, (measured + 25) // 50 * 50)
        skills = dict(agent.skills)
        return max((LEVELS[skills[need.skill]] for need in item.step.require), default=1000)

    def flexibility(self, agent: AgentState) -> int:
        skills = dict(agent.skills)
        declared: set[tuple[int, tuple[tuple[str, int], ...]]]
        declared = {(queue, ()) for queue in self.policies}
        return sum(
            queue in agent.queues and all(skills.get(name, 0) >= least for name, least in required)
            for queue, required in self.kinds | declared
        )

    def cost(self, item: Item, agent: AgentState) -> int:
        slower = self.factor(item, agent) - 1000
        load = self.used(agent) * 1000 // agent.capacity
        match self.policy(item.queue).choice:
            case Choice.BEST:
                return 1000 * slower + 100_000 * (self.flexibility(agent) - 1) + 100 * load
            case Choice.LONGEST_IDLE:
                return int(self.used(agent) > 0)
            case Choice.LEAST_LOADED:
                return load
            case Choice.ROUND_ROBIN:
                return 0
            case Choice.BEST_SKILL:
                return 100 * slower + load

    def cheapest(self, item: Item, agents: Iterable[AgentState]) -> int | None:
        by_turn = self.policy(item.queue).choice is Choice.ROUND_ROBIN
        ranked = sorted(
            (self.cost(item, agent), self.since(agent, by_turn=by_turn), agent.id)
            for agent in agents
        )
        return ranked[0][2] if ranked else None

    def wished(self, item: Item, now: int) -> Iterator[list[AgentState]]:
        """For each wish of the item, in order, everybody who meets it."""
        for wish in item.step.prefer:
            if wish.agent is not None:
                yield [a for a in self.agents.values() if a.id == wish.agent]
            elif wish.skill is not None:
                yield [a for a in self.agents.values() if wish.skill in dict(a.skills)]
            elif self.ago(item, now) < (wish.last_agent or 0):
                yield [a for a in self.agents.values() if a.id == item.preferred]
        if not item.step.prefer and self.ago(item, now) < MONTH:
            yield [a for a in self.agents.values() if a.id == item.preferred]

    def ago(self, item: Item, now: int) -> int:
        """How long the last agent's last answer is ago."""
        return max(0, now - (now if item.preferred_at is None else item.preferred_at))

    def choose(self, item: Item, now: int) -> int | None:
        eligible = self.eligible(item, now)
        for wished in self.wished(item, now):
            both = [agent for agent in eligible if agent in wished]
            if both:
                return self.cheapest(item, both)
        return self.cheapest(item, eligible)

    # ---- what first

    def score(self, item: Item, agent: AgentState, now: int) -> float:
        policy = self.policy(item.queue)
        wait = now - item.order_key
        if policy.order is Order.FIFO:
            over = wait > policy.guard * 60 * SECOND
            return 1e12 + wait if over else 0.25 + wait * (1 / (60 * SECOND))
        target = item.target or policy.target
        if wait > policy.guard * target:
            return 1e12 + wait
        weight = item.weight * policy.weight
        if item.handle:
            weight *= sqrt(300 * SECOND / item.handle)
        value = 0.25 * weight + weight / target * wait
        value *= 1000 / self.factor(item, agent)
        return value - 1e6 if policy.demote_late and wait > target else value

    # ---- deciding

    def decide(self, now: int) -> Iterator[Given]:
        """Everything that can be given, one by one; each is in flight once it is handed out."""
        for item in in_order(self.items.values()):
            owner = self.agents.get(item.owner or 0)
            if item.id in self.arrived and owner and owner.presence == "available":
                yield self.take(item, owner.id, "owner", now)
        self.arrived.clear()
        while True:
            bids = self.bids(now)
            if not bids:
                return
            item, agent = min(bids, key=lambda bid: self.rank(*bid, now))
            yield self.take(item, agent, str(item.mode), now)

    def bids(self, now: int) -> list[tuple[Item, int]]:
        """Of items alike the oldest that somebody may take, and by whom."""
        alike: dict[object, tuple[Item, int]] = {}
        for item in in_order(self.items.values()):
            if item.mode is not Mode.PULL and signature(item) not in alike:
                agent = self.choose(item, now)
                if agent is not None:
                    alike[signature(item)] = item, agent
        return list(alike.values())

    def rank(self, item: Item, agent: int, now: int) -> tuple[float, int, int]:
        return -self.score(item, self.agents[agent], now), item.order_key, item.id

    def take(self, item: Item, agent: int, how: str, now: int) -> Given:
        del self.items[item.id]
        self.arrived.discard(item.id)
        self.flights[item.id] = Flight(item, agent, item.units, item.interruptible, item.kind, now)
        return Given(item.id, agent, how)

    # ---- questions

    def unservable(self) -> set[int]:
        return {item.id for item in self.items.values() if not self.ever(item)}

    def ever(self, item: Item) -> bool:
        steps = (item.step, *item.later)
        here = [a for a in self.agents.values() if a.presence != "offline"]
        return any(self.able(replace(item, step=step), a) for step in steps for a in here)

    def position(self, item: Item) -> int:
        line = in_order(other for other in self.items.values() if other.queue == item.queue)
        return 1 + line.index(item)


def needs(item: Item) -> tuple[tuple[str, int], ...]:
    return tuple((need.skill, need.min) for need in item.step.require)


def signature(item: Item) -> object:
    """Items with the same are alike to every agent at every time."""
    plain = replace(item.step, prefer=(), lasts=None, then_offer="")
    return replace(
        item,
        id=0,
        order_key=0,
        owner=None,
        preferred=None,
        preferred_at=None,
        excluded=frozenset(),
        again_at=0,
        step=plain,
    )


def in_order(items: Iterable[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (item.order_key, item.id))
