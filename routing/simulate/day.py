"""One day happens: customers, agents and the production ``Matcher`` on a virtual clock.

A heap of what is due drives it. The matcher is told what the router would tell it, and every match
it makes is carried out at once: pushed work begins, offered work rings until it is accepted, missed
or given up. It decides by ``Scenario`` and ``Policy`` only; no clock, no randomness of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from heapq import heappop, heappush
from itertools import count
from typing import Any

from routing.matching import Match, Matcher
from routing.model import Item, Mode
from routing.numbers import Turn, attendance
from routing.simulate.case import Case, to_park, to_resume
from routing.simulate.draw import NEVER, customers, luck
from routing.simulate.figures import Outcome
from routing.simulate.scenario import Policy, Scenario
from routing.simulate.staff import Worker, hired


def simulate(scenario: Scenario, policy: Policy, day: int, speeds: dict[int, float]) -> Outcome:
    """Let a day happen from opening until the last customer is gone."""
    return _Day(scenario, policy, day, speeds).run()


class _Day:
    def __init__(
        self, scenario: Scenario, policy: Policy, day: int, speeds: dict[int, float]
    ) -> None:
        self._scenario, self._policy, self._day = scenario, policy, day
        self._customers = customers(scenario, day)
        self._matcher = Matcher()
        self._due: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = count()
        self._cases: dict[int, Case] = {}
        self._agents = hired(scenario, policy, day, speeds)
        self._turns: list[Turn] = []
        self._primary = self._offers = self._missed = 0
        self._now = 0

    def run(self) -> Outcome:
        """Everything in the order of its time."""
        for number, work in enumerate(self._scenario.types, 1):
            self._matcher.put_queue(self._policy.of(number, work))
        for agent in self._agents.values():
            for begins, ends in agent.hours:
                self._at(begins, self._begins, agent)
                self._at(ends, self._ends, agent)
        if self._customers:
            self._at(self._customers[0].at, self._arrives, 0)
        due = self._due
        while due:
            now, _, happens, about = heappop(due)
            if now >= NEVER:
                break
            self._now = now
            happens(*about)
            for match in self._matcher.decide(now, explain=False):
                self._take_up(match)
        return self._outcome()

    def _at(self, when: int, happens: Callable[..., None], *about: Any) -> None:
        heappush(self._due, (when, next(self._order), happens, about))

    # ---- agents

    def _begins(self, agent: Worker) -> None:
        agent.begins(self._now)
        self._matcher.put_agent(agent.row())

    def _ends(self, agent: Worker) -> None:
        agent.ends(self._now)
        self._matcher.put_agent(agent.row())

    def _comes_back(self, agent: Worker) -> None:
        agent.comes_back(self._now)
        self._matcher.put_agent(agent.row())

    # ---- customers

    def _arrives(self, place: int) -> None:
        customer = self._customers[place]
        if place + 1 < len(self._customers):
            self._at(self._customers[place + 1].at, self._arrives, place + 1)
        work = self._scenario.types[customer.type]
        item = Item(
            id=place + 1,
            queue=customer.type + 1,
            order_key=customer.at,
            units=work.units,
            mode=self._scenario.mode,
            kind=work.kind,
            step=work.steps[0],
            target=work.target,
            handle=work.handle.mean + work.wrap_up,
            interruptible=work.interruptible,
        )
        case = self._cases[item.id] = Case(customer, work, item)
        self._matcher.put_item(item)
        self._plan_step(case)
        if customer.until < NEVER:
            self._at(customer.until, self._gives_up, item.id)

    def _plan_step(self, case: Case) -> None:
        lasts = case.work.steps[case.step].lasts
        if lasts is not None and case.step + 1 < len(case.work.steps):
            self._at(self._now + lasts, self._next_step, case.item.id)

    def _next_step(self, id: int) -> None:
        """The place in line is kept; an offer that is out stays out."""
        case = self._cases.get(id)
        if case is None or case.answered_at is not None:
            return
        case.step += 1
        case.item = replace(case.item, step=case.work.steps[case.step])
        if case.waiting:
            self._matcher.put_item(case.item)
        self._plan_step(case)

    def _gives_up(self, id: int) -> None:
        case = self._cases.get(id)
        if case is None or case.answered_at is not None:
            return
        del self._cases[id]
        if case.waiting:
            self._matcher.drop_item(id)
        elif case.agent is not None:
            self._let_go(case.agent, case)
        self._count(case, abandoned=True)

    # ---- work

    def _take_up(self, match: Match) -> None:
        """What the router does with a match: claim it, then offer it or hand it over."""
        case, agent = self._cases[match.item.id], self._agents[match.agent]
        case.waiting, case.agent = False, agent
        agent.charge(case, self._now)
        for other in to_park(agent.hands, agent.over):
            other.park(self._now)
            other.plan += 1
        case.plan += 1
        if match.item.mode is Mode.PUSH:
            self._answers(case.item.id, case.plan)
        elif self._unnoticed(case, agent):
            self._offers += 1
            self._at(self._now + self._scenario.offer, self._misses, case.item.id, case.plan)
        else:
            self._offers += 1
            self._at(self._now + self._scenario.ring, self._answers, case.item.id, case.plan)
        self._matcher.confirm(match.item.id, agent.row())

    def _unnoticed(self, case: Case, agent: Worker) -> bool:
        if not agent.group.missed:
            return False
        if case.luck is None:
            case.luck = luck(self._scenario, self._day, case.item.id)
        return case.luck.random() < agent.group.missed

    def _misses(self, id: int, plan: int) -> None:
        """Back in line with the old key, without this agent, who is set to away."""
        case = self._cases.get(id)
        if case is None or case.plan != plan or case.agent is None:
            return
        agent, case.agent, case.waiting = case.agent, None, True
        self._missed += 1
        back = self._now + self._scenario.away
        agent.walks_away(self._now, back)
        self._at(back, self._comes_back, agent)
        self._let_go(agent, case)
        case.item = replace(case.item, excluded=case.item.excluded | {agent.id})
        self._matcher.put_item(case.item)

    def _answers(self, id: int, plan: int) -> None:
        case = self._cases.get(id)
        if case is None or case.plan != plan or case.agent is None:
            return
        agent = case.agent
        if case.customer.at >= self._scenario.warm_up:
            self._primary += case.work.name in agent.group.primary
        case.answer(self._now, agent.takes(case.customer.work, case.item) + case.work.wrap_up)
        self._at(self._now + case.left, self._finishes, id, plan)
        if case.work.interruptible and self._scenario.mode is Mode.ASK:
            self._matcher.put_agent(agent.row())  # now it can make way

    def _finishes(self, id: int, plan: int) -> None:
        case = self._cases.get(id)
        if case is None or case.plan != plan or case.agent is None or case.answered_at is None:
            return
        del self._cases[id]
        case.agent.work.append((case.answered_at, self._now))
        self._let_go(case.agent, case)
        self._count(case, abandoned=False)

    def _let_go(self, agent: Worker, case: Case) -> None:
        """The agent has it no more, and takes up again what they had put aside for it."""
        agent.release(case, self._now)
        for other in to_resume(agent.hands, -agent.over):
            other.begun = self._now
            other.plan += 1
            self._at(self._now + other.left, self._finishes, other.item.id, other.plan)
        self._matcher.put_agent(agent.row())

    # ---- what counts

    def _count(self, case: Case, *, abandoned: bool) -> None:
        if case.customer.at >= self._scenario.warm_up:
            self._turns.append(case.turn(self._now, abandoned=abandoned))

    def _outcome(self) -> Outcome:
        self._turns += [
            case.unanswered()
            for case in self._cases.values()
            if case.customer.at >= self._scenario.warm_up
        ]
        window = (self._scenario.warm_up, self._scenario.closes)
        return Outcome(
            turns=self._turns,
            attendance=[
                attendance(agent.id, agent.present_within(*window), agent.work)
                for agent in self._agents.values()
            ],
            primary=self._primary,
            offers=self._offers,
            missed=self._missed,
            end=self._now,
            short=self._scenario.short,
        )
