"""What the store and the running process say of themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hub import clock, observe
from hub.doctor.finding import Finding, bad, ok, warn
from hub.trace.words import about
from storage import audit, health, hold, ledger_counts
from storage.blobs import Blobs
from storage.errors import StoreError

if TYPE_CHECKING:
    from hub.commands import Commands
    from storage.db import Row, Tx
    from storage.ledger_counts import State

WRITABLE = 2.0  # seconds within which a store that is well takes a write
SLOW = 0.25
DRIFT = 2_000_000  # microseconds between our clock and the database's
ROUTED_LATE = 30 * 60_000_000
ANSWER_LATE = 5 * 60_000_000
BLOBS = 500
PROBE = "doctor"


async def store(office: Commands) -> Finding:
    """Whether it can be written, and how fast: a setting of its own, written and committed."""
    engine, began = office.db.engine, time.perf_counter()
    try:
        async with asyncio.timeout(WRITABLE):
            await office.db.write(audit.set_setting, PROBE, str(clock.now()))
    except (StoreError, TimeoutError) as err:
        words = str(err).rstrip(".") or f"no answer in {WRITABLE:g} seconds"
        return bad("store", "store_bad", words=words)
    took = time.perf_counter() - began
    key, state = ("store_slow", warn) if took > SLOW else ("store", ok)
    return state("store", key, engine=engine, ms=int(took * 1000))


def tables(tx: Tx, now: int) -> list[Finding]:
    """Everything that one read can tell but for the channels."""
    return [
        *_clock(tx, now),
        *_hold(tx),
        *_routed(health.oldest_unrouted(tx), now),
        *_answers(health.oldest_unanswered(tx), now),
        *_failed(ledger_counts.counts(tx)["failed"]),
    ]


def _clock(tx: Tx, now: int) -> Iterator[Finding]:
    newest, theirs = health.latest(tx), health.clock(tx)
    if newest is not None and newest > now + DRIFT:
        yield bad("clock", "clock_back", span=about(newest - now))
    elif theirs is not None and abs(theirs - now) > DRIFT:
        yield bad("clock", "clock_off", what="PostgreSQL", span=about(abs(theirs - now)))
    else:
        what = {"en": "the store", "fa": "پایگاه داده"}
        yield ok("clock", "clock", what=what)


def _hold(tx: Tx) -> Iterator[Finding]:
    if hold.state(tx) is not None:
        yield warn("hold", "hold")


def _routed(row: Row | None, now: int) -> Iterator[Finding]:
    if row is None:
        yield ok("routed", "routed")
        return
    late = now - row["queued_at"]
    values = {"n": row["n"], "span": about(late), "queue": row["queue"], "id": row["id"]}
    if late >= ROUTED_LATE:
        yield warn("routed", "routed_late", **values)
    else:
        yield ok("routed", "routed_some", **values)


def _answers(oldest: int | None, now: int) -> Iterator[Finding]:
    if oldest is not None and now - oldest > ANSWER_LATE:
        yield warn("answers", "answers", span=about(now - oldest))


def _failed(n: int) -> Iterator[Finding]:
    if n:
        yield warn("failed", "failed", n=n)


async def ledger(office: Commands) -> Finding:
    """Whether the counters agree with the rows. Reads every row of the ledger."""
    try:
        counted, rows = await office.db.read(_both)
    except StoreError:
        return ok("ledger", "ledger_big")
    wrong = unequal(counted, rows)
    if wrong:
        return bad("ledger", "ledger_open", states=", ".join(wrong))
    return ok("ledger", "ledger", n=sum(counted.values()))


def _both(tx: Tx) -> tuple[dict[State, int], dict[str, int]]:
    return ledger_counts.counts(tx), health.recount(tx)


def unequal(counted: Mapping[State, int], rows: Mapping[str, int]) -> list[str]:
    """The states whose counters differ from their rows; of the rejected the oldest rows are gone."""
    return [
        state
        for state, n in counted.items()
        if (n < rows.get(state, 0) if state == "rejected" else n != rows.get(state, 0))
    ]


async def blobs(office: Commands) -> Iterator[Finding]:
    """Whether the newest files are where their rows say."""
    names = await office.db.read(health.newest_blobs, BLOBS)
    folder = Blobs(office.settings.data / "blobs")
    missing = await asyncio.to_thread(lambda: sum(folder.path(name) is None for name in names))
    if missing:
        path = str(office.settings.data / "blobs")
        return iter([bad("blobs", "blobs_missing", n=missing, path=path)])
    return iter([ok("blobs", "blobs")] if names else [])


def process() -> Iterator[Finding]:
    """What this process has found since its start that should not have been there to find."""
    swept, broken = _total("hub_sweep_found"), _total("hub_invariant_broken")
    if swept:
        yield warn("sweep", "swept_some", n=swept)
    else:
        yield ok("sweep", "swept")
    if broken:
        yield bad("routing", "broken", n=broken)


def _total(name: str) -> int:
    families = (family for family in observe.REGISTRY.collect() if family.name == name)
    return int(
        sum(one.value for family in families for one in family.samples if "_total" in one.name)
    )
