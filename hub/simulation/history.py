"""The hub's own last days as a scenario: what ``from: history`` in a file stands for.

Customers come when they came. Work takes a log-normal time with the mean and the spread of the
queue's finished turns, wrap-up with it. Patience is exponential: the time waited by all over the
number who gave up, which allows for those who were answered before they would have. Every agent is
a group of their own, there when they were available, with the pace that is known of them. Each day
begins with empty queues, and a turn that went straight to its conversation's agent is anybody's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hub.queue import Queue
from hub.queue import read as read_queue
from routing.model import SECOND
from storage import abilities, history, queues

if TYPE_CHECKING:
    from storage.db import Database, Row

MOST_DAYS: Final = 366
_MINUTE: Final = 60 * SECOND
_CV: Final = (0.05, 5.0)

Day = tuple[int, int]
"""From and until, µs; the end is the next one's beginning."""


class HistoryRefused(ValueError):
    """There is nothing to simulate; the message is for people."""


@dataclass(slots=True)
class _Type:
    """What is known of a queue's customers."""

    arrivals: list[list[float]]
    took: list[int] = field(default_factory=list)
    waited: int = 0
    gone: int = 0
    kinds: Counter[tuple[str, int]] = field(default_factory=Counter)
    """(channel kind, units) -> turns."""

    def add(self, day: int, begins: int, row: Row) -> None:
        """One turn."""
        self.arrivals[day].append((row["entered_at"] - begins) / SECOND)
        self.kinds[row["kind"], row["units"]] += 1
        ended = row["answered_at"] if row["answered_at"] is not None else row["ended_at"]
        if ended is not None:
            begun = row["assigned_at"] if row["assigned_at"] is not None else ended
            self.waited += max(0, min(begun, ended) - row["entered_at"])
        self.gone += bool(row["abandoned"]) and row["answered_at"] is None
        done = row["ended_at"] if row["ended_at"] is not None else row["answered_at"]
        if row["assigned_at"] is not None and done is not None and done > row["assigned_at"]:
            self.took.append(done - row["assigned_at"])


async def recorded(db: Database, *, days: int, zone: str, now: int) -> dict[str, Any]:
    """The last ``days`` whole days of ``zone`` as a scenario file's document.

    Raises HistoryRefused if nobody came or nobody was there.
    """
    if not 1 <= days <= MOST_DAYS:
        raise HistoryRefused(f"days: expected a number from 1 to {MOST_DAYS}")
    try:
        spans = whole_days(now, days, ZoneInfo(zone))
    except (ValueError, ZoneInfoNotFoundError) as err:
        raise HistoryRefused(f"zone: {zone!r} is not a time zone such as Asia/Tehran") from err
    spans = await _lived(db, spans)
    standing = [read_queue(row) for row in await db.read(queues.listed)]
    found = {queue.id: _Type([[] for _ in spans]) for queue in standing}
    for place, (begins, ends) in enumerate(spans):
        for row in await db.read(history.turns, begins, ends):
            if row["queue"] in found:
                found[row["queue"]].add(place, begins, row)
    groups = await _groups(db, standing, spans)
    served = {name for _, factors in groups.values() for name in factors}
    types = {
        queue.name: _type(queue, found[queue.id], found.values())
        for queue in standing
        if found[queue.id].kinds and queue.name in served
    }
    if not types:
        raise HistoryRefused(f"in the last {days} days nothing came that an agent could take")
    return {
        "days": len(spans),
        "slot": "30m",
        "profile": [1.0] * 48,
        "warm_up": 0,
        "types": types,
        "groups": {
            name: {**group, "primary": own, **{queue: served[queue] for queue in own}}
            for name, (group, served) in groups.items()
            if (own := [queue for queue in served if queue in types])
        },
    }


async def _lived(db: Database, days: list[Day]) -> list[Day]:
    """Without the days before anybody came or was there: the hub was not in use yet."""
    for place, (begins, ends) in enumerate(days):
        if await db.read(history.anything, begins, ends):
            return days[place:]
    return days


