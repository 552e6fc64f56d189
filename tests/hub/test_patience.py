"""Futures that take too long are given up, and no others."""

from __future__ import annotations

import asyncio

import pytest

from hub.patience import Patience
from storage.errors import StoreUnavailable


async def test_what_is_late_fails_and_what_is_answered_keeps_its_answer() -> None:
    patience, loop = Patience(0.02), asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(5)]
    for future in futures:
        patience.watch(future)
    futures[0].set_result("first")
    futures[3].cancel()
    for late in (futures[1], futures[2], futures[4]):
        with pytest.raises(StoreUnavailable, match=r"0\.02"):
            await late
    assert await futures[0] == "first"
    assert futures[3].cancelled()


async def test_it_looks_again_for_those_that_came_later() -> None:
    patience, loop = Patience(0.02), asyncio.get_running_loop()
    for _ in range(3):  # each time the timer had nothing more to wait for
        late = loop.create_future()
        patience.watch(late)
        await asyncio.sleep(0.005)
        later = loop.create_future()
        patience.watch(later)
        for one in (late, later):
            with pytest.raises(StoreUnavailable):
                await one
        await asyncio.sleep(0.03)


async def test_what_is_answered_is_not_held() -> None:
    patience, loop = Patience(60), asyncio.get_running_loop()
    for _ in range(100):
        future = loop.create_future()
        patience.watch(future)
        future.set_result(None)
    assert len(patience._watched) == 1
