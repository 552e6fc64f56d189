"""Every night: how long work takes, and how fast each agent is at it, from the last month's turns.

Read a day at a time, so that no read stays open for long; the result is one small transaction.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from routing import pace
from routing.pace import Tally
from storage import events, handle_times, skills, timers

if TYPE_CHECKING:
    from storage.db import Database, Tx

HOUR: Final = 3600 * 1_000_000
DAY: Final = 24 * HOUR
NIGHT: Final = 2 * HOUR
"""After midnight, UTC."""
DAYS: Final = 30
KIND: Final = "pace"


def plan_next(tx: Tx, now: int) -> None:
    """The next night, unless one is planned already."""
    timers.keep(tx, KIND, 0, (now - NIGHT) // DAY * DAY + DAY + NIGHT)


async def measure(db: Database, now: int) -> int:
    """Estimate anew; how many (agent, queue) have a pace of their own now."""
    tally = Tally.empty()
    for day in range(DAYS, 0, -1):
        found = await db.read(handle_times.between, now - day * DAY, now - (day - 1) * DAY)
        await asyncio.to_thread(tally.add, found)
    rows = pace.paces(tally)
    await db.write(_save, rows, pace.handle_times(tally), now)
    return len(rows)


def _save(
    tx: Tx, rows: list[tuple[int, int, int, int]], means: dict[tuple[int, str], int], now: int
) -> None:
    skills.save_pace(tx, rows, now=now)
    if means != handle_times.load(tx):
        handle_times.save(tx, means)
        events.append(tx, "queue.changed", 0, now=now)  # every waiting item is looked at again
    timers.drop(tx, KIND, 0)
    plan_next(tx, now)
