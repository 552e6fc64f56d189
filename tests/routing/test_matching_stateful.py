"""Any order of events: the matcher does what the slowest and simplest matcher would do.

The oracle (``oracle.py``) looks at every item and every agent at each decision. That both agree
holds I1 (an item to one agent), I4 (requirements of the step), I5 (nobody free who could work), I6
and I7 (order, guard) and I8 (the same events, the same matches); the rest is asserted here. The
clock is virtual, and may stand still or jump back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from routing.matching import How, Match, Matcher
from routing.model import SECOND, AgentState, Choice, Item, Mode, Order, Presence, QueuePolicy
from routing.plan import Need, Prefer, Step
from tests.routing.oracle import Flight, Given, Oracle

COOL = 5 * SECOND
SKILLS = ("de", "fr")
KINDS = ("chat", "mail")
AGENTS = st.integers(1, 5)
QUEUES = st.integers(1, 3)
LEVELS = st.integers(1, 5)

needs = st.builds(Need, st.sampled_from(SKILLS), LEVELS)
wishes = st.one_of(
    st.builds(Prefer, last_agent=st.sampled_from([0, 3 * SECOND, 10**12])),
    st.builds(Prefer, agent=AGENTS),
    st.builds(Prefer, skill=st.sampled_from(SKILLS)),
)
steps = st.builds(
    Step,
    st.lists(needs, max_size=1).map(tuple),
    st.lists(QUEUES, max_size=1).map(tuple),
    st.lists(wishes, max_size=2).map(tuple),
)
plans = st.just((Step(),)) | st.lists(steps, min_size=1, max_size=3).map(tuple)
moulds = st.builds(
    Item,
    id=st.just(0),
    queue=QUEUES,
    order_key=st.just(0),
    units=st.sampled_from([15, 30, 30, 100]),
    mode=st.sampled_from([Mode.ASK, Mode.PUSH, Mode.PUSH, Mode.PULL]),
    kind=st.sampled_from(KINDS),
    weight=st.sampled_from([1.0, 1.0, 4.0]),
    target=st.sampled_from([0, 0, 10 * SECOND]),
    handle=st.sampled_from([0, 0, 600 * SECOND]),
    interruptible=st.booleans(),
)
"""A few a run, so that items share their lines."""
arrivals = st.fixed_dictionaries(
    {
        "mould": st.integers(0, 2),
        "ago": st.sampled_from([0, 0, 1, 5, 9, 15, 30, 70, 130, 400]),
        "owner": st.sampled_from([None, None, None, 1, 2]),
        "preferred": st.none() | AGENTS,
        "preferred_at": st.sampled_from([None, 998 * SECOND, 0]),
    }
)
skills = st.dictionaries(st.sampled_from(SKILLS), LEVELS).map(lambda d: tuple(sorted(d.items())))
limits = st.just(()) | st.tuples(st.tuples(st.sampled_from(KINDS), st.integers(0, 2)))
paces = st.just(()) | st.tuples(st.tuples(QUEUES, st.sampled_from([900, 1120, 1250])))
agents = st.builds(
    AgentState,
    id=st.just(0),
    queues=st.frozensets(QUEUES, max_size=3),
    presence=st.sampled_from(Presence),
    capacity=st.sampled_from([20, 100, 100, 100]),
    idle_since=st.integers(0, 5),
    last_assigned=st.integers(0, 5),
    skills=skills,
    limits=limits,
    pace=paces,
)
policies = st.builds(
    QueuePolicy,
    id=QUEUES,
    choice=st.sampled_from(Choice),
    order=st.sampled_from(Order),
    guard=st.sampled_from([1.0, 6.0]),
    target=st.sampled_from([20 * SECOND, 60 * SECOND]),
    weight=st.sampled_from([1.0, 2.0]),
    reserve=st.sampled_from([0, 0, 0, 1]),
    demote_late=st.booleans(),
)


class Matching(RuleBasedStateMachine):
    """Both are told the same; what they decide, and what they say of it, is compared."""

    def __init__(self) -> None:
        super().__init__()
        self.matcher = Matcher()
        self.oracle = Oracle()
        self.now = 1_000 * SECOND
        self.next_item = 1
        self.keys: dict[int, int] = {}
        self.fates: Counter[str] = Counter()
        self.active: list[Flight] = []
        self.moulds: list[tuple[Item, tuple[Step, ...]]] = []
        self.hold = 0
        self.limit: int | None = None
        self.explain = True

    @initialize(
        rows=st.lists(agents, min_size=2, max_size=5),
        policies=st.lists(policies),
        kinds=st.lists(st.tuples(moulds, plans), min_size=3, max_size=3),
    )
    def open(
        self,
        rows: list[AgentState],
        policies: list[QueuePolicy],
        kinds: list[tuple[Item, tuple[Step, ...]]],
    ) -> None:
        self.moulds = kinds
        for number, row in enumerate(rows, 1):
            self.put_agent(replace(row, id=number, presence=Presence.AVAILABLE))
        for policy in policies:
            self.policy_is_published(policy)

    @rule(hold=st.integers(0, 6), limit=st.none() | st.integers(1, 3), explain=st.booleans())
    def manner(self, hold: int, limit: int | None, explain: bool) -> None:
        """How decisions are asked for from now on; the next one after so many events more."""
        self.hold, self.limit, self.explain = hold, limit, explain

    @rule(seconds=st.sampled_from([-3, 0, 1, 3, 7, 60]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND

    # ---- agents

    def put_agent(self, row: AgentState) -> None:
        self.matcher.put_agent(row)
        self.oracle.agents[row.id] = row

    @rule(agent_id=AGENTS, row=agents)
    def agent_comes(self, agent_id: int, row: AgentState) -> None:
        self.active = [flight for flight in self.active if flight.agent != agent_id]
        self.put_agent(replace(row, id=agent_id))

    def some_agent(self, agent_id: int, change: Callable[[AgentState], AgentState]) -> None:
        row = self.oracle.agents.get(agent_id)
        if row is not None:
            self.put_agent(change(row))

    @rule(
        agent_id=AGENTS,
        firm=st.sampled_from([0, 0, 15, 30, 70, 100, 130]),
        soft=st.sampled_from([0, 0, 15, 85]),
        parked=st.sampled_from([0, 0, 25]),
        wrapping=st.sampled_from([0, 15]),
        counts=st.dictionaries(st.sampled_from(KINDS), st.integers(0, 2)),
    )
    def work_changes(
        self,
        agent_id: int,
        firm: int,
        soft: int,
        parked: int,
        wrapping: int,
        counts: dict[str, int],
    ) -> None:
        self.some_agent(
            agent_id,
            lambda row: replace(
                row,
                used=firm + soft + parked,
                soft=soft,
                parked=parked,
                wrapping=min(wrapping, firm),
                counts=tuple(sorted(counts.items())),
                idle_since=self.now,
            ),
        )

    @precondition(lambda self: self.active)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        flight = self.active.pop(data.draw(st.integers(0, len(self.active) - 1)))
        row = self.oracle.agents.get(flight.agent)
        if row is not None:
            counts = dict(row.counts)
            counts[flight.kind] = max(0, counts.get(flight.kind, 0) - 1)
            used = max(0, row.used - flight.units)
            self.put_agent(
                replace(
                    row,
                    used=used,
                    soft=max(0, min(used, row.soft - flight.units * flight.soft)),
                    counts=tuple(sorted(counts.items())),
                    idle_since=self.now,
                )
            )

    @rule(agent_id=AGENTS, presence=st.sampled_from(Presence))
    def presence_flaps(self, agent_id: int, presence: Presence) -> None:
        self.some_agent(agent_id, lambda row: replace(row, presence=presence))

    @rule(agent_id=AGENTS, skills=skills)
    def skills_are_edited(self, agent_id: int, skills: tuple[tuple[str, int], ...]) -> None:
        self.some_agent(agent_id, lambda row: replace(row, skills=skills))

    @rule(agent_id=AGENTS)
    def agent_goes(self, agent_id: int) -> None:
        if not any(flight.agent == agent_id for flight in self.oracle.flights.values()):
            self.matcher.drop_agent(agent_id)
            self.oracle.agents.pop(agent_id, None)

    # ---- queues

    @rule(policy=policies)
    def policy_is_published(self, policy: QueuePolicy) -> None:
        self.matcher.put_queue(policy)
        self.oracle.policies[policy.id] = policy

    @rule(queue=QUEUES)
    def policy_is_dropped(self, queue: int) -> None:
        self.matcher.drop_queue(queue)
        self.oracle.policies.pop(queue, None)

    # ---- items

    @rule(arrivals=st.lists(arrivals, min_size=1, max_size=5))
    def arrive(self, arrivals: list[dict[str, Any]]) -> None:
        for arrival in arrivals:
            mould, plan = self.moulds[arrival.pop("mould")]
            key = self.now - arrival.pop("ago") * SECOND
            item = replace(mould, id=self.next_item, order_key=key, step=plan[0], **arrival)
            self.next_item += 1
            self.keys[item.id] = key
            self.put_item(replace(item, later=plan[1:]))

    def put_item(self, item: Item) -> None:
        self.matcher.put_item(item)
        self.oracle.put_item(item)

    def some_item(self, data: st.DataObject) -> Item:
        known = self.known()
        return known[data.draw(st.sampled_from(sorted(known)))]

    def known(self) -> dict[int, Item]:
        """What waits, and what is in flight and was not dropped meanwhile."""
        flights = self.oracle.flights.items()
        flying = {id: flight.item for id, flight in flights if not flight.dropped}
        return {**self.oracle.items, **flying}

    @precondition(lambda self: self.known())
    @rule(data=st.data(), queue=QUEUES, mode=st.sampled_from(Mode))
    def transfer(self, data: st.DataObject, queue: int, mode: Mode) -> None:
        self.put_item(replace(self.some_item(data), queue=queue, mode=mode, owner=None))

    @precondition(lambda self: self.known())
    @rule(data=st.data())
    def step_relaxes(self, data: st.DataObject) -> None:
        item = self.some_item(data)
        if item.later:
            self.put_item(replace(item, step=item.later[0], later=item.later[1:], owner=None))

    @precondition(lambda self: self.known())
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        item = self.some_item(data)
        self.fates["abandoned"] += 1
        self.matcher.drop_item(item.id)
        self.oracle.drop_item(item.id)

    # ---- claims

    @precondition(lambda self: self.oracle.flights)
    @rule(data=st.data(), with_row=st.booleans())
    def claim_holds(self, data: st.DataObject, with_row: bool) -> None:
        item = data.draw(st.sampled_from(sorted(self.oracle.flights)))
        self.confirm(item, with_row=with_row)

    def confirm(self, item: int, *, with_row: bool) -> None:
        if not self.oracle.flights[item].dropped:
            self.fates["assigned"] += 1
            self.active.append(self.oracle.flights[item])
        row = self.oracle.confirm(item)
        self.matcher.confirm(item, row if with_row else None)

    @precondition(lambda self: self.oracle.flights)
    @rule(data=st.data())
    def claim_fails(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(sorted(self.oracle.flights)))
        self.matcher.give_back(item)
        self.oracle.give_back(item)

    @precondition(lambda self: any(not f.dropped for f in self.oracle.flights.values()))
    @rule(data=st.data(), away=st.booleans())
    def decline_or_expire(self, data: st.DataObject, away: bool) -> None:
        """The offer was made and comes to nothing: back with the old key, without its agent."""
        flights = self.oracle.flights
        asked = sorted(id for id, flight in flights.items() if not flight.dropped)
        flight = flights[item_id := data.draw(st.sampled_from(asked))]
        item, before = flight.item, self.oracle.agents[flight.agent]
        self.confirm(item_id, with_row=True)
        self.fates["assigned"] -= 1
        self.active.remove(flight)
        presence = Presence.AWAY if away else before.presence
        self.put_agent(replace(before, presence=presence, idle_since=self.now))
        again_at = self.now + COOL
        excluded = item.excluded | {flight.agent}
        self.put_item(replace(item, excluded=excluded, again_at=again_at, owner=None))

    # ---- deciding

    @invariant()
    def decisions_follow_events(self) -> None:
        """After each event, or after several, as ``manner`` says."""
        if self.hold:
            self.hold -= 1
            return
        self.now += 1
        matches: list[Match] = []
        while found := self.matcher.decide(self.now, self.limit, explain=self.explain):
            matches += found
        given = self.oracle.decide(self.now)
        for match in matches:
            self.compare(match, next(given))
        assert next(given, None) is None

    def compare(self, match: Match, given: Given) -> None:
        assert (match.item.id, match.agent, str(match.how)) == (
            given.item,
            given.agent,
            given.how,
        )
        assert match.item.order_key == self.keys[match.item.id]
        assert self.oracle.agents[match.agent].presence == "available"
        if match.how is not How.OWNER:
            row = self.oracle.agents[match.agent]
            firm, used = self.oracle.firm(row), self.oracle.used(row)
            assert (used if match.item.interruptible else firm) <= row.capacity
            assert self.oracle.able(match.item, row)
            if self.explain:
                assert match.standing.candidates >= 1
                assert match.standing.top[0].agent == match.agent

    # ---- crash

    @rule(data=st.data())
    def crash_and_rebuild(self, data: st.DataObject) -> None:
        """Claims in flight were committed or were not; everything else comes from the tables."""
        for item in sorted(self.oracle.flights):
            if data.draw(st.booleans()):
                self.confirm(item, with_row=True)
            else:
                self.oracle.give_back(item)
        self.matcher = Matcher()
        self.oracle.kinds.clear()
        for policy in self.oracle.policies.values():
            self.matcher.put_queue(policy)
        for row in self.oracle.agents.values():
            self.matcher.put_agent(row)
        for waiting in self.oracle.items.copy().values():
            self.put_item(waiting)

    # ---- what always holds

    @invariant()
    def every_item_is_in_one_place(self) -> None:
        """I2, and that nothing is lost or doubled (I13)."""
        waiting = [item for queue in (1, 2, 3) for item in self.matcher.waiting(queue)]
        assert sorted(waiting) == sorted(self.oracle.items)
        flying = sum(not flight.dropped for flight in self.oracle.flights.values())
        ended = self.fates["assigned"] + self.fates["abandoned"]
        assert self.next_item - 1 == len(waiting) + flying + ended

    @invariant()
    def the_alarm_is_silent(self) -> None:
        """I12, and the others that production looks after."""
        assert self.matcher.check() == []

    @invariant()
    def waiting_items_know_why(self) -> None:
        for item in self.oracle.items.values():
            standing = self.matcher.standing(item.id, self.now)
            assert standing is not None
            eligible = self.oracle.eligible(item, self.now)
            assert standing.candidates == len(eligible)
            assert len(standing.top) == min(5, len(eligible))
            assert self.matcher.position(item.id) == self.oracle.position(item)
            asked = {item.queue, *item.step.also_queues}
            serving = sum(not a.queues.isdisjoint(asked) for a in self.oracle.agents.values())
            assert standing.candidates + sum(standing.kept_out.values()) == serving

    @invariant()
    def who_can_never_be_served_is_known(self) -> None:
        assert set(self.matcher.unservable()) == self.oracle.unservable()


TestMatching = Matching.TestCase
TestMatching.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
