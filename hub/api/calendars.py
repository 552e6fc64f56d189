"""Calendars and what is promised by them: when somebody is there, and closing early today."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from yarl import URL

from hub import calendars, clock, paging
from hub.calendars import closing
from hub.calendars.closing import ClosureInvalid
from hub.http import Call, NoQuery, Route, route
from hub.paging import Page
from hub.permissions import Permission
from hub.problems import invalid
from routing.days import write_span
from storage import calendars as stored
from storage import sla_policies, views
from storage.views import when

if TYPE_CHECKING:
    from routing.calendar import Calendar
    from storage.db import Row, Tx

DAYS = 60
Words = Annotated[str, msgspec.Meta(max_length=200)]


class DayView(msgspec.Struct, kw_only=True):
    """One day of a calendar."""

    day: date
    name: str
    closed: bool
    intervals: list[str]
    """What is left of its hours: 09:00-17:00; an end before its start is on the next day."""
    source: Literal["week", "holiday", "feed", "exception", "today"]


class FeedView(msgspec.Struct, kw_only=True):
    """An iCalendar feed, and what became of the last try."""

    url: str
    """Its host alone for who may not change calendars: some addresses are secrets."""
    fetched_at: datetime | None
    error: str


class ClosureView(msgspec.Struct, kw_only=True):
    """Closed by somebody's word."""

    starts_at: datetime
    ends_at: datetime
    reason: str
    by: str


class CalendarView(msgspec.Struct, kw_only=True):
    """A calendar as it stands."""

    name: str
    zone: str
    open_now: bool
    next_change_at: datetime | None
    """When it closes or opens next; null: not within two years."""
    week: dict[str, list[str]]
    days: list[DayView]
    """Today, in its zone, and what comes."""
    feeds: list[FeedView]
    closures: list[ClosureView]
    """Those that have not ended."""


class CalendarViews(msgspec.Struct):
    """All of them, by name."""

    items: list[CalendarView]
    next: str | None = None


class PolicyView(msgspec.Struct, kw_only=True):
    """What is promised to whom, as declared."""

    name: str
    when: dict[str, str] | None
    answer: str | None = None
    first_reply: str | None = None
    next_reply: str | None = None
    resolution: str | None = None
    warn: str = "80%"
    target: int | None = None
    calendar: str | None = None
    on_warn: dict[str, Any] | None = None
    on_breach: dict[str, Any] | None = None


class PolicyViews(msgspec.Struct):
    """All of them, by name."""

    items: list[PolicyView]
    next: str | None = None


class ClosureBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Closed from then on, until then or for the rest of that day."""

    from_: datetime = msgspec.field(name="from")
    until: datetime | None = None
    reason: Words = ""


class Recomputed(msgspec.Struct):
    """How many open deadlines were worked out again."""

    recomputed: int


async def listed(call: Call[Page, None]) -> dict[str, Any]:
    """When somebody is there"""
    whole = call.who.may(Permission.RULES)
    found = await call.hub.db.read(_listed, clock.now(), whole=whole)
    return paging.cut(call.hub.keys, "calendars", found, call.query)


def _listed(tx: Tx, now: int, *, whole: bool) -> list[CalendarView]:
    known = calendars.load(tx)
    feeds = stored.feeds(tx)
    return [
        _view(tx, row, known[row["name"]], feeds, now, whole=whole) for row in stored.listed(tx)
    ]


def _view(
    tx: Tx, row: Row, calendar: Calendar, feeds: list[Row], now: int, *, whole: bool
) -> CalendarView:
    body: dict[str, Any] = msgspec.json.decode(row["body"])
    open_now = calendar.open_at(now)
    change = calendar.next_close(now) if open_now else calendar.next_open(now)
    asked = {one["url"]: one for one in feeds if one["calendar"] == row["id"]}
    today = calendar.date_of(now)
    return CalendarView(
        name=row["name"],
        zone=calendar.zone.key,
        open_now=open_now,
        next_change_at=when(change),
        week=body.get("week", {}),
        days=[_day(calendar, today + timedelta(days=n)) for n in range(DAYS)],
        feeds=[_feed(url, asked.get(url), whole=whole) for url in body.get("feeds", [])],
        closures=[_closure(one) for one in stored.closures(tx, row["id"]) if one["ends_at"] > now],
    )


def _day(calendar: Calendar, day: date) -> DayView:
    found = calendar.view(day)
    return DayView(
        day=day,
        name=found.name,
        closed=not found.intervals,
        intervals=[write_span(one) for one in found.intervals],
        source=found.source,
    )


def _feed(url: str, row: Row | None, *, whole: bool) -> FeedView:
    return FeedView(
        url=url if whole else URL(url).host or "",
        fetched_at=None if row is None else when(row["fetched_at"]),
        error="" if row is None else row["error"],
    )


def _closure(row: Row) -> ClosureView:
    return ClosureView(
        starts_at=views.time_of(row["starts_at"]),
        ends_at=views.time_of(row["ends_at"]),
        reason=row["reason"],
        by=row["by_whom"],
    )


async def policies(call: Call[Page, None]) -> dict[str, Any]:
    """What is promised to whom"""
    rows = await call.hub.db.read(sla_policies.listed)
    found = [msgspec.convert(_policy(row), PolicyView) for row in rows]
    return paging.cut(call.hub.keys, "sla-policies", found, call.query)


def _policy(row: Row) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(row["body"])
    return {"when": None, **body}


# ---------------------------------------------------------------- closed today from ...


async def close(call: Call[NoQuery, ClosureBody]) -> Recomputed:
    """Closed from now, or another moment, on: deadlines are worked out again"""
    name, body = call.part("name"), call.body
    for field, at in (("from", body.from_), ("until", body.until)):
        if at is not None and at.tzinfo is None:
            raise invalid(field, "needs a time zone, such as Z")
    try:
        count = await call.hub.db.write(
            closing.close,
            name,
            views.micros(body.from_),
            None if body.until is None else views.micros(body.until),
            reason=body.reason,
            by=call.who.actor,
            now=clock.now(),
        )
    except ClosureInvalid as err:
        raise invalid(err.field, err.reason) from err
    await _settled(call, name)
    return Recomputed(count)


async def reopen(call: Call[NoQuery, None]) -> Recomputed:
    """Open again as declared: closures that have not ended are taken back"""
    name = call.part("name")
    count = await call.hub.db.write(closing.reopen, name, by=call.who.actor, now=clock.now())
    await _settled(call, name)
    return Recomputed(count)


async def _settled(call: Call[Any, Any], name: str) -> None:
    """The change is in force before the caller hears of it."""
    await call.hub.reconfigure()
    await calendars.recompute(call.hub.db, [name])


def routes() -> list[Route[Any, Any]]:
    """The routes of these nouns."""
    read, move = Permission.READ, Permission.MOVE
    closed = "/calendars/{name}/closed"
    return [
        route("GET", "/calendars", read, listed, query=Page, answer=CalendarViews),
        route("POST", closed, move, close, body=ClosureBody, answer=Recomputed),
        route("DELETE", closed, move, reopen, answer=Recomputed),
        route("GET", "/sla-policies", read, policies, query=Page, answer=PolicyViews),
    ]
