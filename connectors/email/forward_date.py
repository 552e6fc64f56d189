"""The date lines of quoted headers: what mail programs print for people, in the reader's language.

``Tuesday, January 3, 2023 10:15 AM``, ``3 Jan 2023 at 10:15``, ``۱۳ دی ۱۴۰۱، ساعت ۱۰:۱۵``. They
name no zone: the program printed its own user's time, which the forward's Date header knows.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from persiantools.jdatetime import JalaliDateTime

from connectors.email.dates import parse_date
from connectors.fold import fold

_ENGLISH = "jan feb mar apr may jun jul aug sep oct nov dec"
_PERSIAN = (
    "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",
    "جنوری فبروری مارچ اپریل می جون جولای آگوست سپتمبر اکتوبر نومبر دسمبر",
)
_JALALI = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند"
_MONTHS = {name: at for at, name in enumerate(_ENGLISH.split(), 1)}
_MONTHS |= {fold(name): at for line in _PERSIAN for at, name in enumerate(line.split(), 1)}
_JALALI_MONTHS = {fold(name): at for at, name in enumerate(_JALALI.split(), 1)}
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\s*(am|pm|a\.m|p\.m|ق\.ظ|ب\.ظ)\b)?")
_ZONE = re.compile(r"(?:gmt|utc)?\s*([+-])(\d{1,2}):?(\d{2})\b")
_DAY_FIRST = re.compile(r"(\d{1,2})\.?\s+([^\W\d]{2,12})\.?,?\s+(\d{4})")
_MONTH_FIRST = re.compile(r"([^\W\d]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_NUMBERS = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b")
_JALALI_YEARS = range(1300, 1500)


def printed_date(text: str, zone: tzinfo | None) -> datetime | None:
    """The instant of a date line, aware; None if it cannot be read. Never raises.

    ``zone``: whose clock a line without one means; None: UTC.
    """
    found = fold(text[:200]).replace("،", ",")
    try:
        day = _day(found)
        time = _TIME.search(found)
        if day is None:
            return parse_date(found) if any(char.isdigit() for char in found) else None
        hour, minute, second = _clock(time) if time else (0, 0, 0)
        at = datetime(*day, hour, minute, second, tzinfo=zone or UTC)
        if time and (stated := _ZONE.search(found, time.end())):
            return parse_date(f"{at:%d %b %Y %H:%M:%S} {_offset(stated)}")
    except (ValueError, OverflowError):
        return None
    return at


def _day(text: str) -> tuple[int, int, int] | None:
    if match := _NUMBERS.search(text):
        return _gregorian(int(match[1]), int(match[2]), int(match[3]))
    if match := _DAY_FIRST.search(text):
        return _named(match[2], int(match[1]), int(match[3]))
    if match := _MONTH_FIRST.search(text):
        return _named(match[1], int(match[2]), int(match[3]))
    return None


def _named(name: str, day: int, year: int) -> tuple[int, int, int] | None:
    if (month := _JALALI_MONTHS.get(name)) and year in _JALALI_YEARS:
        return _gregorian(year, month, day)
    found = _MONTHS.get(name) or _MONTHS.get(name.rstrip("ی")) or _MONTHS.get(name[:3])
    return (year, found, day) if found else None


def _gregorian(year: int, month: int, day: int) -> tuple[int, int, int]:
    if year not in _JALALI_YEARS:
        return year, month, day
    found = JalaliDateTime(year, month, day).to_gregorian()
    return found.year, found.month, found.day


def _clock(match: re.Match[str]) -> tuple[int, int, int]:
    hour, half = int(match[1]), (match[4] or "")[:1]
    if half in ("p", "ب") and hour < 12:
        hour += 12
    elif half in ("a", "ق") and hour == 12:
        hour = 0
    return hour, int(match[2]), int(match[3] or 0)


def _offset(match: re.Match[str]) -> str:
    return f"{match[1]}{int(match[2]):02d}{match[3]}"
