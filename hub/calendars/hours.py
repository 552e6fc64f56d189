"""Whether a queue is closed, by its calendar; a queue without one never is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hub.desk import Desk
    from routing.calendar import Calendar

DAY: Final = 24 * 3600 * 1_000_000  # microseconds
LONGEST_CLOSED: Final = 60
"""Days in a row that a queue may be closed: whoever is gone for longer has lost their work."""


def calendar_of(desk: Desk, queue: int | None) -> Calendar | None:
    """The calendar that a queue keeps."""
    found = None if queue is None else desk.queues.get(queue)
    return None if found is None else desk.calendars.get(found.calendar)


def closed(desk: Desk, queue: int | None, now: int) -> bool:
    """Whether nobody is there now."""
    calendar = calendar_of(desk, queue)
    return calendar is not None and not calendar.open_at(now)


def opens_at(desk: Desk, queue: int | None, now: int) -> int | None:
    """When somebody is there again (µs); None while it is open, or if it never opens."""
    calendar = calendar_of(desk, queue)
    if calendar is None or calendar.open_at(now):
        return None
    return calendar.next_open(now)


def working_day(desk: Desk, queue: int | None, since: int) -> int:
    """When a working day has passed (µs): the same time on the next day on which the queue is open
    at all. Without a calendar that is tomorrow."""
    calendar = calendar_of(desk, queue)
    if calendar is None:
        return since + DAY
    gone = calendar.date_of(since)
    day = gone + timedelta(days=1)
    while not calendar.view(day).intervals and (day - gone).days < LONGEST_CLOSED:
        day += timedelta(days=1)
    return calendar.midnight(day) + since - calendar.midnight(gone)


def same_closing(desk: Desk, queue: int | None, before: int, now: int) -> bool:
    """Whether it has not been open between two moments."""
    calendar = calendar_of(desk, queue)
    if calendar is None or calendar.open_at(before) or calendar.open_at(now):
        return False
    return calendar.next_open(before) == calendar.next_open(now)
