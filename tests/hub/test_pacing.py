"""The nightly estimate over a real store, and clocks that are set while the hub runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub import clock
from hub.router import pacing
from hub.timers import Steady
from storage import handle_times, skills, timers
from tests.hub.routing_desk import at, offer, settled
from tests.hub.running import SECOND

if TYPE_CHECKING:
    from storage.db import Tx
    from tests.hub.running import Running

MINUTE = 60 * SECOND


def _history(tx: Tx, queue: int, slow: int, fast: int, now: int) -> None:
    """A hundred turns each, one twice as long as the other, over the last four days."""
    conversation = tx.value("SELECT MAX(id) FROM conversation")
    channel = tx.value("SELECT channel FROM conversation WHERE id = :id", id=conversation)
    for n in range(100):
        for agent, minutes in ((slow, 10), (fast, 5)):
            ended = now - n * 3600 * SECOND
            tx.run(
                """
                INSERT INTO work_item (conversation, channel, queue, mode, state, order_key, units,
                  agent, rule_version, entered_at, queued_at, assigned_at, ended_at, answered_at)
                VALUES (:c, :channel, :queue, 'push', 'completed', 0, 15, :agent, 1, 0, 0,
                  :assigned, :ended, :ended)
                """,
                c=conversation,
                channel=channel,
                queue=queue,
                agent=agent,
                assigned=ended - minutes * MINUTE,
                ended=ended,
            )


async def test_the_night_measures_everybody_and_the_router_knows(hub: Running) -> None:
    await hub.sms("hello")
    now = hub.hub.clock()
    one, two, queue = hub.agents["one"].id, hub.agents["two"].id, hub.queue("pushed")
    await hub.write(_history, queue, one, two, now)
    due = await hub.value("SELECT due FROM timer WHERE kind = :k", k=pacing.KIND)
    assert now < due <= now + pacing.DAY
    assert due % pacing.DAY == pacing.NIGHT
    await at(hub, due)
    paces = await hub.read(skills.paces)
    assert paces == {one: [(queue, 1300)], two: [(queue, 750)]}
    means = await hub.read(handle_times.load)
    assert means == {(queue, "sms_twilio"): 7 * MINUTE + MINUTE // 2}
    await settled(hub)
    assert hub.hub.router.matcher.seats[one].row.pace == ((queue, 1300),)
    again = await hub.value("SELECT due FROM timer WHERE kind = :k", k=pacing.KIND)
    assert again == due + pacing.DAY


async def test_a_clock_that_is_set_back_strands_nothing(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.come("one")
    await hub.sms("ask")
    first = await offer(hub, "one")
    before = await hub.value("SELECT expires_at FROM offer WHERE id = :id", id=first.id)
    snooze = hub.hub.clock() + 7200 * SECOND
    await hub.write(timers.set, "snooze", 4711, snooze)
    steady, real = Steady(), clock.now
    assert steady.jumped() == 0
    monkeypatch.setattr(clock, "now", lambda: real() - 3600 * SECOND)
    jumped = steady.jumped()
    assert abs(jumped + 3600 * SECOND) < SECOND
    assert steady.jumped() == 0
    await hub.come("two")  # anything wakes the timers

    async def shifted() -> bool:
        """The offer still lasts as long as it did."""
        after = await hub.value("SELECT expires_at FROM offer WHERE id = :id", id=first.id)
        return bool(abs(after - before - jumped) < SECOND)

    await hub.until(shifted)
    assert snooze == await hub.value("SELECT due FROM timer WHERE kind = 'snooze'")


def test_the_stores_clock_counts_where_it_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_behind", 0)
    real = clock.now()
    clock.follow(real + 200_000)
    assert clock.now() - real < 150_000  # what asking takes is no difference
    clock.follow(real + 3600 * SECOND)
    assert clock.now() - real >= 3600 * SECOND
