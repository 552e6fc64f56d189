"""The supervisor of one fetching channel: iterates its source, backs off, says how it is.

A batch and its cursor are committed before the source goes on; after any failure it starts again
from the last committed cursor, so nothing is skipped, and the ledger drops what comes twice.
Health is told when it changes; the log hears of a fall once and of the return once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from connectors.contract import ConfigInvalid, Cursor, Raw, Source, Unauthorized, Unavailable

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 300.0
"""The longest back-off, the pause after refused credentials, and how long a connection must have
held for its end to count as the first failure again."""

_log = logging.getLogger(__name__)

FileBatch = Callable[[Sequence[Raw], Cursor], Awaitable[object]]
"""Commits the batch and the cursor; returns once that is done."""
Health = Callable[[str, str], Awaitable[object]]
"""``health(state, detail)``: the state and words for an admin, empty if all is well."""


class State(StrEnum):
    """How a fetching channel is."""

    STARTING = "starting"
    CONNECTED = "connected"
    UNAVAILABLE = "unavailable"
    """It is tried again by itself; the detail says since when and when next."""
    UNAUTHORIZED = "unauthorized"
    """The credentials are refused; tried again every five minutes, in case that was a mistake."""
    STOPPED = "stopped"
    """The settings cannot work: nothing is tried until the channel is configured again."""


async def run(
    channel_name: str,
    source: Source,
    cursor: Cursor | None,
    file_batch: FileBatch,
    health: Health,
    *,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    rng: Callable[[], float] = random.random,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Fetch for ever; return only when the settings cannot work.

    ``file_batch`` may raise what it likes: the batch is then fetched again, after a pause.
    ``rng`` gives 0 to 1: each pause is a random part of the current longest (full jitter), but
    never under what the provider asked for.
    """
    supervisor = _Supervisor(channel_name, source, cursor, file_batch, health, now)
    await supervisor.tell(State.STARTING, "")
    while True:
        try:
            await supervisor.fetch()
            failure: Exception = Unavailable("the source ended")
        except Exception as err:  # noqa: BLE001 - whatever breaks a source, the channel comes back
            failure = err
        pause = await supervisor.fell(failure, rng)
        if pause is None:
            return
        await sleep(pause)


class _Supervisor:
    """What is remembered between two attempts."""

    def __init__(
        self,
        name: str,
        source: Source,
        cursor: Cursor | None,
        file_batch: FileBatch,
        health: Health,
        now: Callable[[], datetime],
    ) -> None:
        self._name = name
        self._source = source
        self._cursor = cursor
        self._file_batch = file_batch
        self._health = health
        self._now = now
        self._told: tuple[State, str] | None = None
        self._failures = 0
        self._down_since: datetime | None = None
        self._up_since: datetime | None = None

    async def fetch(self) -> None:
        """One run of the source, until it raises or ends."""
        self._up_since = None
        async with aclosing(self._source.events(self._cursor)) as batches:
            async for raws, cursor in batches:
                if raws or cursor != self._cursor:
                    await self._file_batch(raws, cursor)
                    self._cursor = cursor
                    self._failures = 0
                await self._rose()

    async def _rose(self) -> None:
        """The provider was reached: by a batch, or by an empty one as a sign of life."""
        self._up_since = self._up_since or self._now()
        if self._down_since is not None:
            _log.info("channel %s: fetching again", self._name)
            self._down_since = None
        await self.tell(State.CONNECTED, "")

    async def fell(self, error: Exception, rng: Callable[[], float]) -> float | None:
        """Say what broke; seconds until the next attempt, None for never."""
        at = self._now()
        known = isinstance(error, Unavailable | Unauthorized | ConfigInvalid)
        if self._down_since is None:
            _log.warning(
                "channel %s: fetching fails: %s",
                self._name,
                error,
                exc_info=None if known else error,
            )
        since = self._down_since = self._down_since or at
        if isinstance(error, ConfigInvalid):
            await self.tell(State.STOPPED, str(error))
            return None
        if isinstance(error, Unauthorized):
            await self.tell(State.UNAUTHORIZED, str(error))
            return LONGEST_DELAY_SECONDS
        pause = self._pause(error, at, rng)
        words = str(error) if known else "the connector failed: the log says how"
        again = at + timedelta(seconds=pause)
        await self.tell(State.UNAVAILABLE, f"{words} (since {since:%F %T}, again {again:%T} UTC)")
        return pause

    def _pause(self, error: Exception, at: datetime, rng: Callable[[], float]) -> float:
        held = at - self._up_since if self._up_since else timedelta(0)
        if held.total_seconds() >= LONGEST_DELAY_SECONDS:
            self._failures = 0
        self._failures += 1
        doubled = FIRST_DELAY_SECONDS * 2.0 ** min(self._failures - 1, 30)
        pause = min(LONGEST_DELAY_SECONDS, doubled) * rng()
        asked = getattr(error, "retry_after", None)
        return max(pause, asked.total_seconds()) if isinstance(asked, timedelta) else pause

    async def tell(self, state: State, detail: str) -> None:
        """Health that changed. That it cannot be written must not stop the fetching."""
        if self._told == (state, detail):
            return
        try:
            await self._health(state, detail)
            self._told = (state, detail)
        except Exception as err:  # noqa: BLE001 - the store being behind is no fault of the source
            _log.warning("channel %s: its health cannot be told: %s", self._name, err)
