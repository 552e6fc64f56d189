"""What business time costs: against looking at every minute, and per message filed.

    python -m tests.bench.bench_calendar

All are ratios within one run. Filing is the whole transaction function of a new customer's message
on SQLite, with one promise and without any, in turns.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors import registry
from connectors.contract import Raw
from hub import clock, filing
from hub.case import Case
from hub.intake import parse
from routing.calendar import MINUTE, Calendar
from routing.days import Days, Holidays, spans
from storage.db import Tx
from tests.fakes import loopback
from tests.hub import office
from tests.hub.office import Office

SCANNING, MESSAGE = 1_000.0, 2.0
ROUNDS, BATCH = 20, 100
ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2026, 4, 2, 13, 30, tzinfo=UTC)
WORK = ((9 * 60, 12 * 60), (13 * 60, 17 * 60))
CONFIG = """
channels: [{name: loop, kind: loopback, settings: {attachments: true}}]
queues: [{name: general, modes: {"*": pull}}]
rules: [{id: rest, when: {}, then: {queue: general}}]
"""
PROMISING = """
calendars:
  - name: office
    zone: Europe/Berlin
    week: {mon: &d ["09:00-12:00", "13:00-17:00"], tue: *d, wed: *d, thu: *d, fri: *d}
    holidays: [{country: DE}]
sla: [{name: all, when: {}, first_reply: 8h, calendar: office}]
"""


def main() -> int:
    """Measure and print; 1 if something is over its bound."""
    scanned, found = _scanning()
    ratio = scanned / found
    print(
        f"due in 8 business hours over Easter: {found * 1e6:.2f} us, {ratio:,.0f}x faster than by minutes"
    )
    plain, promising = asyncio.run(_filing())
    dearer = promising / plain
    print(f"a message with one promise: {dearer:.2f}x of one without ({plain * 1e6:.0f} us)")
    return int(ratio < SCANNING or dearer > MESSAGE)


# ---------------------------------------------------------------- against every minute


def _scanning() -> tuple[float, float]:
    """Seconds of one answer: by minutes, and by the calendar."""
    week = (spans(["09:00-12:00", "13:00-17:00"]),) * 5 + ((),) * 2
    calendar = Calendar("office", ZONE, Days(week=week, holidays=(Holidays("DE"),)))
    closed = Holidays("DE")
    at = (START - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    due = calendar.add(at, 480 * MINUTE)
    assert due == at + (_by_minutes(closed) - START) // timedelta(microseconds=1)
    return (
        _seconds(lambda: _by_minutes(closed), 3),
        _seconds(lambda: calendar.add(at, 480 * MINUTE), 20_000),
    )


def _by_minutes(closed: Holidays) -> datetime:
    left, moment = 480, START
    while left:
        there = moment.astimezone(ZONE)
        minute = there.hour * 60 + there.minute
        if there.weekday() < 5 and closed.name(there.date()) is None:
            left -= any(first <= minute < last for first, last in WORK)
        moment += timedelta(minutes=1)
    return moment


def _seconds(act: Callable[[], object], times: int) -> float:
    best = []
    for _ in range(3):
        begun = time.perf_counter()
        for _ in range(times):
            act()
        best.append((time.perf_counter() - begun) / times)
    return min(best)


# ---------------------------------------------------------------- per message


async def _filing() -> tuple[float, float]:
    """Seconds of one message filed: without a promise, and with one."""
    registry.KINDS[loopback.KIND] = loopback.WHERE
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        async with (
            office.opened(Path(one), "", CONFIG) as plain,
            office.opened(Path(two), "", CONFIG + PROMISING) as promising,
        ):
            taken: dict[bool, list[float]] = {False: [], True: []}
            for number in range(ROUNDS):
                for promised, hub in ((False, plain), (True, promising)):
                    taken[promised].append(await _batch(hub, number))
    return statistics.median(taken[False]), statistics.median(taken[True])


async def _batch(found: Office, number: int) -> float:
    channel = found.hub.channels.get("loop")
    assert channel is not None
    cases = [
        (Case(channel=channel, desk=found.hub.desk, raw=raw, now=clock.now()), raw)
        for raw in _raws(number)
    ]

    def file(tx: Tx) -> float:
        begun = time.perf_counter()
        for case, raw in cases:
            filing.file_raw(tx, case, parse(channel, raw))
        return (time.perf_counter() - begun) / len(cases)

    return await found.hub.db.write(file)


def _raws(number: int) -> Iterator[Raw]:
    for n in range(number * BATCH, (number + 1) * BATCH):
        event = {"provider_id": f"M{n}", "sender": f"tel:+1202{n:07d}", "text": "hello"}
        yield Raw("webhook", "", (), "", json.dumps([{"message": event}]).encode())


if __name__ == "__main__":
    sys.exit(main())
