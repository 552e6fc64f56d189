"""Four processes want the same items at once: each item is somebody's once, and nobody has too much."""

from __future__ import annotations

import asyncio
import sys

from storage import agents
from storage.db import Database, Row, Tx
from tests import claimant

ITEMS, PROCESSES = 1_000, 4


def _doubles(tx: Tx) -> list[Row]:
    return tx.all("SELECT work_item FROM assignment GROUP BY work_item HAVING COUNT(*) > 1 LIMIT 5")


def _counts(tx: Tx) -> tuple[int, int, int]:
    return (
        tx.value("SELECT COUNT(*) FROM assignment"),
        tx.value("SELECT COUNT(*) FROM work_item WHERE state IN ('active', 'completed')"),
        tx.value("SELECT MAX(used) FROM agent"),
    )


async def test_no_item_is_claimed_twice_and_no_agent_overrun(postgres_url: str) -> None:
    db: Database = await claimant.opened(postgres_url)
    try:
        first = await db.write(claimant.furnish, ITEMS)
        last = first + ITEMS - 1
        running = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.claimant", postgres_url, str(first), str(last),
                str(seed), stdout=asyncio.subprocess.PIPE,
            )
            for seed in range(PROCESSES)
        ]  # fmt: skip
        outputs = [await process.communicate() for process in running]
        assert [process.returncode for process in running] == [0] * PROCESSES
        won = [int(out.split()[0]) for out, _ in outputs]
        lost = [int(out.split()[1]) for out, _ in outputs]
        assert await db.read(_doubles) == []
        assigned, done, most = await db.read(_counts)
        assert sum(won) == assigned == done
        assert sum(lost) > ITEMS  # they did compete
        assert most <= claimant.CAPACITY
        assert await db.read(agents.miscounted) == []
    finally:
        await db.close()
