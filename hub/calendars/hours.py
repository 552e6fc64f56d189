"""Whether a queue is closed, by its calendar; a queue without one never is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.desk import Desk
    from routing.calendar import Calendar


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


def same_closing(desk: Desk, queue: int | None, before: int, now: int) -> bool:
    """Whether it has not been open between two moments."""
    calendar = calendar_of(desk, queue)
    if calendar is None or calendar.open_at(before) or calendar.open_at(now):
        return False
    return calendar.next_open(before) == calendar.next_open(now)
