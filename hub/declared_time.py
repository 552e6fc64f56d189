"""What an applied file may say of time: calendars, and what is promised by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from yarl import URL

from hub import files
from hub.fields import FieldError
from routing import days, sla

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Hours = Annotated[
    str, msgspec.Meta(pattern=days.SPAN_PATTERN, examples=["09:00-17:00", "22:00-06:00"])
]
DayText = Annotated[str, msgspec.Meta(pattern=days.DAY_PATTERN, examples=["2026-12-24", "12-24"])]
Share = Annotated[str, msgspec.Meta(pattern=sla.WARN_PATTERN, examples=["80%"])]
Percent = Annotated[int, msgspec.Meta(ge=1, le=100)]
Words = Annotated[str, msgspec.Meta(max_length=100)]


class WeekSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Hours by weekday; a day that is not named is closed."""

    mon: list[Hours] = []
    tue: list[Hours] = []
    wed: list[Hours] = []
    thu: list[Hours] = []
    fri: list[Hours] = []
    sat: list[Hours] = []
    sun: list[Hours] = []


class HolidaySpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The public holidays of a country, closed all day."""

    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,3}$", examples=["DE", "IR"])]
    subdivision: Annotated[str, msgspec.Meta(max_length=40)] = ""
    """State or province, as the ``holidays`` package writes it: ``BY``."""
    categories: list[str] = []
    """Others than ``public``, such as ``catholic``."""
    language: str = ""
    """Of the names, such as ``en_US``; empty: the country's own."""


class ExceptionSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Days with other hours, by hand: stronger than holidays, feeds and the week."""

    day: DayText
    """YYYY-MM-DD, or MM-DD for every year."""
    until: DayText | None = None
    """The last of several days."""
    calendar: Literal["gregorian", "jalali"] = "gregorian"
    """Of ``day`` and ``until``: 1405-01-01 is jalali."""
    open: list[Hours] = []
    """Empty: closed."""
    name: Words = ""


class CalendarSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """When somebody is there."""

    name: Name
    zone: str
    """Of the IANA data base: Asia/Tehran."""
    week: WeekSpec = msgspec.field(default_factory=WeekSpec)
    holidays: list[HolidaySpec] = []
    feeds: list[Annotated[str, msgspec.Meta(max_length=2000)]] = []
    """Addresses of iCalendar files, fetched daily; their days are closed."""
    exceptions: list[ExceptionSpec] = []


class WhenSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """For whom a policy is; a part that is left out is for all."""

    queue: Name | None = None
    channel: Words | None = None
    """Name or kind."""
    tier: Words | None = None
    """The contact's attribute ``tier``."""


class ActSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What a warning or a breach does beside being said."""

    priority: files.Duration | None = None
    """Head start more, such as +600s."""
    queue: Name | None = None
    """Where the turn goes, if it still waits."""
    notify: list[Literal["agent", "supervisors"]] = []


class SlaSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What is promised, in time during which its calendar is open: 1d is 24 such hours.

    Of the policies that fit, the one whose ``when`` says most holds.
    """

    name: Name
    when: WhenSpec | None = None
    """``{}`` is for all; left out: only where a rule or a queue names it."""
    answer: files.Duration | None = None
    first_reply: files.Duration | None = None
    next_reply: files.Duration | None = None
    resolution: files.Duration | None = None
    target: Percent | None = None
    """Per cent of contacts for which it is to be kept: for reports."""
    warn: Share = f"{sla.WARN}%"
    """After this share of the time."""
    calendar: Name | None = None
    """Whose business time; left out: the queue's, else always open."""
    on_warn: ActSpec | None = None
    on_breach: ActSpec | None = None


# ---------------------------------------------------------------- checks


def check(calendars: Sequence[CalendarSpec], policies: Sequence[SlaSpec]) -> Iterable[FieldError]:
    """What types cannot say, with the path of what is wrong."""
    for place, calendar in enumerate(calendars):
        for error in _check_calendar(calendar):
            yield FieldError(f"calendars[{place}].{error.field}", error.reason)
    for place, policy in enumerate(policies):
        for error in _check_policy(policy):
            yield FieldError(f"sla[{place}].{error.field}", error.reason)


def _check_calendar(calendar: CalendarSpec) -> Iterable[FieldError]:
    try:
        ZoneInfo(calendar.zone)
    except (ValueError, LookupError, OSError):
        yield FieldError("zone", f"there is no time zone {calendar.zone}")
    for name in days.WEEKDAYS:
        yield from _asked(f"week.{name}", lambda name=name: _hours(calendar.week, name))
    for place, one in enumerate(calendar.holidays):
        yield from _asked(f"holidays[{place}]", _holidays(one).check)
    for place, url in enumerate(calendar.feeds):
        yield from _asked(f"feeds[{place}]", lambda url=url: check_feed(url))
        if url in calendar.feeds[:place]:
            yield FieldError(f"feeds[{place}]", "is there twice")
    for place, given in enumerate(calendar.exceptions):
        yield from _asked(f"exceptions[{place}]", lambda given=given: _exception(given))


def _asked(field: str, ask: Any) -> Iterable[FieldError]:
    """What a reader of ``routing`` refuses; the key that it names before a colon goes to the path."""
    try:
        ask()
    except ValueError as err:
        key, colon, reason = str(err).partition(": ")
        if colon and key.replace("_", "").replace(".", "").isalpha():
            yield FieldError(f"{field}.{key}", reason)
        else:
            yield FieldError(field, str(err))


def _hours(week: WeekSpec, name: str) -> tuple[days.Span, ...]:
    return days.spans(getattr(week, name))


def _holidays(given: HolidaySpec) -> days.Holidays:
    return days.Holidays(given.country, given.subdivision, tuple(given.categories), given.language)


def _exception(given: ExceptionSpec) -> days.Special:
    return days.exception(
        given.day,
        given.until or "",
        system=given.calendar,
        hours=given.open,
        name=given.name,
    )


def check_feed(url: str) -> None:
    """Raises ValueError: not an address of a feed."""
    try:
        parsed = URL(url)
        host = parsed.host
    except ValueError as err:
        raise ValueError("is not a web address") from err
    if parsed.scheme not in ("https", "http", "webcal") or not host:
        raise ValueError("is not a web address: it begins with https://")


def _check_policy(policy: SlaSpec) -> Iterable[FieldError]:
    plain = msgspec.to_builtins(policy)
    if not any(kind in plain for kind in sla.Kind):
        yield FieldError("name", f"{policy.name} promises nothing: {', '.join(sla.Kind)}")
    try:
        sla.policy(policy.name, plain)
    except ValueError as err:
        key, _, reason = str(err).partition(": ")
        yield FieldError(key, reason)
    for key in ("on_warn", "on_breach"):
        act: ActSpec | None = getattr(policy, key)
        if act is not None and msgspec.to_builtins(act) == {}:
            yield FieldError(key, "does nothing: priority, queue, notify")
