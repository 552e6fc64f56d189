"""What a day is: its hours, and where they come from. Pure; a day is a day of the calendar's zone.

Weekends, half days and night shifts are data. The strongest source that knows a day decides:
exceptions by hand, then iCalendar feeds, then the ``holidays`` package, then the week. (Stronger
than all of them is a closure, which is a stretch of time and not a day: ``calendar.py``.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

from persiantools.jdatetime import JalaliDate

Span = tuple[int, int]
"""Minutes of the wall clock since the day's midnight. An end over 1440 is on the next day: a night
shift belongs to the day on which it begins."""

DAY: Final = 1440
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order of ``date.weekday``."""
SPAN_PATTERN: Final = (
    r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)"
)
SPAN_WORDS: Final = "write hours as 09:00-17:00; an end before its start is on the next day"
DAY_PATTERN: Final = r"^(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2}$(?!\n)"
DAY_WORDS: Final = "write a day as YYYY-MM-DD, or as MM-DD for every year"
_SPAN: Final = re.compile(SPAN_PATTERN)
_DAY: Final = re.compile(DAY_PATTERN)
_LEAP: Final = {"gregorian": 2000, "jalali": 1403}

Source = Literal["week", "holiday", "feed", "exception"]
Parts = tuple[int, ...]
"""(year, month, day) of one date, or (month, day) of every year, in some system of dates."""


def span(text: str) -> Span:
    """``09:00-17:00`` as minutes. Raises ValueError: what to write instead."""
    if not _SPAN.match(text):
        raise ValueError(SPAN_WORDS)
    first, last = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    if first == last:
        raise ValueError("begins and ends at the same time: for the whole day write 00:00-24:00")
    return first, last if last > first else last + DAY


def spans(texts: Sequence[str]) -> tuple[Span, ...]:
    """Hours of one day, in order. Raises ValueError where two of them overlap."""
    found = sorted(span(text) for text in texts)
    for one, after in pairwise(found):
        if after[0] < one[1]:
            raise ValueError(f"{write_span(after)} overlaps {write_span(one)}")
    return tuple(found)


def write_span(one: Span) -> str:
    """Minutes as ``span`` reads them."""
    last = one[1] if one[1] <= DAY else one[1] - DAY
    return f"{one[0] // 60:02d}:{one[0] % 60:02d}-{last // 60:02d}:{last % 60:02d}"


@dataclass(frozen=True, slots=True)
class Day:
    """One day's hours, in order."""

    spans: tuple[Span, ...]
    source: Source
    name: str = ""


@dataclass(frozen=True, slots=True)
class Holidays:
    """The public holidays of a country, as the ``holidays`` package knows them: closed all day."""

    country: str
    """ISO 3166, such as ``DE``."""
    subdivision: str = ""
    categories: tuple[str, ...] = ()
    """Of the package, such as ``catholic``; empty: public."""
    language: str = ""
    """Of the names, as the package writes it (``en_US``); empty: the country's own."""

    def check(self) -> None:
        """Raises ValueError: there is no such country, subdivision, category or language."""
        import holidays  # noqa: PLC0415  heavy, and not every hub has a country

        known = holidays.list_supported_countries(include_aliases=True)
        if self.country not in known:
            raise ValueError(f"country: there are no holidays of {self.country}")
        if self.subdivision and self.subdivision not in known[self.country]:
            raise ValueError(f"subdivision: {self.country} has no {self.subdivision}")
        of = holidays.country_holidays(self.country)
        for one in self.categories:
            if one not in of.supported_categories:
                raise ValueError(f"categories: {self.country} has no {one}")
        if self.language and self.language not in of.supported_languages:
            raise ValueError(f"language: {self.country}'s names are not known in {self.language}")

    def name(self, day: date) -> str | None:
        """The holiday's name; None on other days."""
        return _of_year(self, day.year).get(day)


@lru_cache(maxsize=1024)
def _of_year(of: Holidays, year: int) -> Mapping[date, str]:
    import holidays  # noqa: PLC0415  see above

    found = holidays.country_holidays(
        of.country,
        subdiv=of.subdivision or None,
        years=year,
        expand=False,
        categories=of.categories or None,
        language=of.language or None,
    )
    return dict(found.items())


