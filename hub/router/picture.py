"""What the store says of items, agents and queues, in the words of the matcher: read in one look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from hub import queue
from hub.queue import Queue
from routing.model import AgentState, Item, Mode, Presence
from storage import abilities, agents, handle_times, queues, work_items
from storage.abilities import Abilities

if TYPE_CHECKING:
    from storage.db import Row, Tx
    from storage.work_items import Standing

DENSE: Final = 4  # ids read a range at once: at least so many, at most so many times as wide
EVERYBODY: Final = 0
"""Among agents' ids: all of them, and the queues."""
Handles = Mapping[tuple[int, str], int]


@dataclass(frozen=True, slots=True)
class Picture:
    """Some items and agents as they are; a missing item no longer waits, a missing agent is gone."""

    items: dict[int, Item | None]
    agents: dict[int, AgentState | None]
    queues: dict[int, Queue] | None = None
    """All of them; None: not asked for."""
    handles: Handles | None = None
    """Mean handle times (µs) by queue and channel kind; None: not asked for."""
    planned: frozenset[int] = frozenset()
    """The items whose plan says where they overflow to."""


def take(
    tx: Tx, items: Sequence[int], people: frozenset[int], handles: Handles, now: int
) -> Picture:
    """A picture of these items and agents; of all agents and queues where ``EVERYBODY`` is asked for.

    ``handles``: mean handle time (µs) by queue and channel kind.
    """
    rows = {row.id: row for row in _rows(tx, items)}
    waiting = {id: _item(rows[id], handles) if id in rows else None for id in items}
    if EVERYBODY not in people:
        found = {id: agent(tx, id, now) for id in people}
        return Picture(waiting, found, planned=_planned(rows.values()))
    known = {row["id"]: queue.read(row) for row in queues.listed(tx)}
    everyone = _everyone(tx, now)
    gone = dict.fromkeys(people - everyone.keys() - {EVERYBODY})
    means = handle_times.load(tx)
    return Picture(waiting, {**everyone, **gone}, known, means, _planned(rows.values()))


def everything(tx: Tx, now: int) -> Picture:
    """What a router begins with: all that waits, everybody, every queue."""
    handles = handle_times.load(tx)
    rows = work_items.waiting(tx)
    items: dict[int, Item | None] = {row.id: _item(row, handles) for row in rows}
    known = {row["id"]: queue.read(row) for row in queues.listed(tx)}
    return Picture(items, {**_everyone(tx, now)}, known, handles, _planned(rows))


def _planned(rows: Iterable[Standing]) -> frozenset[int]:
    return frozenset(row.id for row in rows if '"overflow"' in row.plan)


def _everyone(tx: Tx, now: int) -> dict[int, AgentState | None]:
    able = abilities.everyone(tx)
    return {
        row["id"]: _state(row, able.get(row["id"], Abilities()), now) for row in agents.everyone(tx)
    }


def agent(tx: Tx, id: int, now: int) -> AgentState | None:
    """One agent; None: they take no work any more."""
    row = agents.get(tx, id)
    if row is None or not row["active"]:
        return None
    return _state(row, abilities.of_one(tx, id), now)


def _rows(tx: Tx, ids: Sequence[int]) -> list[Standing]:
    """Those of these items that wait: new ones have neighbouring ids, and are read in one
    statement."""
    if len(ids) > DENSE and max(ids) - min(ids) < DENSE * len(ids):
        wanted = set(ids)
        return [row for row in work_items.between(tx, min(ids), max(ids)) if row.id in wanted]
    return [row for id in ids for row in work_items.between(tx, id, id)]


def _state(row: Row, able: Abilities, now: int) -> AgentState:
    gone = row["lease_until"] is not None and row["lease_until"] < now
    limits: dict[str, int] = {} if row["limits"] == "{}" else msgspec.json.decode(row["limits"])
    return AgentState(
        id=row["id"],
        queues=frozenset(able.queues),
        presence=Presence.OFFLINE if gone else Presence(row["presence"]),
        capacity=row["capacity"],
        used=row["used"],
        idle_since=row["idle_since"],
        skills=tuple(sorted(able.skills)),
        limits=tuple(sorted(limits.items())),
        counts=tuple(sorted(able.counts)),
        soft=row["soft"],
        parked=row["parked"],
        wrapping=able.wrapping,
        last_assigned=row["last_assigned"],
        pace=tuple(sorted(able.pace)),
    )


def _item(row: Standing, handles: Handles) -> Item:
    plan = work_items.read_plan(row.plan)
    return Item(
        id=row.id,
        queue=row.queue,
        order_key=row.order_key,
        units=row.units,
        mode=Mode(row.mode),
        kind=row.kind,
        owner=row.owner,
        preferred=row.preferred_agent,
        excluded=work_items.read_excluded(row.excluded),
        step=plan.step(row.step),
        later=plan.later(row.step),
        weight=row.weight / 100,
        target=row.target or 0,
        handle=handles.get((row.queue, row.kind), 0),
        interruptible=bool(row.interruptible),
        preferred_at=row.preferred_at,
        again_at=row.again_at or 0,
    )
