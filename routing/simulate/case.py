"""A customer of a simulated day, from coming to being gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from routing.model import Item
from routing.numbers import Turn
from routing.simulate.draw import Customer
from routing.simulate.scenario import WorkType

if TYPE_CHECKING:
    from routing.simulate.staff import Worker


@dataclass(slots=True)
class Case:
    """Somebody who waits, is offered, or is served."""

    customer: Customer
    work: WorkType
    item: Item
    step: int = 0
    agent: Worker | None = None
    """Who has the offer or the work."""
    waiting: bool = True
    """In the matcher's hands."""
    plan: int = 0
    """Counts what was planned for it; what was planned before is void."""
    answered_at: int | None = None
    begun: int | None = None
    """When the work was taken up last; None: not in hand."""
    left: int = 0
    """How much of it there was then."""
    worked: int = 0
    """How long it was in hand before that."""
    luck: Random | None = None

    @property
    def parked(self) -> bool:
        """Whether its agent has put it aside."""
        return self.answered_at is not None and self.begun is None

    @property
    def soft(self) -> bool:
        """Whether it may be put aside now."""
        return self.work.interruptible and self.begun is not None

    def answer(self, now: int, takes: int) -> None:
        """An agent begins."""
        self.answered_at = self.begun = now
        self.left = takes

    def park(self, now: int) -> None:
        """Put it aside: what is done is done."""
        if self.begun is not None:
            self.left -= now - self.begun
            self.worked += now - self.begun
            self.begun = None

    def turn(self, now: int, *, abandoned: bool) -> Turn:
        """As the figures take it, at its end."""
        answered = self.answered_at is not None
        return Turn(
            entered_at=self.customer.at,
            answered_at=self.answered_at,
            ended_at=now,
            abandoned=abandoned,
            target=self.work.target,
            weight=self.work.weight,
            kind=self.work.kind,
            queue=self.work.name,
            agent=self.agent.id if self.agent and answered else None,
            handle=self.worked + (now - self.begun if self.begun is not None else 0),
        )

    def unanswered(self) -> Turn:
        """As the figures take it if nobody ever came: still waiting."""
        return Turn(
            entered_at=self.customer.at,
            target=self.work.target,
            weight=self.work.weight,
            kind=self.work.kind,
            queue=self.work.name,
        )


def to_park(hands: Sequence[Case], over: int) -> list[Case]:
    """What is put aside to win ``over`` units: what was begun last, first."""
    found = []
    for case in reversed(hands):
        if over <= 0:
            break
        if case.soft:
            found.append(case)
            over -= case.work.units
    return found


def to_resume(hands: Sequence[Case], room: int) -> list[Case]:
    """What is taken up again with ``room`` units: the oldest first, as far as it fits."""
    found = []
    for case in hands:
        if case.parked:
            if case.work.units > room:
                break
            found.append(case)
            room -= case.work.units
    return found
