"""Claims through the store: a router's rate with a slow disk, and four processes that compete.

The rate is of the production router over a store with 5 ms added to every commit: items wait, agents
have room, and the clock runs from the first decision to the last assignment. The competition is
50,000 items on PostgreSQL that four processes all want.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hub import desk
from hub.feed import Feed
from hub.router import Router
from storage import agents
from storage.db import Database, Tx
from tests import claimant
from tests.bench.bench_store import postgres

ITEMS = 5_000
COMPETED = 50_000
PROCESSES = 4
CHUNK = 1_000
DELAY = 0.005  # seconds
BOUND = 1_000


def _roomy(tx: Tx) -> None:
    """Room for everything, in small pieces."""
    tx.run("UPDATE work_item SET units = 1")
    tx.run("UPDATE agent SET capacity = 1000")


def _assigned(tx: Tx) -> int:
    return int(tx.value("SELECT COUNT(*) FROM assignment"))


async def rate(url: str) -> float:
    """Claims a second of one router."""
    database = await Database.open(url)
    first = await database.write(claimant.furnish, ITEMS)
    assert first == 1
    await database.write(_roomy)
    await database.close()
    db = await claimant.opened(url, delay=DELAY)
    try:
        known = await db.read(desk.load)
        feed, router = Feed(db), Router(db, lambda: known, "bench")
        await feed.start()
        feed.listen(router.listen)
        began = time.perf_counter()
        loops = [asyncio.create_task(feed.run()), asyncio.create_task(router.run())]
        moved = asyncio.Event()
        db.on_commit(lambda _seq, _logged: moved.set())
        while await db.read(_assigned) < ITEMS:
            moved.clear()
            await moved.wait()
        took = time.perf_counter() - began
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        if wrong := await db.read(agents.miscounted):
            raise SystemExit(f"{len(wrong)} agents are miscounted")
        return ITEMS / took
    finally:
        await db.close()


async def compete(url: str) -> None:
    """Four processes, and what the tables say afterwards."""
    db = await claimant.opened(url)
    try:
        first = await db.write(claimant.furnish, CHUNK)
        for _ in range(COMPETED // CHUNK - 1):
            await db.write(claimant.more, CHUNK)
        began = time.perf_counter()
        command = [sys.executable, "-m", "tests.claimant", url, str(first), str(COMPETED)]
        running = [
            await asyncio.create_subprocess_exec(*command, str(seed), stdout=subprocess.PIPE)
            for seed in range(PROCESSES)
        ]
        outputs = [await process.communicate() for process in running]
        took = time.perf_counter() - began
        won, lost, full = (
            sum(int(out.split()[n]) for out, _ in outputs) for n in range(3)
        )  # fmt: skip
        twice = await db.read(
            lambda tx: tx.value(
                """
                SELECT COUNT(*) FROM (SELECT work_item FROM assignment
                  GROUP BY work_item HAVING COUNT(*) > 1) AS doubled
                """
            )
        )
        wrong = len(await db.read(agents.miscounted))
        failed = sum(process.returncode != 0 for process in running)
        print(
            f"{PROCESSES} processes on PostgreSQL: {won:,} claims won, {lost:,} lost, {full:,} with "
            f"no room, {won / took:,.0f} won/s; double claims {twice}, overruns {failed}, "
            f"miscounted {wrong}"
        )
        if twice or wrong or failed or won != COMPETED:
            raise SystemExit("claims do not hold")
    finally:
        await db.close()


def show(engine: str, claims: float) -> None:
    """One line."""
    verdict = "ok" if claims >= BOUND else "BELOW"
    print(f"claims, {engine}, +5 ms a commit  {claims:8,.0f}/s  (>= {BOUND:,}) {verdict}")


def main() -> None:
    """Print the figures."""
    logging.disable()
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    folder.chmod(0o755)
    try:
        show("SQLite", asyncio.run(rate(f"sqlite:///{folder / 'claims.db'}")))
        with postgres(folder) as fresh:
            show("PostgreSQL", asyncio.run(rate(fresh("claims"))))
            asyncio.run(compete(fresh("competing")))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
