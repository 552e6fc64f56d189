"""Any order of events: the matcher does what the slowest and simplest matcher would do.

The oracle looks at every item and every agent after each event. It holds I1 (an item to one agent),
I3 (units within capacity), I5 (nobody idle who could work), I6 (order), I8 (the same events, the
same matches) and I10 (only available agents) by construction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from routing.matching import How, Match, Matcher
from routing.model import AgentState, Item, Mode, Presence

QUEUES = st.frozensets(st.integers(1, 3), max_size=3)
AGENTS = st.integers(1, 5)
UNITS = st.sampled_from([15, 25, 30, 100])


@dataclass
class InFlight:
    item: Item
    agent: int
    units: int
    dropped: bool = False


class Oracle:
    """O(items x agents), nothing kept but the facts."""

    def __init__(self) -> None:
        self.items: dict[int, Item] = {}
        self.agents: dict[int, AgentState] = {}
        self.flights: dict[int, InFlight] = {}
        self.last_match: dict[int, int] = {}
        self.arrived: set[int] = set()

    def used(self, agent: AgentState) -> int:
        return agent.used + sum(f.units for f in self.flights.values() if f.agent == agent.id)

    def idle_since(self, agent: AgentState) -> int:
        flying = any(f.agent == agent.id for f in self.flights.values())
        return max(agent.idle_since, self.last_match[agent.id]) if flying else agent.idle_since

    def available(self, item: Item) -> list[AgentState]:
        return [
            a
            for a in self.agents.values()
            if a.presence == "available" and item.queue in a.queues and a.capacity >= item.units
        ]

    def eligible(self, item: Item) -> list[AgentState]:
        able = self.available(item)
        excluded = item.excluded if any(a.id not in item.excluded for a in able) else frozenset()
        return [a for a in able if a.id not in excluded and a.capacity - self.used(a) >= item.units]

    def choose(self, item: Item) -> int | None:
        fitting = self.eligible(item)
        if item.preferred in {a.id for a in fitting}:
            return item.preferred
        ranked = sorted(
            fitting, key=lambda a: (self.used(a) > 0, self.idle_since(a), self.used(a), a.id)
        )
        return ranked[0].id if ranked else None

    def take(self, item: Item, agent: int, now: int) -> None:
        del self.items[item.id]
        self.flights[item.id] = InFlight(item, agent, item.units)
        self.last_match[agent] = now

    def decide(self, now: int) -> list[tuple[int, int, str]]:
        given = []
        in_order = sorted(self.items.values(), key=lambda i: (i.order_key, i.id))
        for item in in_order:
            owner = self.agents.get(item.owner or 0)
            if item.id in self.arrived and owner and owner.presence == "available":
                self.take(item, owner.id, now)
                given.append((item.id, owner.id, "owner"))
        self.arrived.clear()
        for item in in_order:
            if item.id in self.items and item.mode is not Mode.PULL:
                chosen = self.choose(item)
                if chosen is not None:
                    self.take(item, chosen, now)
                    given.append((item.id, chosen, str(item.mode)))
        return given


class Matching(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.matcher = Matcher()
        self.oracle = Oracle()
        self.now = 1_000
        self.next_item = 1

    @initialize()
    def staff(self) -> None:
        for agent_id in (1, 2):
            self.agent(agent_id, frozenset({1}), Presence.AVAILABLE, 100, 0, agent_id)

    @rule(
        agent_id=AGENTS,
        queues=QUEUES,
        presence=st.sampled_from(Presence),
        capacity=st.sampled_from([20, 100, 100, 100]),
        used=st.sampled_from([0, 0, 15, 30, 75, 100, 130]),
        idle=st.integers(0, 5),
    )
    def agent(
        self,
        agent_id: int,
        queues: frozenset[int],
        presence: Presence,
        capacity: int,
        used: int,
        idle: int,
    ) -> None:
        row = AgentState(agent_id, queues, presence, capacity, used, idle)
        self.matcher.put_agent(row)
        self.oracle.agents[agent_id] = row
        self.oracle.last_match.setdefault(agent_id, 0)

    @rule(agent_id=AGENTS, used=st.sampled_from([0, 15, 30, 70, 100]))
    def work_changes(self, agent_id: int, used: int) -> None:
        row = self.oracle.agents.get(agent_id)
        if row is not None:
            changed = replace(row, used=used, idle_since=self.now)
            self.matcher.put_agent(changed)
            self.oracle.agents[agent_id] = changed

    @rule(agent_id=AGENTS)
    def agent_goes(self, agent_id: int) -> None:
        if not any(f.agent == agent_id for f in self.oracle.flights.values()):
            self.matcher.drop_agent(agent_id)
            self.oracle.agents.pop(agent_id, None)

    @rule(
        queue=st.integers(1, 3),
        ago=st.integers(0, 30),
        units=UNITS,
        mode=st.sampled_from(Mode),
        owner=st.none() | AGENTS,
        preferred=st.none() | AGENTS,
        excluded=st.frozensets(AGENTS, max_size=3),
    )
    def arrive(
        self,
        queue: int,
        ago: int,
        units: int,
        mode: Mode,
        owner: int | None,
        preferred: int | None,
        excluded: frozenset[int],
    ) -> None:
        item = Item(
            self.next_item, queue, self.now - ago, units, mode, "k", owner, preferred, excluded
        )
        self.next_item += 1
        self._put(item)

    def _put(self, item: Item) -> None:
        self.matcher.put_item(item)
        flight = self.oracle.flights.get(item.id)
        if flight is not None:
            flight.item, flight.dropped = item, False
            return
        self.oracle.items[item.id] = item
        self.oracle.arrived.discard(item.id)
        if item.owner is not None:
            self.oracle.arrived.add(item.id)

    @precondition(lambda self: self.oracle.items or self.oracle.flights)
    @rule(data=st.data(), queue=st.integers(1, 3), mode=st.sampled_from(Mode))
    def change(self, data: st.DataObject, queue: int, mode: Mode) -> None:
        known = {**self.oracle.items, **{i: f.item for i, f in self.oracle.flights.items()}}
        item = known[data.draw(st.sampled_from(sorted(known)))]
        self._put(replace(item, queue=queue, mode=mode, owner=None))

    @precondition(lambda self: self.oracle.items or self.oracle.flights)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(sorted({*self.oracle.items, *self.oracle.flights})))
        self.matcher.drop_item(item)
        self.oracle.items.pop(item, None)
        self.oracle.arrived.discard(item)
        if item in self.oracle.flights:
            self.oracle.flights[item].dropped = True

    @precondition(lambda self: self.oracle.flights)
    @rule(data=st.data(), with_row=st.booleans())
    def confirm(self, data: st.DataObject, with_row: bool) -> None:
        item = data.draw(st.sampled_from(sorted(self.oracle.flights)))
        flight = self.oracle.flights.pop(item)
        row = self.oracle.agents[flight.agent]
        idle = max(row.idle_since, self.oracle.last_match[flight.agent])
        row = replace(row, used=row.used + flight.units, idle_since=idle)
        self.oracle.agents[flight.agent] = row
        self.matcher.confirm(item, row if with_row else None)

    @precondition(lambda self: self.oracle.flights)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(sorted(self.oracle.flights)))
        flight = self.oracle.flights.pop(item)
        self.matcher.give_back(item)
        if not flight.dropped:
            self.oracle.items[item] = flight.item
            if flight.item.owner is not None:
                self.oracle.arrived.add(item)

    @rule(limit=st.none() | st.integers(1, 3))
    def decide(self, limit: int | None) -> None:
        self.now += 1
        before = dict(self.oracle.agents)
        expected = self.oracle.decide(self.now)
        matches: list[Match] = []
        while found := self.matcher.decide(self.now, limit):
            matches += found
        assert [(m.item.id, m.agent, str(m.how)) for m in matches] == expected
        for match in matches:
            assert match.how is How.OWNER or before[match.agent].presence == "available"
            assert match.standing.candidates >= 1

    @invariant()
    def every_item_is_in_one_place(self) -> None:
        waiting = [item for queue in (1, 2, 3) for item in self.matcher.waiting(queue)]
        assert sorted(waiting) == sorted(self.oracle.items)

    @invariant()
    def waiting_items_know_why(self) -> None:
        for item in self.oracle.items.values():
            standing = self.matcher.standing(item.id)
            assert standing is not None
            assert standing.candidates == len(self.oracle.eligible(item))


TestMatching = Matching.TestCase
TestMatching.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
