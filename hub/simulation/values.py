"""The small things of a scenario file: durations, laws, times of day, lists of days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, TypeVar

from hub.simulation.spec import LawSpec, Span, Times
from routing import spans
from routing.model import SECOND
from routing.simulate.scenario import Hours, Law, Shape

T = TypeVar("T")
_HOURS: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z")
_DAY: Final = 24 * 3600 * SECOND


def span(spec: Span) -> int:
    """Microseconds of a number of seconds or a text with a unit."""
    if isinstance(spec, str):
        return round(spans.duration(spec).total_seconds() * SECOND)
    return round(spec * SECOND)


def law(spec: Span | LawSpec, shape: Shape) -> Law:
    """``shape`` is what it has unless it says so itself."""
    if isinstance(spec, LawSpec):
        return Law(span(spec.mean), spec.shape or shape, spec.cv)
    return Law(span(spec), shape)


def arrivals(given: Times) -> tuple[tuple[int, ...], ...]:
    """Recorded days in microseconds since opening, each in order. Raises ValueError."""
    return tuple(tuple(sorted(round(at * SECOND) for at in day)) for day in days_of(given))


def days_of(given: Sequence[T | list[T]]) -> list[list[T]]:
    """A list for each day; where there is only one list, that is every day. Raises ValueError."""
    days = [one for one in given if isinstance(one, list)]
    single = [one for one in given if not isinstance(one, list)]
    if days and single:
        raise ValueError("give one list, or one list for each day")
    return days or ([single] if single else [])


def hours(day: Sequence[str], opens: str) -> Hours:
    """``09:00-17:30`` and the like as microseconds since opening. Raises ValueError."""
    begins_at = _of_day(opens)
    found = []
    for text in day:
        if not _HOURS.match(text):
            raise ValueError(f"{text}: write hours as 09:00-17:30, in quotes")
        begins, ends = ((_of_day(part) - begins_at) % _DAY for part in text.split("-"))
        found.append((begins, ends if ends > begins else ends + _DAY))
    if any(one[1] > other[0] for one, other in pairwise(found)):
        raise ValueError("these overlap, or are not in the order of the day from its opening")
    return tuple(found)


def _of_day(text: str) -> int:
    """A time of day as microseconds since midnight; 24:00 is the next one."""
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * 60 * SECOND
