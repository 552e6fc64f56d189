"""What the store sums up by itself is what routing/numbers.py says of the same rows."""

from __future__ import annotations

import random

import pytest

from routing import numbers
from routing.numbers import Told
from storage import wait_estimates
from storage.db import Database, Tx
from tests.storage.desk import Desk


@pytest.fixture
async def desk(db: Database) -> Desk:
    return await Desk.made(db)


def _note(tx: Tx, item: int, queue: int, told: Told) -> None:
    wait_estimates.tell(
        tx, item, queue=queue, kind="webchat", position=1, predicted=told.predicted,
        low=told.low, high=told.high, now=10,
    )  # fmt: skip
    tx.run(
        "UPDATE wait_estimate SET actual = :actual, ended_at = 99 WHERE work_item = :item",
        actual=told.actual,
        item=item,
    )


async def test_told_waits(desk: Desk) -> None:
    chance = random.Random(7)
    told = []
    for _ in range(20):
        predicted = chance.randrange(1, 600)
        one = Told(predicted, predicted // 2, predicted * 2, chance.randrange(600))
        told.append(one)
        item = await desk.turn("sales", at=5, state="completed", ended=5)
        await desk.db.write(_note, item, desk.queues["sales"], one)
    (row,) = await desk.db.read(wait_estimates.summary, 0)
    figures = numbers.estimate_error(told)
    assert row["answered"] == figures.count == 20
    assert row["within"] == figures.within.part
    assert row["error"] == pytest.approx(figures.absolute, abs=1)  # the store cuts fractions
    assert row["predicted"] - row["actual"] == pytest.approx(figures.bias, abs=1)
