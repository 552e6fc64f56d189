"""The figures of one simulated day, by the formulas of ``routing.numbers``.

A figure is a share from 0 to 1 or a number of seconds; what a day cannot say (no customer of that
type, nobody answered) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from routing import numbers
from routing.model import SECOND
from routing.numbers import Attendance, Turn

Figures = Mapping[str, float]
"""Name -> value; of one type as ``name/type``."""

SHARES: Final = frozenset(
    {
        "abandoned",
        "abandoned_short",
        "service_level",
        "weighted_service_level",
        "worst_service_level",
        "occupancy",
        "occupancy_spread",
        "primary",
        "missed_offers",
    }
)
"""The other figures are seconds, but for ``j`` and ``offered``, which are plain numbers."""
RISING: Final = frozenset(
    {"service_level", "weighted_service_level", "worst_service_level", "primary"}
)
"""Of these more is better; of the rest less, where either is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened on one day, to those who count."""

    turns: Sequence[Turn]
    attendance: Sequence[Attendance]
    primary: int
    """Answered by somebody whose own work it is."""
    offers: int
    missed: int
    """Offers that nobody noticed."""
    end: int
    """When the last thing happened."""
    short: int
    """Who gave up sooner is counted apart."""


def figures(day: Outcome) -> Figures:
    """Everything there is to say about one day."""
    by_type = numbers.grouped(day.turns, lambda turn: str(turn.queue))
    found = dict(_of(day.turns, day))
    for name, turns in sorted(by_type.items()):
        found |= {f"{key}/{name}": value for key, value in _of(turns, day)}
    levels = [value for key, value in found.items() if key.startswith("service_level/")]
    found["worst_service_level"] = min(levels, default=1.0)
    found |= _of_agents(day)
    found["j"] = _composite(found, day)
    return found


def _of(turns: Sequence[Turn], day: Outcome) -> Iterator[tuple[str, float]]:
    """What is asked of all customers and of each type alike."""
    left = numbers.abandonment(turns, day.end, short=day.short)
    yield "offered", left.offered
    values = {
        "abandoned": left.value,
        "abandoned_short": numbers.Share(left.short, left.offered).value,
        "service_level": numbers.service_level(turns, day.end).value,
        "asa": _seconds(numbers.speed_of_answer(turns)),
        "p95": _seconds(numbers.wait_percentile(turns, 0.95, day.end)),
        "longest_wait": _seconds(numbers.longest_wait(turns, day.end)),
    }
    yield from ((key, value) for key, value in values.items() if value is not None)


def _of_agents(day: Outcome) -> dict[str, float]:
    answered = sum(turn.answered_at is not None for turn in day.turns)
    values = {
        "occupancy": numbers.occupancy(day.attendance).value,
        "occupancy_spread": numbers.occupancy_spread(day.attendance),
        "primary": numbers.Share(day.primary, answered).value,
        "missed_offers": numbers.Share(day.missed, day.offers).value,
    }
    return {key: value for key, value in values.items() if value is not None}


def _composite(found: dict[str, float], day: Outcome) -> float:
    """J = (100 - weighted service level) + 2 x weighted abandonment + 0.02 x longest wait in s."""
    level = numbers.weighted_service_level(day.turns, day.end).value
    lost = numbers.weighted_abandonment(day.turns, day.end).value
    if level is None or lost is None:
        return 0.0
    found["weighted_service_level"] = level
    return 100 * (1 - level) + 200 * lost + 0.02 * found.get("longest_wait", 0.0)


def _seconds(time: float | None) -> float | None:
    return None if time is None else time / SECOND
