"""The formulas of matching: who can serve what, what an agent costs, which item goes first.

Pure functions of plain data, so that they can be read, explained and tested alone. Where the
numbers come from is in the evidence on routing quality: flat around their values, good in every
skill structure that was simulated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf, sqrt
from typing import Final, NamedTuple

from routing.model import SECOND, AgentState, Choice, Item, Mode, Order, QueuePolicy
from routing.plan import LEVELS, Need, Prefer, Step

USUAL: Final = 1_000
"""Handle-time factors are in thousandths."""
LEVEL_FACTOR: Final[Mapping[int, int]] = {5: USUAL, 4: 1_075, 3: 1_150, 2: 1_225, 1: 1_300}
"""Of the handle time of an expert, by the lowest level among the skills that are required."""
PACE_STEP: Final = 50
"""Thousandths: paces are rounded to this, so that agents alike stay in one profile."""
ONE: Final = 1_000_000
"""Costs are in millionths: whole numbers, so that equal costs are equal."""
PREFERRED: Final = -10 * ONE
"""Cost of meeting a wish: less than anything that the other terms can add up to."""
LAST_AGENT_FOR: Final = 30 * 24 * 3600 * SECOND
"""Microseconds: how long the last agent is preferred where the step says nothing of it."""

HEAD: Final = 0.25
"""Of a target: what an item that has just come counts as having waited."""
USUAL_HANDLE: Final = 300 * SECOND
FIFO_TARGET: Final = 60 * SECOND
"""Queues in FIFO order are compared as if all had this target and the same weight."""
GUARDED: Final = 1e12
"""Added to the wait of items over their guard: above every other score, the oldest first."""
LATE: Final = 1e6
"""Taken off the score of items past their target where a queue demotes them."""


class Demand(NamedTuple):
    """What makes items alike to every agent and at every time: one bucket each."""

    queue: int
    kind: str
    mode: Mode
    units: int
    interruptible: bool
    require: tuple[Need, ...]
    also_queues: tuple[int, ...]
    later: tuple[Step, ...]
    weight: float
    target: int
    handle: int

    @classmethod
    def of(cls, item: Item) -> Demand:
        """The item's; order key, wishes and exclusions are its own."""
        step = item.step
        return cls(
            item.queue,
            item.kind,
            item.mode,
            item.units,
            item.interruptible,
            step.require,
            step.also_queues,
            item.later,
            item.weight,
            item.target,
            item.handle,
        )


class Able(NamedTuple):
    """What makes agents alike while they differ only in load and presence: one profile each."""

    queues: frozenset[int]
    skills: tuple[tuple[str, int], ...]
    limits: tuple[tuple[str, int], ...]
    pace: tuple[tuple[int, int], ...]
    capacity: int

    @classmethod
    def of(cls, agent: AgentState) -> Able:
        """The agent's; paces are rounded."""
        pace = tuple((queue, _rounded(permille)) for queue, permille in agent.pace)
        return cls(agent.queues, agent.skills, agent.limits, pace, agent.capacity)


def _rounded(permille: int) -> int:
    return max(PACE_STEP, (permille + PACE_STEP // 2) // PACE_STEP * PACE_STEP)


def why_not(able: Able, demand: Demand) -> str:
    """Why such agents can never serve it: ``queue``, ``no_skill``, ``limit``; "" if they can."""
    if demand.queue not in able.queues and able.queues.isdisjoint(demand.also_queues):
        return "queue"
    if demand.require:
        skills = dict(able.skills)
        if any(skills.get(need.skill, 0) < need.min for need in demand.require):
            return "no_skill"
    if demand.units > able.capacity or dict(able.limits).get(demand.kind, 1) <= 0:
        return "limit"
    return ""


def factor(able: Able, demand: Demand) -> int:
    """Thousandths of the usual time that such an agent takes: measured, else by their levels."""
    for queue, permille in able.pace:
        if queue == demand.queue:
            return permille
    if not demand.require:
        return USUAL
    skills = dict(able.skills)
    lowest = min(skills.get(need.skill, 1) for need in demand.require)
    return LEVEL_FACTOR[min(max(lowest, LEVELS[0]), LEVELS[-1])]


# ---------------------------------------------------------------- whom


class Weights(NamedTuple):
    """A choice: cost = the sum of weight x term in millionths, the smallest goes first."""

    factor: int = 0
    """Per thousandth of handle time over the usual."""
    flexibility: int = 0
    """Per kind of demand, besides one, that they can serve: keeps flexible people free."""
    load: int = 0
    """Per thousandth of their capacity that is in use."""
    busy: int = 0
    """Of having any work at all."""
    by_turn: bool = False
    """Equal costs: who was longest without getting work, instead of longest idle."""


WEIGHTS: Final[Mapping[Choice, Weights]] = {
    Choice.BEST: Weights(factor=ONE // 1000, flexibility=ONE // 10, load=ONE // 10_000),
    Choice.LONGEST_IDLE: Weights(busy=ONE),
    Choice.LEAST_LOADED: Weights(load=ONE // 1000),
    Choice.ROUND_ROBIN: Weights(by_turn=True),
    Choice.BEST_SKILL: Weights(factor=ONE // 1000, load=ONE // 100_000),
}
"""Of ``BEST``, load only tells apart agents who are otherwise alike: weighed as much as what they
can do, it would spread chats over everybody, and leave nobody whole for a call.
"""


class Favour(NamedTuple):
    """A wish as it stands for one item now: this agent, or whoever has this skill."""

    agent: int | None
    skill: str | None


_STANDING: Final = (Prefer(last_agent=LAST_AGENT_FOR),)


def wishes(item: Item) -> bool:
    """Whether the item wishes for anybody at all."""
    return item.preferred is not None or bool(item.step.prefer)


def favours(item: Item, now: int) -> Iterator[Favour]:
    """The item's wishes at ``now`` (microseconds), the first that somebody free meets counts."""
    for wish in item.step.prefer or _STANDING:
        if wish.last_agent is None:
            yield Favour(wish.agent, wish.skill)
        elif item.preferred is not None:
            ago = 0 if item.preferred_at is None else max(0, now - item.preferred_at)
            if ago < wish.last_agent:
                yield Favour(item.preferred, None)


# ---------------------------------------------------------------- what first


class Slope(NamedTuple):
    """The score of a bucket's items over their wait: the same line for all of them, so only the
    oldest has to be looked at.
    """

    start: float
    rise: float
    """Per microsecond of wait."""
    guard: float
    """Microseconds of wait after which the oldest goes first."""
    late: float
    """Microseconds of wait after which the item is demoted; infinite: never."""


def slope(demand: Demand, policy: QueuePolicy, factor: int) -> Slope:
    """For agents of this factor (thousandths): weight x (0.25 + wait / target) / factor
    x sqrt(300 s / handle time); for queues in FIFO order age alone.
    """
    if policy.order is Order.FIFO:
        return Slope(HEAD, 1 / FIFO_TARGET, policy.guard * FIFO_TARGET, inf)
    target = max(1, demand.target or policy.target)
    weight = demand.weight * policy.weight * USUAL / factor
    if demand.handle > 0:
        weight *= sqrt(USUAL_HANDLE / demand.handle)
    late = float(target) if policy.demote_late else inf
    return Slope(HEAD * weight, weight / target, policy.guard * target, late)


def score(line: Slope, wait: int) -> float:
    """How urgent an item is after ``wait``; the highest goes first."""
    if wait > line.guard:
        return GUARDED + wait
    value = line.start + line.rise * wait
    return value - LATE if wait > line.late else value
