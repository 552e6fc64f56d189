"""The supervisor of a fetching channel, over sources whose every step is written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import ConfigInvalid, Cursor, Raw, Unauthorized, Unavailable
from hub import sources

Step = Exception | tuple[int, str] | timedelta | None


def mail(number: int) -> Raw:
    return Raw(kind="mail", key=str(number), headers=(), url="", body=b"")


class Stopped(BaseException):
    """The script is over."""


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


class Script:
    """A source: one list a run; a pair is a batch of that many and its cursor, a timedelta time."""

    def __init__(self, clock: Clock, *runs: list[Step]) -> None:
        self.clock = clock
        self.runs = list(runs)
        self.cursors: list[Cursor | None] = []
        self.closed = 0

    async def events(
        self, cursor: Cursor | None
    ) -> AsyncGenerator[tuple[Sequence[Raw], Cursor], None]:
        self.cursors.append(cursor)
        if not self.runs:
            raise Stopped
        try:
            for step in self.runs.pop(0):
                if isinstance(step, timedelta):
                    self.clock.at += step
                elif isinstance(step, Exception):
                    raise step
                elif step is not None:
                    yield [mail(n) for n in range(step[0])], Cursor(step[1])
        finally:
            self.closed += 1


class Hub:
    """What the supervisor talks to: the store and the channel's health."""

    def __init__(self) -> None:
        self.committed: list[tuple[int, str]] = []
        self.said: list[tuple[str, str]] = []
        self.failing: list[Exception] = []

    async def file_batch(self, raws: Sequence[Raw], cursor: Cursor) -> None:
        if self.failing:
            raise self.failing.pop(0)
        self.committed.append((len(raws), cursor))

    async def health(self, state: str, detail: str) -> None:
        self.said.append((str(state), detail))

    @property
    def states(self) -> list[str]:
        return [state for state, _ in self.said]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub() -> Hub:
    return Hub()


async def supervise(source: Script, hub: Hub, *, cursor: str | None = None, jitter: float = 1.0):
    with pytest.raises(Stopped):
        await run(source, hub, cursor=cursor, jitter=jitter)


async def run(source: Script, hub: Hub, *, cursor: str | None = None, jitter: float = 1.0):
    await sources.run(
        "mail",
        source,
        None if cursor is None else Cursor(cursor),
        hub.file_batch,
        hub.health,
        sleep=source.clock.sleep,
        rng=lambda: jitter,
        now=source.clock.now,
    )


async def test_batches_are_committed_in_order_and_health_is_told_once(clock: Clock, hub: Hub):
    source = Script(clock, [(2, "a"), (1, "b"), Unavailable("gone")])
    await supervise(source, hub, cursor="0")
    assert hub.committed == [(2, "a"), (1, "b")]
    assert hub.states == ["starting", "connected", "unavailable"]


async def test_it_goes_on_from_the_last_committed_cursor(clock: Clock, hub: Hub):
    source = Script(clock, [(1, "a"), Unavailable("gone")], [(1, "b"), Unavailable("gone")])
    await supervise(source, hub, cursor="0")
    assert source.cursors == ["0", "a", "b"]
    assert source.closed == 2


async def test_a_batch_that_cannot_be_committed_is_fetched_again(clock: Clock, hub: Hub):
    hub.failing = [RuntimeError("database is locked")]
    source = Script(clock, [(1, "a")], [(1, "a"), Unavailable("gone")])
    await supervise(source, hub, cursor="0")
    assert source.cursors == ["0", "0", "a"]
    assert hub.committed == [(1, "a")]
    assert hub.said[1][0] == "unavailable"
    assert "locked" not in hub.said[1][1]


async def test_the_pause_doubles_up_to_five_minutes(clock: Clock, hub: Hub):
    source = Script(clock, *[[Unavailable("gone")] for _ in range(11)])
    await supervise(source, hub)
    assert clock.slept == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


async def test_the_pause_is_fully_jittered(clock: Clock, hub: Hub):
    source = Script(clock, *[[Unavailable("gone")] for _ in range(4)])
    await supervise(source, hub, jitter=0.25)
    assert clock.slept == [0.25, 0.5, 1, 2]


async def test_the_pause_is_never_under_what_the_provider_asked(clock: Clock, hub: Hub):
    asked = Unavailable("slow down", retry_after=timedelta(seconds=90))
    source = Script(clock, [asked], [Unavailable("x", retry_after=timedelta(hours=1))])
    await supervise(source, hub, jitter=0.0)
    assert clock.slept == [90, 3600]


