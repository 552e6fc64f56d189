"""The routing lease: one writer at a time, and nothing from who was one before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from hub.store import FINISHERS
from storage import leases
from storage.db import Database, Tx
from storage.leases import StaleEpoch

LASTS = 10_000_000
DOMAIN = "hub"


@pytest.fixture
async def other(db: Database, db_url: str) -> AsyncIterator[Database]:
    """Another process's view of the same store (on PostgreSQL; SQLite has one writer)."""
    second = await Database.open(db_url, finishers=FINISHERS)
    try:
        yield second
    finally:
        await second.close()


async def _acquire(db: Database, owner: str, now: int = 1_000) -> int | None:
    return await db.write(leases.acquire, DOMAIN, owner, lasts=LASTS, now=now)


async def _expire(db: Database) -> None:
    await db.write(lambda tx: tx.run("UPDATE routing_lease SET expires_at = 0"))


async def test_a_lease_is_waited_for_except_by_its_own_owner(db: Database) -> None:
    assert await _acquire(db, "one") == 1
    assert await _acquire(db, "two") is None
    assert await _acquire(db, "one") == 2  # a restart
    await _expire(db)
    assert await _acquire(db, "two") == 3
    assert await db.write(lambda tx: tx.value("SELECT COUNT(*) FROM routing_lease")) == 1


async def test_a_renewed_lease_does_not_expire_and_a_lost_one_cannot_be_renewed(
    db: Database,
) -> None:
    first = await _acquire(db, "one")
    assert first is not None
    assert await db.write(leases.renew, DOMAIN, first, lasts=LASTS, now=5_000_000) > 0
    assert await _acquire(db, "two", now=5_000_001) is None
    await _expire(db)
    assert await _acquire(db, "two") == 2
    with pytest.raises(StaleEpoch):
        await db.write(leases.renew, DOMAIN, first, lasts=LASTS, now=1)


async def test_a_lease_given_up_is_free_at_once(db: Database) -> None:
    first = await _acquire(db, "one")
    assert first is not None
    await db.write(leases.give_up, DOMAIN, first)
    assert await _acquire(db, "two") == 2
    await db.write(leases.give_up, DOMAIN, first)  # no longer theirs to give
    assert await _acquire(db, "three") is None


async def test_the_stale_epoch_writes_nothing(db: Database) -> None:
    first = await _acquire(db, "one")
    assert first is not None
    await _expire(db)
    second = await _acquire(db, "two")

    def write(tx: Tx, epoch: int) -> int:
        leases.fence(tx, DOMAIN, epoch)
        return tx.run("INSERT INTO setting (name, value) VALUES (:n, 'x')", n=f"by {epoch}")

    with pytest.raises(StaleEpoch):
        await db.write(write, first)
    assert second is not None
    assert await db.write(write, second) == 1
    rows = await db.read(lambda tx: tx.all("SELECT name FROM setting"))
    assert [row["name"] for row in rows] == ["by 2"]


async def test_nobody_takes_over_while_a_fenced_transaction_runs(
    db: Database, other: Database
) -> None:
    if db.engine == "sqlite":
        pytest.skip("SQLite runs one write transaction at a time")
    first = await _acquire(db, "one")
    assert first is not None
    await _expire(db)
    held, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(tx: Tx) -> None:
        leases.fence(tx, DOMAIN, first)
        loop.call_soon_threadsafe(held.set)
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()
        tx.run("INSERT INTO setting (name, value) VALUES ('in time', 'x')")

    running = asyncio.ensure_future(db.write(slow))
    await held.wait()
    taking = asyncio.ensure_future(_acquire(other, "two"))
    for _ in range(20):  # it is put back again and again
        await other.write(lambda tx: tx.value("SELECT 1"))
    assert not taking.done()
    release.set()
    await running
    assert await taking == 2


async def test_a_group_asks_once_and_forgets_what_a_failed_function_held(db: Database) -> None:
    """A rolled-back savepoint gives its row locks back, so the next function must ask again."""
    first = await _acquire(db, "one")
    assert first is not None
    held: list[bool] = []

    def fenced(tx: Tx, *, fails: bool = False) -> None:
        held.append(bool(tx.held))
        leases.fence(tx, DOMAIN, first)
        if fails:
            raise ZeroDivisionError

    results = await asyncio.gather(
        *(db.write(fenced, fails=fails) for fails in (True, False, False)), return_exceptions=True
    )
    assert [type(result) for result in results] == [ZeroDivisionError, type(None), type(None)]
    assert held[:2] == [False, False]
    await _expire(db)
    await _acquire(db, "two")
    with pytest.raises(StaleEpoch):  # another group asks anew
        await db.write(fenced)
