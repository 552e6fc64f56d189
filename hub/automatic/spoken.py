"""Numbers, waits and moments as texts to customers write them, in English and Persian.

Other languages get the English forms: a template in them should not ask for these variables.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from persiantools.jdatetime import JalaliDate

_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fa": ("دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه", "یکشنبه"),
}
_MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August",
           "September", "October", "November", "December"),
    "fa": ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر",
           "دی", "بهمن", "اسفند"),
}  # fmt: skip
_NEAR = timedelta(days=6)
"""Within these a weekday says enough."""


def digits(text: str, language: str) -> str:
    """The text with the digits of that language."""
    return text.translate(_PERSIAN) if language == "fa" else text


def number(value: int, language: str) -> str:
    """A count."""
    return digits(str(value), language)


def wait(seconds: int, language: str) -> str:
    """How long: ``40 seconds``, ``5 minutes``, ``1 hour 30 minutes``; never in more than two units."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return _units(max(seconds, 0), ("second", "ثانیه"), language)
    if minutes < 60:
        return _units(minutes, ("minute", "دقیقه"), language)
    hours = _units(minutes // 60, ("hour", "ساعت"), language)
    rest = minutes % 60
    if not rest:
        return hours
    joined = " و " if language == "fa" else " "
    return hours + joined + _units(rest, ("minute", "دقیقه"), language)


def _units(n: int, unit: tuple[str, str], language: str) -> str:
    if language == "fa":
        return f"{number(n, language)} {unit[1]}"
    return f"{n} {unit[0]}{'' if n == 1 else 's'}"


def day(at: int, now: int, zone: tzinfo, language: str) -> str:
    """The day of a moment (µs UTC): its weekday, with the date where that is not soon."""
    there = _moment(at, zone)
    spoken = "fa" if language == "fa" else "en"
    weekday = _WEEKDAYS[spoken][there.weekday()]
    if there.date() - _moment(now, zone).date() <= _NEAR:
        return weekday
    if spoken == "fa":
        jalali = JalaliDate.to_jalali(there.date())
        return digits(f"{weekday} {jalali.day} {_MONTHS['fa'][jalali.month - 1]}", "fa")
    return f"{weekday}, {there.day} {_MONTHS['en'][there.month - 1]}"


def time(at: int, zone: tzinfo, language: str) -> str:
    """The time of day of a moment (µs UTC), by 24 hours."""
    return digits(f"{_moment(at, zone):%H:%M}", language)


def _moment(at: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at / 1_000_000, UTC).astimezone(zone)
