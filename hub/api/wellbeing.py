"""Health: how each channel does, what waits, whether the ledger closes, and the doctor."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from hub import doctor, observe
from hub.api.access import sight
from hub.doctor.finding import Examined
from hub.doctor.inside import unequal
from hub.http import Call, NoQuery, Route, route
from hub.permissions import Permission
from storage import health, ledger_counts
from storage.views import time_of, when

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Row, Tx
    from storage.health import ChannelHealth


Counts = dict[ledger_counts.State, int]


class Mailbox(msgspec.Struct, kw_only=True):
    """What a mailbox said when it was last compared with the store."""

    folders: int
    reconciled_at: datetime | None
    missing: int
    """Mails that stood there and not in the store."""


class ChannelState(msgspec.Struct, kw_only=True):
    """One channel."""

    id: int
    name: str
    kind: str
    title: str
    enabled: bool
    simulated: bool
    state: str
    detail: str
    since: datetime | None
    signature_mode: str
    unsigned: int
    """Requests since the start whose signature did not hold."""
    last_event_at: datetime | None
    lag_seconds: float | None
    """From the provider's own time of its newest message to our commit; null where none says one."""
    undelivered: int
    oldest_undelivered: datetime | None
    unknown: int
    """Parts of which nobody knows whether they have left."""
    stubs: int
    """Of the newest messages, those that are kept whole but shown as a stub only."""
    counts: dict[str, int]
    received: int
    """The sum of ``counts``."""
    token_expires_at: datetime | None
    token_trouble: str
    mailbox: Mailbox | None


class Waiting(msgspec.Struct, kw_only=True):
    """What waits to be given to somebody."""

    n: int
    queue: str
    """Of the one that waits longest; empty where the caller may not see it."""
    since: datetime


class Health(msgspec.Struct, kw_only=True):
    """The whole of it at one moment."""

    at: datetime
    channels: list[ChannelState]
    counts: Counts
    received: int
    waiting: Waiting | None
    writes_waiting: int
    swept: int
    """Pieces of work since the start that no event announced: each one is a mistake of ours."""


class Recount(msgspec.Struct, kw_only=True):
    """The ledger's counters beside its rows."""

    counts: Counts
    rows: dict[str, int]
    received: int
    closes: bool
    differs: list[str]
    """The states whose counters and rows differ. Of the rejected only the newest rows are kept."""


async def show(call: Call[NoQuery, None]) -> Health:
    """How each channel does, and what waits"""
    hub = call.hub
    channels, counts, waiting = await hub.db.read(_read, call.who)
    return Health(
        at=time_of(hub.clock()),
        channels=[_channel(one) for one in channels],
        counts=counts,
        received=sum(counts.values()),
        waiting=waiting,
        writes_waiting=hub.db.waiting,
        swept=int(
            observe.REGISTRY.get_sample_value("hub_sweep_found_total", {"loop": "router"}) or 0
        ),
    )


def _read(tx: Tx, who: Principal) -> tuple[list[ChannelHealth], Counts, Waiting | None]:
    return (
        health.of_channels(tx),
        ledger_counts.counts(tx),
        _waiting(tx, health.oldest_unrouted(tx), who),
    )


def _waiting(tx: Tx, row: Row | None, who: Principal) -> Waiting | None:
    if row is None:
        return None
    seen = sight(tx, who).sees(row["queue_id"], None)
    return Waiting(n=row["n"], queue=row["queue"] if seen else "", since=time_of(row["queued_at"]))


def _channel(one: ChannelHealth) -> ChannelState:
    labels = {"channel": one.name, "mode": one.signature_mode}
    unsigned = observe.REGISTRY.get_sample_value("hub_signature_failures_total", labels)
    box = Mailbox(
        folders=one.folders, reconciled_at=when(one.reconciled_at), missing=one.missing
    ) if one.folders else None  # fmt: skip
    return ChannelState(
        id=one.id,
        name=one.name,
        kind=one.kind,
        title=one.title,
        enabled=one.enabled,
        simulated=one.simulated,
        state=one.state if one.enabled else "stopped",
        detail=one.detail,
        since=when(one.since),
        signature_mode=one.signature_mode,
        unsigned=int(unsigned or 0),
        last_event_at=when(one.last_event_at),
        lag_seconds=None if one.lag is None else one.lag / 1_000_000,
        undelivered=one.undelivered,
        oldest_undelivered=when(one.oldest_undelivered),
        unknown=one.unknown,
        stubs=one.stubs,
        counts=one.counts,
        received=sum(one.counts.values()),
        token_expires_at=when(one.token_expires_at),
        token_trouble=one.token_trouble,
        mailbox=box,
    )


async def recount(call: Call[NoQuery, None]) -> Recount:
    """Count the ledger row by row, and say whether its counters agree"""
    counts, rows = await call.hub.db.read(_recounted)
    differs = unequal(counts, rows)
    return Recount(
        counts=counts,
        rows=rows,
        received=sum(counts.values()),
        closes=not differs,
        differs=differs,
    )


def _recounted(tx: Tx) -> tuple[Counts, dict[str, int]]:
    return ledger_counts.counts(tx), health.recount(tx)


async def examine(call: Call[NoQuery, None]) -> Examined:
    """Look at everything the hub lives by; asks every provider, so it takes some seconds"""
    return await doctor.examine(call.hub.commands())


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    return [
        route("GET", "/health", Permission.LEDGER, show, answer=Health),
        route("GET", "/ledger/recount", Permission.LEDGER, recount, answer=Recount),
        route("POST", "/doctor", Permission.CHANNELS, examine, answer=Examined),
    ]
