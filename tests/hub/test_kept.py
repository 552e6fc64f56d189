"""Loops end when they are told to, whatever is swallowed below them."""

from __future__ import annotations

import asyncio

import pytest

from hub.kept import kept, obey


async def test_a_loop_ends_though_its_cancellation_came_with_an_answer() -> None:
    answers: asyncio.Queue[asyncio.Future[int]] = asyncio.Queue()

    async def loop() -> None:
        while True:
            obey()
            answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            answers.put_nowait(answer)
            await asyncio.wait_for(answer, 60)  # as libraries wait for every answer

    task = asyncio.create_task(kept("test", loop))
    first = await answers.get()
    await asyncio.sleep(0)
    first.set_result(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 60)


async def test_whoever_is_not_cancelled_goes_on() -> None:
    obey()
    await asyncio.sleep(0)
