"""Exchanges: each attempt to send a part, with what the provider answered; kept for a week.

Written with the settling of the part, and never a reason for a send to fail.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import msgspec

from connectors.exchange import Step
from connectors.fold import clean
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from storage.db import Row, Tx

KEEP = 7 * 24 * 3600 * 1_000_000
"""Microseconds that an exchange is kept."""
WORDS_CAP = 1_000  # characters

_log = logging.getLogger(__name__)
P = ParamSpec("P")
_steps = msgspec.json.Decoder(list[Step])


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt that has ended."""

    delivery: int
    channel: int
    number: int
    """From 1; a person's "send again" goes on counting."""
    request_id: str
    outcome: str
    """``sent``, ``deferred``, ``failed`` or ``unknown``."""
    words: str
    steps: Sequence[Step]
    took: int
    """Microseconds."""
    at: int
    """When it began (µs)."""


def settled(
    tx: Tx,
    attempt: Attempt,
    settle: Callable[Concatenate[Tx, P], object],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> None:
    """``settle(tx, …)``, and keep the attempt that it settles."""
    settle(tx, *args, **kwargs)
    try:
        with tx.savepoint():
            append(tx, [attempt])
    except StoreUnavailable:
        raise
    except Exception:  # noqa: BLE001  a send that happened is settled whatever is kept of it
        _log.exception("an attempt cannot be written down")


def append(tx: Tx, attempts: Sequence[Attempt]) -> None:
    """Keep these attempts, in order."""
    for one in attempts:
        tx.run(
            """
            INSERT INTO exchange (delivery, channel, attempt, request_id, outcome, words, steps,
              took, at)
            VALUES (:delivery, :channel, :attempt, :request_id, :outcome, :words, :steps, :took, :at)
            """,
            delivery=one.delivery,
            channel=one.channel,
            attempt=one.number,
            request_id=one.request_id,
            outcome=one.outcome,
            words=clean(one.words, WORDS_CAP),
            steps=clean(msgspec.json.encode(one.steps).decode("utf-8", "replace")),
            took=one.took,
            at=one.at,
        )


def of_delivery(tx: Tx, delivery: int) -> list[Row]:
    """The attempts of one part, in order."""
    return tx.all("SELECT * FROM exchange WHERE delivery = :d ORDER BY id", d=delivery)


def by_request(tx: Tx, request_id: str) -> list[Row]:
    """The attempts that came of one request, with their entries."""
    return tx.all(
        """
        SELECT x.id, x.delivery, d.entry, d.conversation FROM exchange x
        JOIN delivery d ON d.id = x.delivery WHERE x.request_id = :r ORDER BY x.id LIMIT 50
        """,
        r=request_id,
    )


def steps(row: Row) -> list[Step]:
    """What was said and answered in one attempt."""
    return _steps.decode(row["steps"])


def prune(tx: Tx, before: int, limit: int) -> int:
    """Forget at most ``limit`` attempts that began before ``before`` (µs); how many it were.

    Their ids grow with time, so the oldest are found without an index on it.
    """
    return tx.run(
        """
        DELETE FROM exchange WHERE id IN (SELECT id FROM exchange ORDER BY id LIMIT :limit)
          AND at < :before
        """,
        before=before,
        limit=limit,
    )
