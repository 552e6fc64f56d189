"""The board as supervisors see it: each queue's day in figures, each agent's hands.

Pure: from what ``hub/board/__init__.py`` keeps to what REST and sockets answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import msgspec

from routing.availability import RoutingState, routing_state
from routing.model import CHARGED, SECOND
from routing.tally import Tally
from storage.board import BoardAgent, BoardQueue, BoardTurn
from storage.views import when
from storage.views.times import time_of

WAITING = ("queued", "offered")


class LevelView(msgspec.Struct, kw_only=True):
    """Service level of the day: routing/numbers.md says how it is counted."""

    value: float | None
    """From 0 to 1; null: nothing was offered yet."""
    answered_in_target: int
    offered: int


class QueueBoard(msgspec.Struct, kw_only=True):
    """One queue: who waits now, and the figures of the turns that began today."""

    id: int
    name: str
    title: dict[str, str]
    waiting: int
    oldest_at: datetime | None
    longest_wait_seconds: int
    target_seconds: int | None
    """The wait that the queue declares to aim at; null: it declares none."""
    service_level: LevelView
    abandoned: int
    """Left before any answer, those who left at once not counted."""
    asa_seconds: float | None
    """Mean wait of the answered."""
    agents: dict[str, int]
    """How many of its agents are in each state."""


class HeldItem(msgspec.Struct, kw_only=True):
    """One piece of work in an agent's hands."""

    work_item: int
    conversation: int
    state: str
    kind: str
    """Of the channel."""


class AgentBoard(msgspec.Struct, kw_only=True):
    """One agent."""

    id: int
    name: str
    state: str
    """available, offered, busy, full, wrapping, away or offline."""
    presence: str
    reason: str
    since: datetime
    """When they last came, went, got work or were done with some."""
    used: int
    capacity: int
    items: list[HeldItem]
    queues: list[int]


class BoardView(msgspec.Struct, kw_only=True):
    """Everything on the board, as one person may see it."""

    at: datetime
    queues: list[QueueBoard]
    agents: list[AgentBoard]


class BoardFrame(BoardView, kw_only=True, tag_field="type", tag="board"):
    """The same over the socket."""


@dataclass(slots=True)
class Day:
    """What the board knows: the turns of one day and whatever is live."""

    since: int
    """Microseconds: when the day began."""
    queues: Mapping[int, BoardQueue] = field(default_factory=dict)
    agents: dict[int, BoardAgent] = field(default_factory=dict)
    live: dict[int, BoardTurn] = field(default_factory=dict)
    done: dict[int, Tally] = field(default_factory=dict)
    """Queue -> the turns that began today and are over."""
    ended: set[int] = field(default_factory=set)
    """Which these are: none is counted twice."""

    def put(self, turn: BoardTurn) -> None:
        """Take in a turn as the store has it; one that is over stays over."""
        if turn.id in self.ended:
            return
        if turn.ended_at is None:
            self.live[turn.id] = turn
            return
        self.live.pop(turn.id, None)
        if turn.entered_at >= self.since:
            self.ended.add(turn.id)
            self.done.setdefault(turn.queue, Tally()).add(turn.counted(self.target(turn.queue)))

    def target(self, queue: int) -> int:
        """The wait that a queue aims at (µs)."""
        found = self.queues.get(queue)
        return found.target if found is not None else 0


def draw(day: Day, now: int, hidden: Set[int] = frozenset()) -> BoardView:
    """The board at ``now``, without what ``hidden`` queues hold."""
    held = _held(day.live.values())
    states = {agent.id: _state(agent, held.get(agent.id, [])) for agent in day.agents.values()}
    within: dict[int, list[BoardTurn]] = defaultdict(list)
    for turn in day.live.values():
        within[turn.queue].append(turn)
    members: dict[int, Counter[str]] = defaultdict(Counter)
    for agent in day.agents.values():
        for queue in agent.queues:
            members[queue][states[agent.id].value] += 1
    return BoardView(
        at=time_of(now),
        queues=[
            _queue(day, queue, within[queue.id], members[queue.id], now)
            for queue in day.queues.values()
            if queue.id not in hidden
        ],
        agents=[
            _agent(agent, states[agent.id], held.get(agent.id, []), hidden)
            for agent in sorted(day.agents.values(), key=lambda one: one.id)
        ],
    )


def _held(turns: Iterable[BoardTurn]) -> dict[int, list[BoardTurn]]:
    mine = [turn for turn in turns if turn.agent is not None and turn.state in CHARGED]
    mine.sort(key=lambda turn: (turn.agent or 0, turn.id))
    return {agent: list(some) for agent, some in groupby(mine, lambda one: one.agent or 0)}


def _state(agent: BoardAgent, items: Iterable[BoardTurn]) -> RoutingState:
    return routing_state(agent.presence, agent.capacity, agent.used, [one.state for one in items])


def _queue(
    day: Day,
    queue: BoardQueue,
    turns: list[BoardTurn],
    members: Mapping[str, int],
    now: int,
) -> QueueBoard:
    tally = day.done.get(queue.id, Tally()).plus(_under_way(day, queue, turns, now))
    waiting = [turn.entered_at for turn in turns if turn.state in WAITING]
    oldest = min(waiting, default=None)
    longest = max(tally.longest or 0, 0 if oldest is None else now - oldest)
    level, speed = tally.service_level, tally.speed_of_answer
    return QueueBoard(
        id=queue.id,
        name=queue.name,
        title=queue.title,
        waiting=len(waiting),
        oldest_at=when(oldest),
        longest_wait_seconds=longest // SECOND,
        target_seconds=queue.target // SECOND if queue.declared else None,
        service_level=LevelView(
            value=None if level.value is None else round(level.value, 4),
            answered_in_target=tally.in_target,
            offered=tally.offered,
        ),
        abandoned=tally.abandonment.left,
        asa_seconds=None if speed is None else round(speed / SECOND, 1),
        agents={state.value: members.get(state.value, 0) for state in RoutingState},
    )


def _under_way(day: Day, queue: BoardQueue, turns: Iterable[BoardTurn], now: int) -> Tally:
    """What the live turns of today count for so far."""
    tally = Tally()
    unanswered = []
    for turn in turns:
        if turn.entered_at < day.since:
            continue
        if turn.answered_at is None:
            target = queue.target if turn.target is None else turn.target
            unanswered.append((now - turn.entered_at, target))
        else:
            tally.add(turn.counted(queue.target), now)
    tally.add_waiting(unanswered)
    return tally


def _agent(
    agent: BoardAgent, state: RoutingState, items: Iterable[BoardTurn], hidden: Set[int]
) -> AgentBoard:
    here = state not in (RoutingState.AWAY, RoutingState.OFFLINE)
    since = max(agent.present_since, agent.idle_since) if here else agent.present_since
    return AgentBoard(
        id=agent.id,
        name=agent.name,
        state=state.value,
        presence=agent.presence,
        reason=agent.reason,
        since=time_of(since),
        used=agent.used,
        capacity=agent.capacity,
        items=[
            HeldItem(
                work_item=one.id, conversation=one.conversation, state=one.state, kind=one.kind
            )
            for one in items
            if one.queue not in hidden
        ],
        queues=[queue for queue in agent.queues if queue not in hidden],
    )
