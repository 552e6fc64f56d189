"""Durations and times of day as people write them in files: ``30s``, ``1h30m``, ``09:00``."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Final

_UNITS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
DURATION_PATTERN: Final = (
    r"^[+-]?(?=[0-9])(?:[0-9]{1,5}d)?(?:[0-9]{1,7}h)?(?:[0-9]{1,8}m)?(?:[0-9]{1,9}s)?$(?!\n)"
)
TIME_PATTERN: Final = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)"
DURATION_WORDS: Final = "write a duration with a unit, such as 30s, 15m, 4h or 14d"
TIME_WORDS: Final = "write a time of day as HH:MM"
_DURATION: Final = re.compile(DURATION_PATTERN)
_PART: Final = re.compile(r"([0-9]+)([dhms])")
_TIME: Final = re.compile(TIME_PATTERN)


def duration(text: str) -> timedelta:
    """``4h`` and the like; a sign may lead. Raises ValueError: what to write instead."""
    if not _DURATION.match(text):
        raise ValueError(DURATION_WORDS)
    seconds = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))
    return timedelta(seconds=-seconds if text[0] == "-" else seconds)


def write_duration(span: timedelta) -> str:
    """The shortest text that ``duration`` reads back as ``span`` (whole seconds)."""
    left = abs(int(span.total_seconds()))
    parts = []
    for unit, size in _UNITS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if span < timedelta() else "") + ("".join(parts) or "0s")


def time_of_day(text: str) -> time:
    """``HH:MM`` of 24 hours. Raises ValueError."""
    if not _TIME.match(text):
        raise ValueError(TIME_WORDS)
    return time(int(text[:2]), int(text[3:]))
