"""The feed: every event of the log, once and in order, whoever committed it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

import pytest

from hub.feed import BATCH, Feed
from hub.store import FINISHERS
from storage import events
from storage.db import Database, Named, Tx

NAMES = ("seq", "kind", "subject", "conversation", "contact", "queue", "agent", "data", "at")


class Two:
    """Two processes' stores on one log, and a feed on the first."""

    def __init__(self, ours: Database, theirs: Database) -> None:
        self.ours, self.theirs = ours, theirs
        self.feed = Feed(ours)
        self.heard: list[tuple[object, ...]] = []
        self._moved = asyncio.Event()
        self.feed.listen(self._hear)

    def _hear(self, batch: Sequence[Named]) -> None:
        self.heard += [tuple(event[name] for name in NAMES) for event in batch]
        self._moved.set()

    async def until(self, count: int) -> None:
        """So many events have been heard."""
        async with asyncio.timeout(30):
            while len(self.heard) < count:
                self._moved.clear()
                await self._moved.wait()

    async def logged(self) -> list[tuple[object, ...]]:
        rows = await self.ours.read(events.since, 0, 100_000)
        return [tuple(row[name] for name in NAMES) for row in rows]

    async def caught_up(self) -> None:
        """Our own next commit brings whatever the others wrote before."""
        await self.ours.write(say, -1)
        await self.until(len(await self.logged()))


def say(tx: Tx, subject: int, times: int = 1) -> None:
    for n in range(times):
        events.append(tx, "agent.changed", subject, now=subject, agent=n, note="é")


def fail(tx: Tx) -> None:
    say(tx, 0)
    raise KeyError("never mind")


@pytest.fixture
async def two(db_url: str) -> AsyncIterator[Two]:
    async with AsyncExitStack() as stack:
        stores = []
        for _ in range(2):
            stores.append(await Database.open(db_url, finishers=FINISHERS))
            stack.push_async_callback(stores[-1].close)
        found = Two(*stores)
        await found.feed.start()
        task = asyncio.create_task(found.feed.run())
        yield found
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("seed", range(4))
async def test_all_is_heard_once_and_in_order(two: Two, seed: int) -> None:
    luck = random.Random(seed)
    writing: list[asyncio.Future[None]] = []
    for number in range(200):
        store = two.theirs if luck.random() < 0.2 else two.ours
        if luck.random() < 0.1:
            writing.append(store.submit(fail))
        else:
            writing.append(store.submit(say, number, luck.choice([1, 1, 2, 40])))
        if luck.random() < 0.2:
            await asyncio.sleep(luck.choice([0, 0, 0.001, 0.004]))
    await asyncio.gather(*writing, return_exceptions=True)
    await two.caught_up()
    assert two.heard == await two.logged()


async def test_a_flood_of_our_own_is_handed_on_in_pieces(two: Two) -> None:
    """A listener looks at a batch in one go: no function makes it larger than a read would."""
    sizes: list[int] = []
    two.feed.listen(lambda batch: sizes.append(len(batch)))
    await two.caught_up()
    before = len(two.heard)
    await two.ours.write(say, 1, 5 * BATCH // 2)
    await two.until(before + 5 * BATCH // 2)
    await two.caught_up()
    assert two.heard == await two.logged()
    assert max(sizes) == BATCH


async def test_our_own_events_are_not_read_again(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    await two.caught_up()
    read: list[int] = []
    since = events.since

    def counted(tx: Tx, seq: int, limit: int = 1000) -> list[Named]:
        read.append(seq)
        return list(since(tx, seq, limit))

    monkeypatch.setattr(events, "since", counted)
    before = len(two.heard)
    for number in range(20):
        await two.ours.write(say, number)
    await two.until(before + 20)
    assert not read if two.ours.engine == "sqlite" else read
    await two.theirs.write(say, 99)
    await two.ours.write(say, 100)
    await two.until(before + 22)
    assert read, "somebody else's event lay between"
