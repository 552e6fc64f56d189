"""Attempts to send, written down beside the settling: what was asked of the provider, and its answer.

The lanes only put an attempt into a bounded line in memory; one loop writes what has gathered, many
at once. A store that is behind costs the oldest of them, never a send.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from connectors import exchange
from connectors.contract import ChannelError, Sent
from storage import deliveries, exchanges
from storage.errors import StoreError, StoreUnavailable
from storage.exchanges import Attempt

if TYPE_CHECKING:
    from hub.channel import Channel
    from storage.db import Database, Row

WAITING_MAX = 5_000  # attempts that the store has not taken yet
BATCH = 50  # written in one transaction
GATHER = 0.1  # seconds: what ends within it is written together
AGAIN = 1.0  # seconds, while the store cannot be written

_log = logging.getLogger(__name__)


class Attempts:
    """The line of attempts that wait to be written."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: deque[Attempt] = deque(maxlen=WAITING_MAX)
        self._some = asyncio.Event()

    @contextmanager
    def of(self, channel: Channel, row: Row, now: int) -> Iterator[Running]:
        """Listen to one attempt: what is said to the provider inside the block is kept."""
        running = Running(self, channel, row, now)
        token = exchange.REQUEST_ID.set(running.request_id)
        try:
            with exchange.listening() as steps:
                running.steps = steps
                yield running
        finally:
            exchange.REQUEST_ID.reset(token)
            running.took = int((time.perf_counter() - running.since) * 1_000_000)

    def take(self, attempt: Attempt) -> None:
        """Put an attempt into the line: never waits, never fails."""
        self._waiting.append(attempt)
        self._some.set()

    async def run(self) -> None:
        """Write what gathers, until cancelled."""
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER)
            try:
                await self.flush()
            except StoreUnavailable:
                await asyncio.sleep(AGAIN)

    async def flush(self) -> None:
        """Write all that waits. Raises StoreUnavailable; what was not taken waits on."""
        self._some.clear()
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                await self._db.write(exchanges.append, batch)
            except StoreUnavailable:
                self._waiting.extendleft(reversed(batch[: WAITING_MAX - len(self._waiting)]))
                self._some.set()
                raise
            except StoreError:
                _log.exception("%d attempts cannot be written down", len(batch))

    async def close(self) -> None:
        """Write what is left, if the store takes it."""
        with suppress(StoreUnavailable):
            await self.flush()


class Running:
    """One attempt under way."""

    def __init__(self, attempts: Attempts, channel: Channel, row: Row, now: int) -> None:
        self._attempts = attempts
        self._channel = channel
        self._row = row
        self._now = now
        self.request_id: str = row["origin"] or secrets.token_hex(8)
        self.steps: list[exchange.Step] = []
        self.since = time.perf_counter()
        self.took = 0

    def settled(self, state: str, result: Sent | ChannelError) -> None:
        """It has ended: keep it, and say so in the log."""
        row, channel = self._row, self._channel
        words = "" if isinstance(result, Sent) else f"{type(result).__name__}: {result}"
        said = deliveries.body(row)
        hidden = (*channel.secrets, said.text, said.subject, said.html)
        self._attempts.take(
            Attempt(
                delivery=row["id"],
                channel=channel.id,
                number=row["attempts"],
                request_id=self.request_id,
                outcome=state,
                words=exchange.without(words, hidden),
                steps=exchange.wiped(self.steps, hidden),
                took=self.took,
                at=self._now,
            )
        )
        _log.log(
            logging.DEBUG if state == "sent" else logging.INFO,
            "a part was tried",
            extra={
                "delivery": row["id"],
                "channel": channel.name,
                "attempt": row["attempts"],
                "outcome": state,
                "ms": self.took // 1000,
                "request": self.request_id,
            },
        )
