"""The Date header: RFC 5322 and what else calls itself a date."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone

_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
)}  # fmt: skip
_ZONES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600,
    "wet": 0, "bst": 60, "west": 60, "cet": 60, "met": 60, "mez": 60, "cest": 120, "mest": 120,
    "mesz": 120, "eet": 120, "eest": 180, "msk": 180, "irst": 210, "irdt": 270, "ist": 330,
    "hkt": 480, "sgt": 480, "jst": 540, "kst": 540, "aest": 600, "aedt": 660, "nzst": 720,
    "nzdt": 780,
}  # fmt: skip
_USUAL = re.compile(
    r"(?:[A-Za-z]{3,9}\.?,?\s*)?(\d{1,2})[\s-]+([A-Za-z]{3})[a-z]*\.?,?[\s-]+(\d{2,4}),?\s+"
    r"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:\.\d+)?)?\s*(?:([+-])?(\d{4})\b|([A-Za-z]+)[A-Z0-9]*)?"
)
_AMERICAN = re.compile(  # Tue Jul  1 10:52:37 2003
    r"(?:[A-Za-z]{3,9},?\s+)?([A-Za-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(?:(\d{4}),?\s+)?"
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s+([A-Za-z]{2,5}|[+-]\d{4}))?(?:\s+(\d{4}))?"
)
_DIGITS = re.compile(  # 20 11 79 05:34:27 -0300
    r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})\s+(\d{1,2})\s+(\d{2,4})\s+(\d{1,2})[:\s](\d{1,2})"
    r"(?:[:\s](\d{1,2}))?\s*(?:([+-])(\d{4}))?"
)
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*"
    r"(Z|[+-]\d{2}:?\d{2})?"
)
_YOUNGEST = 9_999


def parse_date(value: str) -> datetime | None:
    """The instant that a Date header names, aware; None if it names none. Never raises."""
    value = value.strip()[:400]
    if "(" in value:
        value = _without_comments(value)
    for reader in (_usual, _american, _digits, _iso):
        try:
            found = reader(value)
        except (ValueError, OverflowError):
            continue
        if found is not None:
            return found
    return None


def _usual(value: str) -> datetime | None:
    match = _USUAL.search(value) if ";" in value else _USUAL.match(value)
    if match is None or (month := _MONTHS.get(match[2].lower())) is None:
        return None
    day, _, year, hour, minute, second, sign, digits, name = match.groups()
    minutes = _offset(sign or "+", digits) if digits else _ZONES.get((name or "").lower(), 0)
    return _at(_year(year), month, int(day), int(hour), int(minute), int(second or 0), minutes)


def _american(value: str) -> datetime | None:
    match = _AMERICAN.match(value)
    if match is None or (month := _MONTHS.get(match[1].lower())) is None:
        return None
    _, day, year, hour, minute, second, zone, late_year = match.groups()
    if not (year or late_year):
        return None
    minutes = _ZONES.get((zone or "").lower(), 0)
    if zone and zone[0] in "+-":
        minutes = _offset(zone[0], zone[1:])
    return _at(int(year or late_year), month, int(day), int(hour), int(minute), int(second or 0),
               minutes)  # fmt: skip


def _digits(value: str) -> datetime | None:
    match = _DIGITS.match(value)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, zone = match.groups()
    minutes = _offset(sign, zone) if zone else 0
    return _at(_year(year), int(month), int(day), int(hour), int(minute), int(second or 0), minutes)


def _iso(value: str) -> datetime | None:
    match = _ISO.search(value)
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    minutes = _offset(zone[0], zone[1:].replace(":", "")) if zone and zone != "Z" else 0
    return _at(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), minutes)


def _at(
    year: int, month: int, day: int, hour: int, minute: int, second: int, offset_minutes: int
) -> datetime:
    zone = UTC if offset_minutes == 0 else timezone(timedelta(minutes=offset_minutes))
    found = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
    if year in (MINYEAR, MAXYEAR):
        found.astimezone(UTC)  # the first and last days of time have no UTC: OverflowError
    return found


def _offset(sign: str, digits: str) -> int:
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if minutes >= 24 * 60:
        return 0
    return -minutes if sign == "-" else minutes


def _year(text: str) -> int:
    """RFC 5322 4.3: two digits below 50 are this century, three count from 1900."""
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(text) == 3 else year


def _without_comments(value: str) -> str:
    depth, out = 0, []
    for char in value:
        if char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
            out.append(" ")
        elif depth == 0:
            out.append(char)
    return "".join(out).strip()