@dataclass(frozen=True, slots=True)
class Special:
    """Days that somebody has written down: one, a run of them, or the same in every year."""

    first: Parts
    last: Parts
    """Inclusive. Of every year: may lie before ``first``, over the new year."""
    spans: tuple[Span, ...] = ()
    name: str = ""
    system: str = "gregorian"

    def covers(self, parts: Parts) -> bool:
        """Whether a day, as (year, month, day) in this system of dates, is one of them."""
        given = parts[-len(self.first) :]
        if self.first <= self.last:
            return self.first <= given <= self.last
        return given >= self.first or given <= self.last


def exception(
    day: str,
    until: str = "",
    *,
    system: str = "gregorian",
    hours: Sequence[str] = (),
    name: str = "",
) -> Special:
    """As a file writes it; ``system`` is ``gregorian`` or ``jalali``. Raises ValueError, with the
    name of the key before a colon."""
    first = _named("day", day, system)
    last = _named("until", until, system) if until else first
    if len(first) != len(last):
        raise ValueError("until: write it as the day is written, with or without a year")
    if len(first) == 3 and last < first:
        raise ValueError("until: is before the day")
    try:
        return Special(first, last, spans(hours), name, system)
    except ValueError as err:
        raise ValueError(f"open: {err}") from err


def _named(key: str, text: str, system: str) -> Parts:
    try:
        return _parts(text, system)
    except ValueError as err:
        raise ValueError(f"{key}: {err}") from err


def _parts(text: str, system: str) -> Parts:
    """A day of a file. Raises ValueError."""
    if not _DAY.match(text):
        raise ValueError(DAY_WORDS)
    found = tuple(int(part) for part in text.split("-"))
    year, month, day = found if len(found) == 3 else (_LEAP[system], *found)
    try:
        if system == "jalali":
            JalaliDate(year, month, day)
        else:
            date(year, month, day)
    except ValueError as err:
        raise ValueError(f"there is no such day in the {system} calendar: {text}") from err
    return found


def parts_of(day: date, system: str) -> Parts:
    """(year, month, day) in a system of dates."""
    if system == "jalali":
        there = JalaliDate(day)
        return there.year, there.month, there.day
    return day.year, day.month, day.day


@dataclass(frozen=True, slots=True)
class Fed:
    """What a feed says of one day."""

    left: tuple[Span, ...]
    """The hours that it leaves of the week's; none: closed."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Days:
    """Every day there is."""

    week: tuple[tuple[Span, ...], ...] = ((),) * 7
    """Monday first."""
    exceptions: tuple[Special, ...] = ()
    """The first that covers a day counts."""
    fed: Mapping[date, Fed] = field(default_factory=dict)
    holidays: tuple[Holidays, ...] = ()

    def of(self, day: date) -> Day:
        """The hours of a day, by the strongest source that knows it."""
        by_hand = self._by_hand(day) if self.exceptions else None
        if by_hand is not None:
            return Day(by_hand.spans, "exception", by_hand.name)
        usual = self.week[day.weekday()]
        if day in self.fed:
            return Day(common(usual, self.fed[day].left), "feed", self.fed[day].name)
        for one in self.holidays:
            name = one.name(day)
            if name is not None:
                return Day((), "holiday", name)
        return Day(usual, "week")

    def _by_hand(self, day: date) -> Special | None:
        known: dict[str, Parts] = {}
        for one in self.exceptions:
            if one.system not in known:
                known[one.system] = parts_of(day, one.system)
            if one.covers(known[one.system]):
                return one
        return None


def common(these: Sequence[Span], those: Sequence[Span]) -> tuple[Span, ...]:
    """The minutes that are in both."""
    found = (
        (max(a[0], b[0]), min(a[1], b[1] if b[1] < DAY else max(DAY, a[1])))
        for a in these
        for b in those
    )
    return tuple(sorted(one for one in found if one[0] < one[1]))


def all_but(closed: Span) -> tuple[Span, ...]:
    """What a stretch of one day leaves of it."""
    return tuple(one for one in ((0, closed[0]), (closed[1], DAY)) if one[0] < one[1])
