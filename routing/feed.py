"""What an iCalendar feed of holidays says (RFC 5545): the days on which it leaves less, or nothing.

An all-day event closes its days; an event with times closes those hours. Whether an event makes
its owner busy (TRANSP) is not asked: the public holiday feeds of the great providers say that it
does not. Pure, but not quick: run it beside the loop.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from routing.days import DAY, Fed, Span, all_but, common

MOST_EVENTS: Final = 5_000
MOST_SERIES: Final = 200
MOST_UNFOLDED: Final = 20_000
"""Occurrences: some seconds of reading."""
MOST_TOUCHED: Final = 100_000
"""Days of all occurrences together."""
MOST_DAYS: Final = 400
"""Of one event: whatever is longer is no holiday."""
_SERIES: Final = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_EVERY: Final = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
"""Days from one to the next."""
_TIMES: Final[dict[str, dict[str, int]]] = {
    "WEEKLY": {"BYDAY": 7},
    "MONTHLY": {"BYDAY": 5, "BYMONTHDAY": 31},
    "YEARLY": {"BYDAY": 53, "BYMONTHDAY": 12, "BYYEARDAY": 366, "BYWEEKNO": 53},
}
"""How often more it comes with one of these, at most."""
_FINE: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")

Said = dict[date, Fed]
"""The hours that a day is left with, by day."""


class FeedInvalid(ValueError):
    """It cannot be used; the message says why."""


def read(text: bytes, zone: ZoneInfo, first: date, last: date) -> Said:
    """The days from ``first`` to ``last`` of which a feed says something. Raises FeedInvalid."""
    try:
        found = icalendar.Calendar.from_ical(text)
        if not isinstance(found, icalendar.Calendar):
            raise FeedInvalid("is not one iCalendar file")
        _bounded(found, (last - first).days)
        events = recurring_ical_events.of(found, skip_bad_series=True).between(
            first, last + timedelta(days=1)
        )
        return _said(events, zone, first, last)
    except FeedInvalid:
        raise
    except Exception as err:  # somebody's text, read by somebody else's code
        raise FeedInvalid(f"is not an iCalendar file: {_words(err)}") from err


def _said(events: Iterable[Any], zone: ZoneInfo, first: date, last: date) -> Said:
    said: Said = {}
    touched = 0
    for event in events:
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        for day, left in _days(event, zone):
            touched += 1
            if touched > MOST_TOUCHED:
                raise FeedInvalid("has more events than a calendar of holidays has")
            if first <= day <= last:
                _lay(said, day, left, str(event.get("SUMMARY", "")))
    return said


def _words(err: Exception) -> str:
    lines = str(err).splitlines()
    return lines[0][:200] if lines else type(err).__name__


def _bounded(found: icalendar.Calendar, days: int) -> None:
    """Raises FeedInvalid for what would unfold without end, or to more than ``MOST_UNFOLDED`` in so
    many days: somebody else wrote it."""
    events = found.walk("VEVENT")
    series = [rule for event in events for rule in _rules(event)]
    if not events and found.name != "VCALENDAR":
        raise FeedInvalid("is not an iCalendar file")
    if len(events) > MOST_EVENTS or len(series) > MOST_SERIES:
        raise FeedInvalid("has more events than a calendar of holidays has")
    for rule in series:
        often = {str(one).upper() for one in rule.get("FREQ", [])}
        if not often <= _SERIES or any(part in rule for part in _FINE):
            raise FeedInvalid("has an event that comes more often than daily")
    if sum(_unfolds(event, days) for event in events) > MOST_UNFOLDED:
        raise FeedInvalid("has more events than a calendar of holidays has")


def _unfolds(event: Any, days: int) -> int:
    """How often an event comes in so many days, at most."""
    return sum(_comes(rule, event.get("DTSTART"), days) for rule in _rules(event))


def _comes(rule: Any, start: Any, days: int) -> int:
    until = rule.get("UNTIL")
    if until and start is not None:
        days = min(days, max(0, (_date(until[0]) - _date(start.dt)).days + 1))
    often = str(rule.get("FREQ", ["DAILY"])[0]).upper()
    times = days // _EVERY.get(often, 1) + 1
    for part, most in _TIMES.get(often, {}).items():
        times *= most if part in rule else 1
    return min(times, days, *map(int, rule.get("COUNT", [])))


def _date(at: Any) -> date:
    return at.date() if isinstance(at, datetime) else date(at.year, at.month, at.day)


def _rules(event: Any) -> list[Any]:
    found = event.get("RRULE")
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _days(event: Any, zone: ZoneInfo) -> Iterable[tuple[date, tuple[Span, ...]]]:
    """The days that an event touches, and what it leaves of each."""
    start, end = event.start, event.end
    if not isinstance(start, datetime):
        length = max((end - start).days, 1)
        for number in range(min(length, MOST_DAYS)):
            yield start + timedelta(days=number), ()
        return
    start, end = (_there(one, zone) for one in (start, end))
    day = start.date()
    for _ in range(MOST_DAYS):
        closed = _minutes(day, start, 0), _minutes(day, end, DAY)
        if closed[0] < closed[1]:
            yield day, all_but(closed)
        day += timedelta(days=1)
        if day > end.date():
            return


def _there(at: datetime, zone: ZoneInfo) -> datetime:
    """On the clock of the zone; a floating time is one already."""
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)


def _minutes(day: date, at: datetime, otherwise: int) -> int:
    return at.hour * 60 + at.minute if at.date() == day else otherwise


def _lay(said: Said, day: date, left: tuple[Span, ...], name: str) -> None:
    """Several events of one day leave what each of them leaves; one of a whole day names it."""
    before = said.get(day)
    if before is None or not left:
        said[day] = Fed(left, name)
    else:
        said[day] = Fed(common(before.left, left), before.name)
