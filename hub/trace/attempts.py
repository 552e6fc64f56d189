"""Attempts to send, written down with their settling: what was asked of the provider, and its answer.

In one transaction, so that a crash leaves no outcome without its attempt; what cannot be kept of an
attempt is never a reason for a send to fail.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors import exchange
from connectors.contract import ChannelError, Sent
from storage import deliveries
from storage.exchanges import Attempt

if TYPE_CHECKING:
    from hub.channel import Channel
    from storage.db import Row

_log = logging.getLogger(__name__)


@contextmanager
def listening(channel: Channel, row: Row, now: int) -> Iterator[Running]:
    """Listen to one attempt: what is said to the provider inside the block is kept."""
    running = Running(channel, row, now)
    token = exchange.REQUEST_ID.set(running.request_id)
    try:
        with exchange.listening() as steps:
            running.steps = steps
            yield running
    finally:
        exchange.REQUEST_ID.reset(token)
        running.took = int((time.perf_counter() - running.since) * 1_000_000)


class Running:
    """One attempt under way."""

    def __init__(self, channel: Channel, row: Row, now: int) -> None:
        self._channel = channel
        self._row = row
        self._now = now
        self.request_id: str = row["origin"] or secrets.token_hex(8)
        self.steps: list[exchange.Step] = []
        self.since = time.perf_counter()
        self.took = 0

    def ended(self, state: str, result: Sent | ChannelError) -> Attempt:
        """What is kept of it, now that it has ended so."""
        row, channel = self._row, self._channel
        words = "" if isinstance(result, Sent) else f"{type(result).__name__}: {result}"
        said = deliveries.body(row)
        hidden = (*channel.secrets, said.text, said.subject, said.html)
        return Attempt(
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

    def log(self, state: str) -> None:
        """Say that it has ended so."""
        _log.log(
            logging.DEBUG if state == "sent" else logging.INFO,
            "a part was tried",
            extra={
                "delivery": self._row["id"],
                "channel": self._channel.name,
                "attempt": self._row["attempts"],
                "outcome": state,
                "ms": self.took // 1000,
                "request": self.request_id,
            },
        )
