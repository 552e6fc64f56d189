"""Business time: days computed by hand, nights on which clocks change, and what must always hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing import days
from routing.calendar import MINUTE, Calendar, Closure, always, instant
from routing.days import DAY, Days, Fed, Holidays, Span, exception, spans

HOUR = 60 * MINUTE
WORK = spans(["09:00-12:00", "13:00-17:00"])
WEEKDAYS_ONLY = (WORK,) * 5 + ((),) * 2
ALL_DAY = (((0, DAY),),) * 7


def at(text: str, zone: str = "UTC", *, fold: int = 0) -> int:
    """``2026-04-02 09:00`` of a zone's clock, in microseconds."""
    there = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return (there - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def there(moment: int | None, zone: str = "UTC") -> str:
    """The other way round."""
    assert moment is not None
    found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
    return found.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def calendar(
    zone: str = "Europe/Berlin", closures: tuple[Closure, ...] = (), **of: Any
) -> Calendar:
    of.setdefault("week", WEEKDAYS_ONLY)
    return Calendar("office", ZoneInfo(zone), Days(**of), closures)


# ---------------------------------------------------------------- computed by hand


def test_eight_hours_over_easter() -> None:
    """Thursday 2 April 2026, 15:30, plus 8 h: 1.5 h on Thursday; Friday and Monday are holidays of
    Germany, between them a weekend; Tuesday has 6.5 h left to do: 3 h until noon, 3.5 h from 13."""
    office = calendar(holidays=(Holidays("DE"),))
    due = office.add(at("2026-04-02 15:30", "Europe/Berlin"), 8 * HOUR)
    assert there(due, "Europe/Berlin") == "2026-04-07 16:30"
    assert office.between(at("2026-04-02 15:30", "Europe/Berlin"), due or 0) == 8 * HOUR


def test_a_week_from_saturday_to_thursday_noon_over_nowruz() -> None:
    """Iran: Wednesday 27 Esfand 1404 (18 March 2026) 16:00 plus 6 h. That day has one hour left.
    Thursday is half (08:00-12:00): four hours; but 29 Esfand is a Friday, and 1 to 4 Farvardin
    (Saturday to Tuesday) are holidays. Wednesday 5 Farvardin gives the last hour."""
    week = (spans(["08:00-17:00"]),) * 3 + (
        spans(["08:00-12:00"]),
        (),
        *(spans(["08:00-17:00"]),) * 2,
    )
    iran = calendar(
        "Asia/Tehran",
        week=week,
        exceptions=(exception("01-01", "01-04", system="jalali", name="نوروز"),),
    )
    due = iran.add(at("2026-03-18 16:00", "Asia/Tehran"), 6 * HOUR)
    assert there(due, "Asia/Tehran") == "2026-03-25 09:00"
    assert [iran.view(date(2026, 3, day)).name for day in (20, 21, 24, 25)] == [
        "",
        "نوروز",
        "نوروز",
        "",
    ]


def test_a_span_has_its_start_and_not_its_end() -> None:
    office = calendar("UTC")
    morning, noon = at("2026-04-01 09:00"), at("2026-04-01 12:00")
    assert office.open_at(morning)
    assert not office.open_at(morning - 1)
    assert not office.open_at(noon)
    assert office.open_at(noon - 1)
    assert office.next_close(morning) == noon
    assert office.next_open(noon) == at("2026-04-01 13:00")
    assert office.next_open(morning) == morning
    assert office.next_close(noon) == noon


def test_what_is_due_at_closing_time_is_due_then_and_not_next_morning() -> None:
    office = calendar("UTC")
    assert there(office.add(at("2026-04-01 13:00"), 4 * HOUR)) == "2026-04-01 17:00"
    assert office.add(at("2026-04-04 13:00"), 0) == at("2026-04-04 13:00")


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    """Fridays 22:00-06:00: Saturday's morning is open, Friday's is not; a closed Saturday does not
    send home who began on Friday."""
    night = spans(["22:00-06:00"])
    shift = calendar("UTC", week=((),) * 4 + (night, (), ()), exceptions=(exception("2026-04-04"),))
    assert not shift.open_at(at("2026-04-03 05:00"))
    assert shift.open_at(at("2026-04-04 05:59"))
    assert shift.between(at("2026-04-01 00:00"), at("2026-04-08 00:00")) == 8 * HOUR
    assert shift.next_close(at("2026-04-03 23:00")) == at("2026-04-04 06:00")


def test_spans_that_touch_at_midnight_are_one() -> None:
    late, early = spans(["20:00-24:00"]), spans(["00:00-04:00"])
    club = calendar("UTC", week=(late, early, (), (), (), (), ()))
    assert club.next_close(at("2026-03-30 21:00")) == at("2026-03-31 04:00")


@pytest.mark.parametrize(
    ("given_days", "source", "hours"),
    [
        ({}, "week", WORK),
        ({"holidays": (Holidays("DE"),)}, "holiday", ()),
        (
            {"holidays": (Holidays("DE"),), "fed": {date(2026, 4, 3): Fed(((0, 720),))}},
            "feed",
            WORK[:1],
        ),
        (
            {
                "holidays": (Holidays("DE"),),
                "fed": {date(2026, 4, 3): Fed(())},
                "exceptions": (exception("2026-04-03", hours=["10:00-11:00"]),),
            },
            "exception",
            ((600, 660),),
        ),
    ],
)
def test_the_strongest_source_of_a_day_counts(
    given_days: dict[str, Any], source: str, hours: tuple[Span, ...]
) -> None:
    found = calendar(**given_days).view(date(2026, 4, 3))
    assert (found.source, found.intervals) == (source, hours)


def test_closed_today_from_is_stronger_than_all() -> None:
    zone = "Europe/Berlin"
    from_, until = at("2026-04-01 11:00", zone), at("2026-04-02 00:00", zone)
    office = calendar(
        exceptions=(exception("2026-04-01", hours=["08:00-20:00"]),),
        closures=(Closure(from_, until, "power cut"),),
    )
    assert office.open_at(from_ - 1)
    assert not office.open_at(from_)
    assert there(office.add(at("2026-04-01 10:00", zone), 2 * HOUR), zone) == "2026-04-02 10:00"
    found = office.view(date(2026, 4, 1))
    assert (found.source, found.name, found.intervals) == ("today", "power cut", ((480, 660),))
    assert office.view(date(2026, 4, 2)).source == "week"


def test_a_closure_ends_last_nights_shift() -> None:
    shift = calendar(
        "UTC",
        week=(spans(["22:00-06:00"]),) * 7,
        closures=(Closure(at("2026-04-01 02:00"), at("2026-04-01 23:00")),),
    )
    assert shift.next_close(at("2026-03-31 23:00")) == at("2026-04-01 02:00")
    assert shift.next_open(at("2026-04-01 03:00")) == at("2026-04-01 23:00")
    assert shift.view(date(2026, 3, 31)).intervals == ((22 * 60, 26 * 60),)


@pytest.mark.parametrize("closed", [Days(), Days(holidays=(Holidays("DE"),))])
def test_what_never_opens_says_so(closed: Days) -> None:
    never = Calendar("never", ZoneInfo("Asia/Tehran"), closed)
    now = at("2026-04-01 00:00")
    assert never.next_open(now) is None
    assert never.add(now, 1) is None
    assert never.next_close(now) == now
    assert never.between(now, now + 10**9 * HOUR) == 0


def test_what_opens_once_is_not_enough_for_more() -> None:
    once = Calendar(
        "once", ZoneInfo("UTC"), Days(exceptions=(exception("2026-06-01", hours=["09:00-10:00"]),))
    )
    assert once.add(at("2026-04-01 00:00"), HOUR) == at("2026-06-01 10:00")
    assert once.add(at("2026-04-01 00:00"), HOUR + 1) is None


def test_what_is_always_open() -> None:
    clock = always()
    assert clock.next_close(0) is None
    assert clock.add(17, 62 * HOUR) == 17 + 62 * HOUR


# ---------------------------------------------------------------- nights on which clocks change

NIGHT = (spans(["22:00-06:00"]),) * 7


@pytest.mark.parametrize(
    ("zone", "evening", "hours"),
    [
        ("Europe/Berlin", "2026-03-28", 7),  # 02:00 -> 03:00
        ("Europe/Berlin", "2026-10-24", 9),  # 03:00 -> 02:00
        ("America/New_York", "2026-03-07", 7),
        ("America/New_York", "2026-10-31", 9),
        ("Australia/Lord_Howe", "2026-04-04", 8.5),  # half an hour, southern autumn
        ("Australia/Lord_Howe", "2026-10-03", 7.5),
        ("Asia/Tehran", "2022-03-21", 7),  # 1401-01-02 00:00 -> 01:00
        ("Asia/Tehran", "2022-09-21", 9),  # 1401-06-31 00:00 -> 23:00 of the day before
        ("Asia/Tehran", "2023-03-21", 8),  # abolished
        ("Africa/Casablanca", "2026-02-14", 9),  # Ramadan: back to GMT
        ("Asia/Tokyo", "2026-03-28", 8),
    ],
)
def test_a_night_has_the_hours_that_pass(zone: str, evening: str, hours: float) -> None:
    guard = calendar(zone, week=NIGHT)
    noon = at(f"{evening} 12:00", zone)
    assert guard.between(noon, noon + 20 * HOUR) == hours * HOUR
    opened = guard.next_open(noon)
    assert there(opened, zone) == f"{evening} 22:00"
    closed = guard.next_close(opened or 0)
    assert there(closed, zone)[-5:] == "06:00"
    assert (closed or 0) - (opened or 0) == hours * HOUR


def test_a_time_that_is_left_out_is_the_moment_of_the_change() -> None:
    """Berlin, 29 March 2026: there is no 02:30; whoever opens then opens at 03:00 summer time."""
    early = calendar(week=(spans(["02:30-04:00"]),) * 7)
    assert early.next_open(at("2026-03-28 12:00", "UTC")) == at("2026-03-29 01:00", "UTC")
    assert early.between(at("2026-03-28 12:00"), at("2026-03-29 12:00")) == HOUR


def test_a_time_that_comes_twice_is_its_first_coming() -> None:
    """Berlin, 25 October 2026: 02:30 is 00:30 UTC, and again 01:30 UTC."""
    both = calendar(week=(spans(["00:00-02:30", "02:30-06:00"]),) * 7)
    change = at("2026-10-25 02:30", "Europe/Berlin")
    assert change == at("2026-10-25 00:30")
    assert both.between(at("2026-10-24 22:00"), change) == 2.5 * HOUR
    assert both.between(change, at("2026-10-25 12:00")) == 4.5 * HOUR


@pytest.mark.parametrize(
    "zone",
    ["Asia/Tehran", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "America/Havana"],
)
def test_who_never_closes_has_no_gap_at_any_change(zone: str) -> None:
    """Changes at midnight, by half an hour, and a day that a country left out (Apia, 2011)."""
    never_closed = calendar(zone, week=ALL_DAY)
    first, last = at("1975-01-01 00:00"), at("2035-01-01 00:00")
    assert never_closed.between(first, last) == last - first
    assert never_closed.next_close(at("2026-01-01 00:00")) is None


def test_the_day_that_samoa_left_out_has_no_hours() -> None:
    office = calendar("Pacific/Apia", week=(WORK,) * 7)
    assert office.between(at("2011-12-30 09:00"), at("2011-12-30 11:00")) == 0
    skipped = date(2011, 12, 30).toordinal()
    assert instant(office.zone, skipped, 540) == instant(office.zone, skipped, DAY)


# ---------------------------------------------------------------- what must always hold

_ZONES = st.sampled_from(
    [
        "UTC",
        "Asia/Tehran",
        "Australia/Lord_Howe",
        "Europe/Berlin",
        "America/St_Johns",
        "Pacific/Apia",
    ]
)
_FIRST, _LAST = at("2010-01-01 00:00"), at("2030-01-01 00:00")
_MOMENTS = st.integers(_FIRST, _LAST)
_AMOUNTS = st.integers(0, 2000 * HOUR)


@st.composite
def _spans(draw: st.DrawFn) -> tuple[Span, ...]:
    edges = sorted(draw(st.sets(st.integers(0, DAY), max_size=6)))
    found = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    if draw(st.booleans()):
        found = (
            [*found[:-1], (1320, 1800)]
            if not found or found[-1][1] > 1320
            else [*found, (1320, 1800)]
        )
    return tuple(found)


@st.composite
def _calendars(draw: st.DrawFn) -> Calendar:
    week = tuple(draw(_spans()) for _ in range(7))
    exceptions = tuple(
        days.Special((2020, month, day), (2020, month, day), draw(_spans()))
        for month, day in draw(
            st.sets(st.tuples(st.integers(1, 12), st.integers(1, 28)), max_size=3)
        )
    )
    closures = tuple(
        Closure(start, start + length)
        for start, length in draw(
            st.lists(st.tuples(_MOMENTS, st.integers(1, 100 * HOUR)), max_size=2)
        )
    )
    return Calendar("any", ZoneInfo(draw(_ZONES)), Days(week=week, exceptions=exceptions), closures)


@settings(max_examples=100, deadline=None)
@given(_calendars(), _MOMENTS, _AMOUNTS)
def test_between_undoes_add_and_add_stops_as_soon_as_it_can(
    any_calendar: Calendar, start: int, amount: int
) -> None:
    due = any_calendar.add(start, amount)
    if due is None:
        assert any_calendar.add(start, amount + 1) is None
        return
    assert any_calendar.between(start, due) == amount
    assert amount == 0 or any_calendar.between(start, due - 1) == amount - 1


@settings(max_examples=100, deadline=None)
@given(_calendars(), _MOMENTS, _AMOUNTS, _AMOUNTS)
def test_adding_twice_is_adding_both(
    any_calendar: Calendar, start: int, one: int, two: int
) -> None:
    first = any_calendar.add(start, one)
    both = any_calendar.add(start, one + two)
    if first is not None and both is not None:
        assert any_calendar.add(first, two) == both


@settings(max_examples=100, deadline=None)
@given(_calendars(), st.tuples(_MOMENTS, _MOMENTS, _MOMENTS).map(sorted))
def test_time_is_additive_and_never_runs_faster_than_it_passes(
    any_calendar: Calendar, moments: list[int]
) -> None:
    a, b, c = moments
    assert any_calendar.between(a, b) + any_calendar.between(b, c) == any_calendar.between(a, c)
    assert 0 <= any_calendar.between(a, c) <= c - a
    assert any_calendar.between(c, a) == 0


@settings(max_examples=100, deadline=None)
@given(_calendars(), _MOMENTS, _MOMENTS, _AMOUNTS)
def test_who_begins_later_is_not_done_sooner(
    any_calendar: Calendar, one: int, two: int, amount: int
) -> None:
    first, second = (any_calendar.add(start, amount) for start in sorted((one, two)))
    if first is not None and second is not None:
        assert first <= second


@settings(max_examples=100, deadline=None)
@given(_calendars(), _MOMENTS)
def test_the_next_change_is_the_next_change(any_calendar: Calendar, moment: int) -> None:
    opened, closed = any_calendar.next_open(moment), any_calendar.next_close(moment)
    assert any_calendar.open_at(moment) == (opened == moment) == (closed != moment)
    if opened is not None:
        assert any_calendar.open_at(opened)
        assert any_calendar.between(moment, opened) == 0
    if closed is not None:
        assert not any_calendar.open_at(closed)
        assert any_calendar.between(moment, closed) == closed - moment


@settings(max_examples=40, deadline=None)
@given(_calendars(), st.integers(_FIRST // MINUTE, _LAST // MINUTE), st.integers(1, 3000))
@example(calendar("Asia/Tehran", week=NIGHT), at("2022-09-21 20:00") // MINUTE, 900)
@example(calendar("Australia/Lord_Howe", week=NIGHT), at("2026-04-04 10:00") // MINUTE, 900)
def test_as_by_looking_at_every_minute(any_calendar: Calendar, start: int, length: int) -> None:
    """Against the plainest oracle: a minute is open if a span, worked out by itself, has it."""
    first, last = start * MINUTE, (start + length) * MINUTE
    around = range(
        any_calendar.date_of(first).toordinal() - 2, any_calendar.date_of(last).toordinal() + 2
    )
    periods = [
        (instant(any_calendar.zone, day, one), instant(any_calendar.zone, day, two))
        for day in around
        for one, two in any_calendar.days.of(date.fromordinal(day)).spans
    ]
    if any(c.starts_at < last and first < c.ends_at for c in any_calendar.closures):
        return  # closures do not keep to minutes
    minutes = sum(any(a <= moment < b for a, b in periods) for moment in range(first, last, MINUTE))
    assert any_calendar.between(first, last) == minutes * MINUTE


# ---------------------------------------------------------------- what people write


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["9-5"], "write hours as"),
        (["09:00-09:00"], "00:00-24:00"),
        (["09:00-12:00", "11:00-13:00"], "11:00-13:00 overlaps 09:00-12:00"),
        (["24:00-06:00"], "write hours as"),
    ],
)
def test_hours_that_make_no_sense(texts: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        spans(texts)


def test_hours_are_written_as_they_are_read() -> None:
    for text in ("00:00-24:00", "22:00-06:00", "09:30-17:45"):
        assert days.write_span(days.span(text)) == text


@pytest.mark.parametrize(
    ("day", "until", "system", "words"),
    [
        ("2026-02-29", "", "gregorian", "^day: there is no such day"),
        ("1404-12-30", "", "jalali", "^day: there is no such day"),
        ("13-01", "", "jalali", "^day: there is no such day"),
        ("2026-1-1", "", "gregorian", "^day: write a day as"),
        ("2026-01-02", "2026-01-01", "gregorian", "^until: is before the day"),
        ("2026-01-02", "01-04", "gregorian", "^until: write it as the day"),
    ],
)
def test_days_that_do_not_exist(day: str, until: str, system: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        exception(day, until, system=system)


def test_days_of_every_year_and_over_its_end() -> None:
    """1 Farvardin is 20 or 21 March; 30 Esfand is there in leap years only (1403 was one)."""
    new_year = Days(week=ALL_DAY, exceptions=(exception("01-01", system="jalali"),))
    assert [new_year.of(date(2024, 3, day)).source for day in (19, 20, 21)] == [
        "week",
        "exception",
        "week",
    ]
    assert new_year.of(date(2026, 3, 21)).source == "exception"
    last = Days(week=ALL_DAY, exceptions=(exception("12-30", system="jalali"),))
    assert last.of(date(2025, 3, 20)).source == "exception"
    assert last.of(date(2026, 3, 20)).source == "week"  # 29 Esfand 1404
    yule = Days(week=ALL_DAY, exceptions=(exception("12-24", "01-02"),))
    closed = [date(2026, 12, 24), date(2026, 12, 31), date(2027, 1, 2)]
    assert all(yule.of(day).source == "exception" for day in closed)
    assert yule.of(date(2027, 1, 3)).source == yule.of(date(2026, 12, 23)).source == "week"


def test_a_leap_day_counts() -> None:
    office = calendar("UTC", week=ALL_DAY)
    assert office.between(at("2028-02-28 00:00"), at("2028-03-01 00:00")) == 48 * HOUR


@pytest.mark.parametrize(
    ("given_holidays", "words"),
    [
        (Holidays("ZZ"), "^country: "),
        (Holidays("DE", "XX"), "^subdivision: "),
        (Holidays("DE", "BY", ("moon",)), "^categories: "),
        (Holidays("DE", language="tlh"), "^language: "),
    ],
)
def test_holidays_that_nobody_knows(given_holidays: Holidays, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        given_holidays.check()


def test_a_state_has_its_own_holidays() -> None:
    assert Holidays("DE", "BY").name(date(2026, 1, 6)) is not None
    assert Holidays("DE", "BE").name(date(2026, 1, 6)) is None
    assert Holidays("IR", language="en_US").name(date(2026, 3, 21)) is not None
