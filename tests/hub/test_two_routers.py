"""Two routers on one store, one of them stalled: only the one that holds the lease writes.

On SQLite there is one process; two routers on one store are two loops of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from hub import observe
from hub.router import Router
from hub.router.epoch import DOMAIN
from storage import leases
from tests.hub.routing_desk import settled, sound
from tests.hub.running import Running

if TYPE_CHECKING:
    from storage.db import Tx


def _lost() -> float:
    return observe.CLAIMS.labels("lost")._value.get()


@asynccontextmanager
async def another(hub: Running, owner: str) -> AsyncIterator[Router]:
    """A second router beside the hub's own, fed by the same log."""
    router = Router(hub.hub.db, lambda: hub.hub.desk, owner)
    hub.hub.feed.listen(router.listen)
    task = asyncio.create_task(router.run())
    try:
        yield router
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def _expire(hub: Running) -> None:
    await hub.write(lambda tx: tx.run("UPDATE routing_lease SET expires_at = 0"))


async def _leads_once_free(hub: Running, router: Router) -> bool:
    if not router.epoch:
        await _expire(hub)  # again: the first may have renewed it
    return router.epoch > 0


async def test_the_second_waits_for_the_lease_and_then_knows_everything(hub: Running) -> None:
    await hub.sms("push")
    await settled(hub)
    (item,) = await hub.rows("SELECT id FROM work_item")
    async with another(hub, "elsewhere") as second:
        await asyncio.sleep(0)
        assert second.epoch == 0
        assert second.standing(item["id"]) is None
        await hub.until(lambda: _leads_once_free(hub, second))
        assert second.epoch == hub.hub.router.epoch + 1 or hub.hub.router.epoch == 0
        await hub.until(lambda: _knows(second, item["id"]))
        await hub.come("one")
        row = await hub.until_item((await hub.conversation()).id, "active")
        assert row["agent"] == hub.agents["one"].id
    await sound(hub)


async def _knows(router: Router, item: int) -> bool:
    return router.standing(item) is not None


async def test_what_the_stalled_one_sends_changes_no_row(hub: Running) -> None:
    """It decided, stalled, and woke up after another had taken over: its claims write nothing."""
    await settled(hub)
    stalled = hub.hub.router
    await hub.sms("push")
    await settled(hub)
    epoch = stalled.epoch
    # while it stalls: the lease is over and another takes it
    await _expire(hub)
    now = hub.hub.clock()
    taken = await hub.write(leases.acquire, DOMAIN, "elsewhere", lasts=3600_000_000, now=now)
    assert taken == epoch + 1
    before, lost = await _tables(hub), _lost()
    await hub.come("one")  # it hears of an agent who is free, and claims
    await hub.until(lambda: _stopped(stalled))
    assert _lost() > lost
    assert await _tables(hub) == before
    assert stalled.epoch == 0  # it waits for the lease, and knows nothing
    assert stalled.matcher.items == {}
    # with the lease it begins anew
    await _expire(hub)
    await hub.until_item((await hub.conversation()).id, "active")
    assert stalled.epoch == taken + 1
    await sound(hub)


async def _stopped(router: Router) -> bool:
    return router.epoch == 0


async def _tables(hub: Running) -> list[tuple[object, ...]]:
    rows = await hub.read(_everything)
    return [tuple(row) for row in rows]


def _everything(tx: Tx) -> list[object]:
    return [
        *tx.all("SELECT id, state, agent FROM work_item ORDER BY id"),
        *tx.all("SELECT id, used, soft, parked FROM agent ORDER BY id"),
        *tx.all("SELECT id, state, agent FROM offer ORDER BY id"),
        *tx.all("SELECT id, agent FROM assignment ORDER BY id"),
    ]


async def test_a_router_that_ends_gives_the_lease_up(hub: Running) -> None:
    async with another(hub, "elsewhere") as second:
        await hub.until(lambda: _leads_once_free(hub, second))
    left = await hub.value("SELECT expires_at FROM routing_lease")
    assert left == 0 or hub.hub.router.epoch > 0
