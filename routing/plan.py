"""Plans: the steps by which a waiting item asks for less as time passes, its place in line kept.

A plan is data: queues and agents by id, skills by name, durations in microseconds. Who changes the
step of an item is the router, by a timer that is a row; matching knows the current step only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast

LEVELS: Final = range(1, 6)
"""Of a skill: 1 just so, 5 best."""

ThenOffer = Literal["", "callback", "message"]


@dataclass(frozen=True, slots=True)
class Need:
    """A hard requirement: this skill at this level or better."""

    skill: str
    min: int = 1


@dataclass(frozen=True, slots=True)
class Prefer:
    """A soft wish: exactly one of these. Whoever meets it goes first among those who are free."""

    last_agent: int | None = None
    """Microseconds: the last agent, if their last answer is less long ago; 0 wishes for nobody."""
    agent: int | None = None
    skill: str | None = None
    """Anybody who has it; of these the one whom the queue's choice would take."""

    def as_json(self) -> dict[str, Any]:
        """The one wish, by its name."""
        shape = {"last_agent": self.last_agent, "agent": self.agent, "skill": self.skill}
        return {name: value for name, value in shape.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked for during one stretch of the wait."""

    require: tuple[Need, ...] = ()
    """All of them, besides being an agent of one of the queues."""
    also_queues: tuple[int, ...] = ()
    """Agents of these queues may take it too."""
    prefer: tuple[Prefer, ...] = ()
    """In this order, the first that somebody free meets. None: the last agent of 30 days."""
    lasts: int | None = None
    """Microseconds; None: till the end."""
    then_offer: ThenOffer = ""
    """What the customer is offered when this step begins."""

    def as_json(self) -> dict[str, Any]:
        """Only what differs from an empty step; ``for`` is in microseconds."""
        shape: dict[str, Any] = {
            "require": [{"skill": need.skill, "min": need.min} for need in self.require],
            "also_queues": list(self.also_queues),
            "prefer": [wish.as_json() for wish in self.prefer],
            "for": self.lasts,
            "then_offer": self.then_offer,
        }
        return {name: value for name, value in shape.items() if value not in ([], None, "")}

    @classmethod
    def of_json(cls, shape: Mapping[str, Any]) -> Step:
        """The step that ``as_json`` wrote."""
        return cls(
            require=tuple(Need(need["skill"], need["min"]) for need in shape.get("require", ())),
            also_queues=tuple(shape.get("also_queues", ())),
            prefer=tuple(Prefer(**wish) for wish in shape.get("prefer", ())),
            lasts=shape.get("for"),
            then_offer=cast("ThenOffer", shape.get("then_offer", "")),
        )


PLAIN: Final = Step()
"""Asks for nothing special."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of an item, from 0; without a plan one step that asks for nothing special."""

    steps: tuple[Step, ...] = (PLAIN,)
    overflow: int | None = None
    """A queue: where items go that nobody logged on can ever serve, and that outlive the steps."""

    def step(self, number: int) -> Step:
        """Step ``number``, or the last one if the plan is shorter."""
        return self.steps[min(number, len(self.steps) - 1)]

    def later(self, number: int) -> tuple[Step, ...]:
        """The steps still to come after ``number``."""
        return self.steps[number + 1 :]

    def ends_at(self, number: int, since: int) -> int | None:
        """When step ``number``, begun at ``since``, is over; None: never."""
        lasts = self.step(number).lasts
        return None if lasts is None else since + lasts

    def next_step(self, number: int, now: int) -> tuple[int, int | None] | None:
        """The step after ``number``, begun at ``now``: (its number, when it ends or None).

        None: there is no other; an item whose last step has ended goes to ``overflow``.
        """
        following = number + 1
        if following >= len(self.steps):
            return None
        return following, self.ends_at(following, now)

    def with_queue(self, old: int, new: int) -> Plan:
        """The same plan, with another queue in place of one that goes."""
        steps = (
            replace(step, also_queues=tuple(new if q == old else q for q in step.also_queues))
            for step in self.steps
        )
        return Plan(tuple(steps), new if self.overflow == old else self.overflow)

    def as_json(self) -> dict[str, Any]:
        """A dict for JSON, {} for the plan without anything special."""
        steps = [step.as_json() for step in self.steps]
        shape: dict[str, Any] = {} if steps == [{}] else {"steps": steps}
        return shape if self.overflow is None else {**shape, "overflow": self.overflow}

    @classmethod
    def of_json(cls, shape: Mapping[str, Any]) -> Plan:
        """The plan that ``as_json`` wrote. Raises KeyError or TypeError for anything else."""
        steps = tuple(Step.of_json(step) for step in shape.get("steps", ()))
        return cls(steps or (PLAIN,), shape.get("overflow"))
