"""iCalendar feeds of holidays: what a provider really sends, and what somebody hostile might."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import feed
from routing.days import Fed
from routing.feed import FeedInvalid, Said

BERLIN = ZoneInfo("Europe/Berlin")
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)


def event(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VEVENT", "UID:u@example", *lines, "END:VEVENT"))


def read(*events: str) -> Said:
    text = "\r\n".join(
        ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", *events, "END:VCALENDAR", "")
    )
    return feed.read(text.encode(), BERLIN, FIRST, LAST)


def test_a_whole_day_is_closed_though_it_makes_nobody_busy() -> None:
    """As Google's public holiday calendars write it: TRANSPARENT, the end exclusive."""
    assert read(
        event(
            "DTSTART;VALUE=DATE:20261225",
            "DTEND;VALUE=DATE:20261227",
            "SUMMARY:Christmas",
            "TRANSP:TRANSPARENT",
        )
    ) == {date(2026, 12, 25): Fed((), "Christmas"), date(2026, 12, 26): Fed((), "Christmas")}


def test_an_event_without_an_end_is_one_day_and_comes_every_year() -> None:
    found = read(event("DTSTART;VALUE=DATE:20010501", "RRULE:FREQ=YEARLY", "SUMMARY:May Day"))
    assert sorted(found) == [date(2026, 5, 1), date(2027, 5, 1)]


def test_an_event_with_times_closes_those_hours_of_the_zone() -> None:
    """13:00 to 23:00 UTC is 14:00 to midnight in Berlin."""
    found = read(event("DTSTART:20261224T130000Z", "DTEND:20261224T230000Z", "SUMMARY:Eve"))
    assert found == {date(2026, 12, 24): Fed(((0, 840),), "Eve")}


def test_two_events_of_a_day_leave_what_both_leave() -> None:
    found = read(
        event("DTSTART:20261224T000000", "DTEND:20261224T090000", "SUMMARY:Morning"),
        event("DTSTART:20261224T120000", "DTEND:20261225T000000", "SUMMARY:Eve").replace(
            "u@", "v@"
        ),
    )
    assert found[date(2026, 12, 24)].left == ((540, 720),)


def test_what_is_cancelled_or_out_of_range_says_nothing() -> None:
    assert (
        read(
            event("DTSTART;VALUE=DATE:20261225", "STATUS:CANCELLED"),
            event("DTSTART;VALUE=DATE:20200101").replace("u@", "v@"),
        )
        == {}
    )


def test_a_long_event_is_bounded() -> None:
    found = read(event("DTSTART;VALUE=DATE:20260101", "DTEND;VALUE=DATE:20500101"))
    assert len(found) == feed.MOST_DAYS


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>not here</html>",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
        b"\xff\xfe\x00\x01",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
    ],
)
def test_what_is_no_calendar_is_refused(text: bytes) -> None:
    with pytest.raises(FeedInvalid):
        feed.read(text, BERLIN, FIRST, LAST)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=HOURLY",
        "FREQ=YEARLY;BYSECOND=1,2,3",
        "FREQ=DAILY;BYHOUR=1,2",
    ],
)
def test_what_would_unfold_without_end_is_refused(rule: str) -> None:
    with pytest.raises(FeedInvalid, match="more often than daily"):
        read(event("DTSTART:20260101T000000Z", f"RRULE:{rule}"))


def test_too_many_series_are_refused() -> None:
    one = event("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=YEARLY")
    with pytest.raises(FeedInvalid, match="more events"):
        read(*[one.replace("u@", f"u{n}@") for n in range(feed.MOST_SERIES + 1)])


def test_few_series_that_unfold_to_very_much_are_refused() -> None:
    one = event("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY")
    daily = [one.replace("u@", f"u{n}@") for n in range(30)]
    with pytest.raises(FeedInvalid, match="more events"):
        read(*daily)
    year = event("DTSTART:20260101T000000Z", "DTEND:20270101T000000Z", "RRULE:FREQ=DAILY")
    with pytest.raises(FeedInvalid, match="more events"):
        read(year)
    for bound in ("COUNT=5", "UNTIL=20260105", "BYMONTH=1;COUNT=5"):
        assert len(read(*[text.replace("DAILY", f"DAILY;{bound}") for text in daily])) == 5


def test_a_country_full_of_moving_holidays_is_read() -> None:
    one = event("DTSTART;VALUE=DATE:20261126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH")
    assert len(read(*[one.replace("u@", f"u{n}@") for n in range(100)])) == 2


_LINES = st.lists(
    st.sampled_from(
        [
            "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "UID:1",
            "DTSTART;VALUE=DATE:20260501", "DTSTART:20260501T250000", "DTSTART;TZID=Mars:20260501T100000",
            "DTEND;VALUE=DATE:20260401", "DTEND:20260501T120000Z", "DURATION:-P1D", "DURATION:PT5M",
            "RRULE:FREQ=YEARLY", "RRULE:FREQ=YEARLY;COUNT=-1", "RRULE:", "EXDATE:20260501", "RDATE:x",
            "RECURRENCE-ID:20260501", "SUMMARY:\x00\ud83d", "STATUS:CANCELLED", "X", ":", "\x00",
        ]
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(_LINES)
def test_whatever_stands_in_it_it_is_read_or_refused(lines: list[str]) -> None:
    text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""])
    try:
        found = feed.read(text.encode(errors="replace"), BERLIN, FIRST, LAST)
    except FeedInvalid:
        return
    assert all(FIRST <= day <= LAST for day in found)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_are_refused(text: bytes) -> None:
    with pytest.raises(FeedInvalid):
        feed.read(text, BERLIN, FIRST, LAST)
