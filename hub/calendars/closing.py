"""Closed today from ..: taking hours away from a calendar, and giving them back.

For the API and the command line. Each says how many open deadlines it moves; the moving itself is
``calendars.recompute``, afterwards.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hub import calendars, clock
from hub.control import CommandRefused
from routing import spans
from storage import audit, sla_deadlines, views
from storage import calendars as stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.commands import Commands
    from routing.calendar import Calendar
    from storage.db import Row, Tx

LONGEST = timedelta(days=366) // timedelta(microseconds=1)


class ClosureInvalid(ValueError):
    """It cannot be closed like this; ``field`` says where it is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def close(
    tx: Tx, name: str, starts_at: int, ends_at: int | None, *, reason: str, by: str, now: int
) -> int:
    """Closed from then on, until then or to the end of that day; how many deadlines that moves.
    What is closed all that time already stays as it is: a second click closes nothing twice.

    Raises ClosureInvalid, LookupError.
    """
    row = _calendar(tx, name)
    if abs(starts_at - now) > LONGEST:
        raise ClosureInvalid("from", "is more than a year away: change the calendar")
    if ends_at is None:
        calendar = calendars.built(tx, row)
        ends_at = calendar.midnight(calendar.date_of(starts_at) + timedelta(days=1))
    if ends_at <= starts_at:
        raise ClosureInvalid("until", "is not after from")
    if ends_at - starts_at > LONGEST:
        raise ClosureInvalid("until", "is more than a year after from: change the calendar")
    if not stored.close(tx, row["id"], starts_at, ends_at, reason=reason, by=by, now=now):
        return 0
    audit.record(tx, by, "close", f"calendar:{name}", now=now, starts_at=starts_at, ends_at=ends_at)
    return sla_deadlines.running_by(tx, name)


def reopen(tx: Tx, name: str, *, by: str, now: int) -> int:
    """Open as declared again; how many deadlines that moves. Raises LookupError."""
    row = _calendar(tx, name)
    if not stored.reopen(tx, row["id"], now):
        return 0
    audit.record(tx, by, "reopen", f"calendar:{name}", now=now)
    return sla_deadlines.running_by(tx, name)


def _calendar(tx: Tx, name: str) -> Row:
    row = stored.by_name(tx, name)
    if row is None:
        raise LookupError("no such calendar")
    return row


# ---------------------------------------------------------------- on the command line


async def show(office: Commands, _args: Mapping[str, Any], _body: bytes) -> list[str]:
    """A line a calendar: whether it is open, and until when."""
    now = clock.now()
    found = (await office.db.read(calendars.load)).values()
    return [_line(one, now) for one in found]


def _line(calendar: Calendar, now: int) -> str:
    is_open = calendar.open_at(now)
    change = calendar.next_close(now) if is_open else calendar.next_open(now)
    state = "open" if is_open else "closed"
    until = "" if change is None else f" until {_there(calendar, change)}"
    return f"{calendar.name}: {state}{until} ({calendar.zone.key})"


def _there(calendar: Calendar, at: int) -> str:
    return views.time_of(at).astimezone(calendar.zone).strftime("%Y-%m-%d %H:%M")


async def close_by_command(office: Commands, args: Mapping[str, Any], _body: bytes) -> str:
    """``name``, ``from``, ``until`` (times of today in its zone, or with a date), ``reason``."""
    name, now = args["name"], clock.now()
    calendar = (await office.db.read(calendars.load)).get(name)
    if calendar is None:
        raise CommandRefused(f"there is no calendar {name}")
    try:
        starts_at = _moment(calendar, "from", args.get("from") or "", now)
        until = args.get("until") or ""
        ends_at = _moment(calendar, "until", until, now) if until else None
        count = await office.db.write(
            close,
            name,
            now if starts_at is None else starts_at,
            ends_at,
            reason=args.get("reason") or "",
            by="command",
            now=now,
        )
    except ClosureInvalid as err:
        raise CommandRefused(str(err)) from err
    await _settled(office, name)
    return f"{count} open deadlines worked out again"


async def reopen_by_command(office: Commands, args: Mapping[str, Any], _body: bytes) -> str:
    """``name``."""
    name = args["name"]
    try:
        count = await office.db.write(reopen, name, by="command", now=clock.now())
    except LookupError as err:
        raise CommandRefused(f"there is no calendar {name}") from err
    await _settled(office, name)
    return f"{count} open deadlines worked out again"


async def _settled(office: Commands, name: str) -> None:
    await office.changed()
    await calendars.recompute(office.db, [name])


def _moment(calendar: Calendar, field: str, text: str, now: int) -> int | None:
    """``14:00`` today, or ``2026-12-24T14:00``, on the clock of the calendar's zone; None: no text.

    Raises ClosureInvalid.
    """
    if not text:
        return None
    try:
        if "-" in text:
            found = datetime.fromisoformat(text)
        else:
            day = calendar.date_of(now)
            found = datetime.combine(day, spans.time_of_day(text))
    except ValueError as err:
        raise ClosureInvalid(field, "write 14:00 for today, or 2026-12-24T14:00") from err
    return views.micros(found if found.tzinfo else found.replace(tzinfo=calendar.zone))