def whole_days(now: int, count: int, zone: ZoneInfo) -> list[Day]:
    """The last ``count`` days before today, midnight to midnight of the zone."""
    today = datetime.fromtimestamp(now / SECOND, tz=zone).date()
    midnights = [
        datetime.combine(today - timedelta(days=back), time(), tzinfo=zone).astimezone(UTC)
        for back in range(count, -1, -1)
    ]
    at = [round(midnight.timestamp() * SECOND) for midnight in midnights]
    return list(pairwise(at))


# ---------------------------------------------------------------- queues


def _type(queue: Queue, seen: _Type, all: Iterable[_Type]) -> dict[str, Any]:
    took = seen.took or [span for one in all for span in one.took]
    if not took:
        raise HistoryRefused("no turn was finished in these days: how long work takes is unknown")
    mean = math.fsum(took) / len(took)
    spread = math.sqrt(math.fsum((span - mean) ** 2 for span in took) / len(took)) / mean
    (kind, units), _ = seen.kinds.most_common(1)[0]
    shape = {
        "arrivals": seen.arrivals,
        "handle": {"mean": mean / SECOND, "cv": min(max(spread, _CV[0]), _CV[1])},
        "target": (queue.policy.target if queue.target is None else queue.target) / SECOND,
        "weight": queue.policy.weight,
        "kind": kind,
        "units": min(100, max(1, units)),
    }
    if seen.gone and seen.waited:
        shape["patience"] = seen.waited / seen.gone / SECOND
    return shape


# ---------------------------------------------------------------- agents


async def _groups(
    db: Database, standing: Sequence[Queue], days: Sequence[Day]
) -> dict[str, tuple[dict[str, Any], dict[str, float]]]:
    """A group for each agent who was ever there, and their factor for each of their queues."""
    names = {queue.id: queue.name for queue in standing}
    able = await db.read(abilities.everyone)
    present = _present(await db.read(history.presences, days[0][0], days[-1][1]), days[-1][1])
    found: dict[str, tuple[dict[str, Any], dict[str, float]]] = {}
    for row in await db.read(history.agents):
        ability = able.get(row["id"], abilities.Abilities())
        hours = [_hours(present.get(row["id"], ()), day) for day in days]
        if not any(hours) or not ability.queues & names.keys():
            continue
        pace = dict(ability.pace)
        served = {names[q]: pace.get(q, 1000) / 1000 for q in sorted(ability.queues & names.keys())}
        name = row["name"] if row["name"] not in found else f"{row['name']} {row['id']}"
        group = {
            "agents": 1,
            "hours": hours,
            "capacity": row["capacity"],
            "limits": msgspec.json.decode(row["limits"]),
            "skills": dict(ability.skills),
            "speed_sd": 0,
        }
        found[name] = (group, served)
    return found


def _present(rows: Iterable[Row], until: int) -> dict[int, list[Day]]:
    """Agent -> when they were available."""
    since: dict[int, int] = {}
    found: dict[int, list[Day]] = {}
    for row in rows:
        agent, at = row["agent"], row["at"]
        if row["presence"] == "available":
            since.setdefault(agent, at)
        elif agent in since:
            found.setdefault(agent, []).append((since.pop(agent), at))
    for agent, at in since.items():
        found.setdefault(agent, []).append((at, until))
    return found


def _hours(spans: Iterable[Day], day: Day) -> list[str]:
    """The part of these within the day, in whole minutes, as a file says it."""
    begins, ends = day
    found: list[list[int]] = []
    for since, until in spans:
        first = max(since, begins) - begins
        last = min(until, ends) - begins
        low, high = first // _MINUTE, min(-(-last // _MINUTE), 24 * 60)
        if last <= first or high <= low:
            continue
        if found and low <= found[-1][1]:
            found[-1][1] = max(found[-1][1], high)
        else:
            found.append([low, high])
    return [f"{_clock(low)}-{_clock(high)}" for low, high in found]


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
