"""Calendars as the hub runs on them: built from what is declared, fed and said by supervisors.

When one changes, the deadlines that were worked out by it are worked out again, in small
transactions; whatever a crash leaves over is found by the calendar's version.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from hub import clock
from hub.aim import aim
from routing import sla
from routing.calendar import Calendar, Closure, always
from routing.days import WEEKDAYS, Days, Fed, Holidays, Span, exception, span, spans
from storage import calendars, conversations, sla_deadlines

if TYPE_CHECKING:
    from storage.db import Database, Row, Tx

CHUNK = 100  # deadlines a transaction: some milliseconds
ALWAYS = always()
"""Of whoever names no calendar."""

_log = logging.getLogger(__name__)


def load(tx: Tx) -> Mapping[str, Calendar]:
    """Every calendar, by name, with the months around now worked out."""
    now = clock.now()
    found = {row["name"]: built(tx, row) for row in calendars.listed(tx)}
    for calendar in found.values():
        calendar.warm(now)
    return MappingProxyType(found)


def versions(tx: Tx) -> dict[str, int]:
    """By name: what changes with a calendar."""
    return {row["name"]: row["version"] for row in calendars.listed(tx)}


def built(tx: Tx, row: Row) -> Calendar:
    """One calendar of the store."""
    body = msgspec.json.decode(row["body"])
    closures = [
        Closure(one["starts_at"], one["ends_at"], one["reason"])
        for one in calendars.closures(tx, row["id"])
    ]
    return Calendar(
        row["name"],
        ZoneInfo(body["zone"]),
        days_of(body, _fed(calendars.days(tx, row["id"]))),
        closures,
        version=row["version"],
    )


def days_of(body: Mapping[str, Any], fed: Mapping[date, Fed] = MappingProxyType({})) -> Days:
    """The days of a declared calendar. Raises ValueError, which ``declared`` has asked for before."""
    week = body.get("week", {})
    return Days(
        week=tuple(spans(week.get(name, [])) for name in WEEKDAYS),
        exceptions=tuple(
            exception(
                one["day"],
                one.get("until", ""),
                system=one.get("calendar", "gregorian"),
                hours=one.get("open", []),
                name=one.get("name", ""),
            )
            for one in body.get("exceptions", [])
        ),
        fed=fed,
        holidays=tuple(
            Holidays(
                one["country"],
                one.get("subdivision", ""),
                tuple(one.get("categories", [])),
                one.get("language", ""),
            )
            for one in body.get("holidays", [])
        ),
    )


def _fed(rows: Iterable[Row]) -> dict[date, Fed]:
    """What the feeds say together: a day is open only where all of them leave it open."""
    found: dict[date, Fed] = {}
    for row in rows:
        day = date.fromisoformat(row["day"])
        left: tuple[Span, ...] = tuple(
            span(one) for one in msgspec.json.decode(row["intervals"], type=list[str])
        )
        if day not in found or not left:
            found[day] = Fed(left, row["name"])
    return found


# ---------------------------------------------------------------- deadlines of a changed calendar


async def recompute(db: Database, names: Iterable[str] | None = None) -> dict[str, int]:
    """Work out again what another version of its calendar said, all calendars' or these.

    How many deadlines moved, by calendar; only where there were any. Raises StoreUnavailable.
    """
    known = await db.read(load)
    counts: dict[str, int] = {}
    for name, calendar in known.items():
        if names is not None and name not in names:
            continue
        after = (0, "")
        while rows := await db.write(recompute_some, calendar, clock.now(), after):
            counts[name] = counts.get(name, 0) + len(rows)
            after = (rows[-1]["conversation"], rows[-1]["kind"])
    for name, count in counts.items():
        _log.info("calendar %s changed: %d open deadlines worked out again", name, count)
    return counts


def recompute_some(
    tx: Tx, calendar: Calendar, now: int, after: tuple[int, str] = (0, "")
) -> list[Row]:
    """The same for the next ``CHUNK`` of one calendar's; those that they were. None if ``calendar``
    is not what the store has any more: whoever changed it comes by as well."""
    row = calendars.by_name(tx, calendar.name)
    if row is None or row["version"] != calendar.version:
        return []
    rows = sla_deadlines.stale(tx, calendar.name, calendar.version, CHUNK, after)
    for one in rows:
        if work_out(tx, one, calendar, now) != one["due_at"]:
            aim(tx, one["conversation"], now=now)
            conversations.changed(tx, one["conversation"], now=now)
    return rows


def work_out(tx: Tx, one: Row, calendar: Calendar, now: int) -> int | None:
    """When a running deadline is due by its calendar as it is now; the deadline says so."""
    due_at, warn_at = sla.due(calendar, one["started_at"], one["target"], one["warn"], one["used"])
    sla_deadlines.moved(
        tx, one["id"], due_at=due_at, warn_at=warn_at, version=calendar.version, now=now
    )
    return due_at
