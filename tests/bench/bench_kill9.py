"""``kill -9`` of the hub, 20 times, under webhooks (some of 100 kB) and chat: what is left, counted."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from hub import settings
from hub.demo import config, drill, parent

KILLS = 20
SECONDS = (0.2, 1.6)  # of traffic before each kill
BIG_EVERY = 40
MOST_SECONDS = 600.0


async def run(folder: Path) -> bool:
    """One load over all kills, then the count; whether everything is there."""
    environment = {"HUB_DATA": str(folder / "data"), "HUB_LISTEN": "127.0.0.1:0"}
    if "HUB_DATABASE" in os.environ:
        environment["HUB_DATABASE"] = os.environ["HUB_DATABASE"]
    chosen = settings.load(None, {**environment, "HUB_LOG": "error"})
    async with parent.running(chosen, talks=0) as demo:
        assert demo is not None
        before = await demo.door.api("GET", "/ledger")
        load = drill.Load(demo.door, demo.line, big_every=BIG_EVERY)
        loading = asyncio.create_task(load.run(MOST_SECONDS))
        outages = await _kill(demo, loading)
        load.stop()
        await loading
        found = drill.Progress(phase="comparing")
        matters = await drill.count(demo.door, load, found)
        after = await demo.door.api("GET", "/ledger")
        queues = (await demo.door.api("GET", "/queues"))["items"]
    filed = {state: after[state] - before[state] for state in after}
    waiting = sum(one["waiting"] for one in queues if one["name"] == config.DRILL)
    print(
        f"kill -9 x {KILLS}: sent {len(load.sent)}, acknowledged {len(load.acknowledged)}, "
        f"stored {found.stored}: {found.lost} lost, {found.doubled} doubled, "
        f"{found.stranded} stranded",
        f"  ledger: {filed}; queue: {waiting} waiting of {len(matters)} matters",
        f"  back after {median(outages):.0f} ms ({min(outages)}-{max(outages)})",
        sep="\n",
        flush=True,
    )
    return (
        (found.lost, found.doubled, found.stranded) == (0, 0, 0)
        and len(load.sent) == len(load.acknowledged) == found.stored == filed["stored"]
        and filed["failed"] == filed["rejected"] == 0
        and waiting == len(matters) == len(load.people)
    )


async def _kill(demo: parent.Demo, loading: asyncio.Task[Any]) -> list[int]:
    """Milliseconds of each outage."""
    rng = random.Random(9)
    outages = []
    for _ in range(KILLS):
        await asyncio.wait([loading], timeout=rng.uniform(*SECONDS))
        if loading.done():
            loading.result()
        demo.hub.kill()
        await demo.hub.wait_up()
        outages.append(demo.hub.down_ms)
    return outages


def main() -> int:
    """1 if anything is missing, twice there, or waits for nobody."""
    with tempfile.TemporaryDirectory() as folder:
        whole = asyncio.run(run(Path(folder)))
    if not whole:
        print("  NOT WHOLE")
    return int(not whole)


if __name__ == "__main__":
    sys.exit(main())