async def test_a_committed_batch_resets_the_pause(clock: Clock, hub: Hub):
    gone = Unavailable("gone")
    source = Script(clock, [gone], [gone], [(1, "a"), gone], [gone])
    await supervise(source, hub)
    assert clock.slept == [1, 2, 1, 2]


async def test_a_sign_of_life_alone_does_not_reset_the_pause(clock: Clock, hub: Hub):
    gone = Unavailable("gone")
    source = Script(clock, [gone], [gone], [(0, "0"), gone])
    await supervise(source, hub, cursor="0")
    assert clock.slept == [1, 2, 4]
    assert hub.committed == []
    assert hub.states == ["starting", "unavailable", "unavailable", "connected", "unavailable"]


async def test_a_connection_that_held_long_resets_the_pause(clock: Clock, hub: Hub):
    gone = Unavailable("gone")
    source = Script(clock, [gone], [gone], [(0, "0"), timedelta(hours=2), gone])
    await supervise(source, hub, cursor="0")
    assert clock.slept == [1, 2, 1]


async def test_an_empty_batch_with_a_new_cursor_is_committed(clock: Clock, hub: Hub):
    await supervise(Script(clock, [(0, "first"), Unavailable("gone")]), hub)
    assert hub.committed == [(0, "first")]


async def test_the_detail_says_since_when_and_when_again(clock: Clock, hub: Hub):
    source = Script(clock, [Unavailable("no route")], [Unavailable("no route")])
    await supervise(source, hub)
    assert hub.said[1] == (
        "unavailable",
        "no route (since 2026-01-01 00:00:00, again 00:00:01 UTC)",
    )
    assert hub.said[2][1] == "no route (since 2026-01-01 00:00:00, again 00:00:03 UTC)"


async def test_refused_credentials_are_tried_again_after_five_minutes(clock: Clock, hub: Hub):
    refused = Unauthorized("bad password")
    source = Script(clock, [refused], [refused], [(1, "a"), refused])
    await supervise(source, hub, jitter=0.0)
    assert clock.slept == [300, 300, 300]
    assert hub.states == ["starting", "unauthorized", "connected", "unauthorized"]


async def test_wrong_settings_stop_it(clock: Clock, hub: Hub):
    await run(Script(clock, [ConfigInvalid("folders: no such folder")]), hub)
    assert hub.said[-1] == ("stopped", "folders: no such folder")
    assert clock.slept == []


async def test_a_source_that_ends_is_started_again(clock: Clock, hub: Hub):
    source = Script(clock, [(1, "a")], [])
    await supervise(source, hub)
    assert source.cursors == [None, "a", "a"]
    assert hub.said[-1][0] == "unavailable"


async def test_a_fall_is_logged_once_and_the_return_once(
    clock: Clock, hub: Hub, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "hub.sources")
    gone = Unavailable("gone")
    source = Script(clock, [gone], [gone], [gone], [(1, "a"), (1, "b"), gone])
    await supervise(source, hub)
    assert [record.message for record in caplog.records] == [
        "channel mail: fetching fails: gone",
        "channel mail: fetching again",
        "channel mail: fetching fails: gone",
    ]


async def test_a_mistake_in_a_source_is_logged_with_its_trace(
    clock: Clock, hub: Hub, caplog: pytest.LogCaptureFixture
):
    await supervise(Script(clock, [KeyError("oops")]), hub)
    assert caplog.records[0].exc_info is not None
    assert hub.said[1][1].startswith("the connector failed: the log says how (since")


async def test_health_that_cannot_be_told_does_not_stop_it(clock: Clock):
    class Deaf(Hub):
        async def health(self, _state: str, _detail: str) -> None:
            raise RuntimeError("store busy")

    hub = Deaf()
    await supervise(Script(clock, [(1, "a"), Unavailable("gone")]), hub)
    assert hub.committed == [(1, "a")]


async def test_cancelling_closes_the_source_and_is_never_swallowed(clock: Clock, hub: Hub):
    class Waiting(Script):
        async def events(
            self, _cursor: Cursor | None
        ) -> AsyncGenerator[tuple[Sequence[Raw], Cursor], None]:
            try:
                yield [], Cursor("a")
                await asyncio.Event().wait()
            finally:
                self.closed += 1

    reached = asyncio.Event()

    async def health(state: str, detail: str) -> None:
        if state == "connected":
            reached.set()

    source = Waiting(clock)
    task = asyncio.create_task(
        sources.run("mail", source, None, hub.file_batch, health, sleep=clock.sleep)
    )
    await reached.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.closed == 1
