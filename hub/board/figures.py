"""The figures of a time, by queue, agent and matter: what is stored, counted by routing/numbers.py.

Read in pages, counted in a thread: a report holds up no conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from routing import numbers
from routing.model import SECOND
from routing.numbers import Matter, Span, Turn
from storage import board, figures
from storage.board import BoardAgent, BoardQueue, BoardTurn
from storage.figures import Resolved
from storage.views.times import time_of

if TYPE_CHECKING:
    from storage.db import Database

AGENTS = 50  # whose presence is read in one transaction
T = TypeVar("T")
Place = tuple[int, int]


class Figures(msgspec.Struct, kw_only=True):
    """The turns that began in the time; routing/numbers.md says how each figure is counted."""

    offered: int
    answered: int
    abandoned: int
    abandoned_short: int
    service_level: float | None
    weighted_service_level: float | None
    abandonment: float | None
    asa_seconds: float | None
    p95_wait_seconds: float | None
    longest_wait_seconds: float | None
    handle_seconds: float | None


class QueueFigures(Figures, kw_only=True):
    """Those of one queue."""

    id: int
    name: str


class AgentFigures(msgspec.Struct, kw_only=True):
    """One agent's time."""

    id: int
    name: str
    present_seconds: int
    busy_seconds: int
    occupancy: float | None


class MatterFigures(msgspec.Struct, kw_only=True):
    """What came of the matters that were resolved in the time."""

    resolved: int
    first_contact_resolution: float | None
    reopened: float | None


class Report(msgspec.Struct, kw_only=True):
    """All of it."""

    since: datetime
    until: datetime
    total: Figures
    queues: list[QueueFigures]
    agents: list[AgentFigures]
    occupancy: float | None
    occupancy_spread: float | None
    matters: MatterFigures


@dataclass(slots=True)
class _Found:
    """Everything that was read."""

    since: int
    until: int
    queues: Sequence[BoardQueue] = ()
    agents: Sequence[BoardAgent] = ()
    turns: list[BoardTurn] = field(default_factory=list)
    present: dict[int, list[Span]] = field(default_factory=dict)
    work: dict[int, list[Span]] = field(default_factory=dict)
    matters: dict[int, Resolved] = field(default_factory=dict)
    """Conversation -> its first resolution in the time."""


async def report(db: Database, since: int, until: int, hidden: Set[int] = frozenset()) -> Report:
    """The figures of ``[since, until)`` (µs), without the work of ``hidden`` queues."""
    found = _Found(since, until, await db.read(board.queues), await db.read(board.agents))
    await _read_turns(db, found)
    await _read_agents(db, found)
    await _read_matters(db, found)
    return await asyncio.to_thread(_counted, found, hidden)


async def _pages(
    page: Callable[[Place | None], Awaitable[list[T]]], place: Callable[[T], Place]
) -> list[T]:
    """Page after page, until one is empty."""
    found: list[T] = []
    rows = await page(None)
    while rows:
        found += rows
        rows = await page(place(rows[-1]))
    return found


async def _read_turns(db: Database, found: _Found) -> None:
    async def page(after: Place | None) -> list[BoardTurn]:
        return await db.read(board.begun, found.since, found.until, after)

    found.turns = await _pages(page, lambda turn: (turn.entered_at, turn.id))


async def _read_agents(db: Database, found: _Found) -> None:
    ids = [agent.id for agent in found.agents]
    for start in range(0, len(ids), AGENTS):
        some = ids[start : start + AGENTS]
        found.present |= await db.read(figures.presences, some, found.since, found.until)

    async def page(after: Place | None) -> list[tuple[Place, int, Span]]:
        return await db.read(figures.work, found.since, found.until, after)

    over = await _pages(page, lambda one: one[0])
    still = await db.read(figures.in_hand, found.until)
    for agent, span in [*((agent, span) for _, agent, span in over), *still]:
        found.work.setdefault(agent, []).append(span)


async def _read_matters(db: Database, found: _Found) -> None:
    async def page(after: Place | None) -> list[tuple[Place, Resolved]]:
        return await db.read(figures.resolved, found.since, found.until, after)

    for _, one in await _pages(page, lambda one: one[0]):
        found.matters.setdefault(one.conversation, one)


# ---------------------------------------------------------------- counting


def _counted(found: _Found, hidden: Set[int]) -> Report:
    shown = [queue for queue in found.queues if queue.id not in hidden]
    targets = {queue.id: queue.target for queue in found.queues}
    turns = [
        turn.counted(targets.get(turn.queue, 0)) for turn in found.turns if turn.queue not in hidden
    ]
    by_queue = numbers.grouped(turns, lambda turn: turn.queue)
    days = {
        agent.id: numbers.attendance(
            agent.id, found.present.get(agent.id, ()), found.work.get(agent.id, ())
        )
        for agent in found.agents
    }
    return Report(
        since=time_of(found.since),
        until=time_of(found.until),
        total=Figures(**_figures(turns, found.until)),
        queues=[
            QueueFigures(
                id=one.id, name=one.name, **_figures(by_queue.get(one.id, []), found.until)
            )
            for one in shown
        ],
        agents=[_agent(agent, days[agent.id]) for agent in found.agents],
        occupancy=_round(numbers.occupancy(days.values()).value),
        occupancy_spread=_round(numbers.occupancy_spread(days.values())),
        matters=_matters([one.matter for one in found.matters.values() if one.queue not in hidden]),
    )


def _figures(turns: Sequence[Turn], until: int) -> dict[str, Any]:
    level, left = numbers.service_level(turns, until), numbers.abandonment(turns, until)
    return {
        "offered": left.offered,
        "answered": sum(turn.answered_at is not None for turn in turns),
        "abandoned": left.left,
        "abandoned_short": left.short,
        "service_level": _round(level.value),
        "weighted_service_level": _round(numbers.weighted_service_level(turns, until).value),
        "abandonment": _round(left.value),
        "asa_seconds": _seconds(numbers.speed_of_answer(turns)),
        "p95_wait_seconds": _seconds(numbers.wait_percentile(turns, now=until)),
        "longest_wait_seconds": _seconds(numbers.longest_wait(turns, until)),
        "handle_seconds": _seconds(numbers.handle_time(turns)),
    }


def _agent(agent: BoardAgent, day: numbers.Attendance) -> AgentFigures:
    return AgentFigures(
        id=agent.id,
        name=agent.name,
        present_seconds=day.present // SECOND,
        busy_seconds=day.busy // SECOND,
        occupancy=_round(numbers.occupancy([day]).value),
    )


def _matters(matters: Iterable[Matter]) -> MatterFigures:
    known = list(matters)
    return MatterFigures(
        resolved=len(known),
        first_contact_resolution=_round(numbers.first_contact_resolution(known).value),
        reopened=_round(numbers.reopened(known).value),
    )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value / SECOND, 1)
