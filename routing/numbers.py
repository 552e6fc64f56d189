"""Every figure by its formula: one pure function each, over plain records.

The board, the reports and the simulator all count with these, so that a figure means one thing
everywhere; ``routing/numbers.md`` says each formula in words. Times and spans are integer
microseconds, shares run from 0 to 1, and a figure of nothing is None: no calls are not a service
level of 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from routing.model import SECOND

TARGET: Final = 20 * SECOND
SHORT: Final = 5 * SECOND
"""Who leaves sooner did not wait: counted apart."""
WINDOW: Final = 7 * 24 * 3600 * SECOND
"""How long a resolved matter may come back and count as not resolved."""

Span = tuple[int, int]
"""From and until, the end not included."""
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation: somebody wrote or called, and waited for a person."""

    entered_at: int
    answered_at: int | None = None
    """A person's first answer."""
    ended_at: int | None = None
    abandoned: bool = False
    """The customer left, or gave up; it counts only where nobody had answered."""
    target: int = TARGET
    """The wait to aim at."""
    weight: float = 1.0
    kind: str = ""
    queue: int | str = ""
    agent: int | str | None = None
    handle: int = 0
    """Time in an agent's hands, wrap-up with it, without the time that it was put aside."""

    def wait(self, now: int | None = None) -> int | None:
        """From its entry to the answer, to its end without one, or until ``now``."""
        end = self.answered_at if self.answered_at is not None else self.ended_at
        if end is None:
            end = now
        return None if end is None else max(0, end - self.entered_at)

    @property
    def lost(self) -> bool:
        """The customer left before any answer."""
        return self.abandoned and self.answered_at is None


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: float
    whole: float

    @property
    def value(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Abandonment:
    """Who left before any answer: those who waited first, and apart those who left at once."""

    left: int
    short: int
    offered: int

    @property
    def value(self) -> float | None:
        """Of those who were ready to wait; None of nobody."""
        return Share(self.left, self.offered - self.short).value


@dataclass(frozen=True, slots=True)
class Attendance:
    """One agent's day: time available for work, and how much of it they had work."""

    agent: int | str
    present: int
    busy: int


@dataclass(frozen=True, slots=True)
class Matter:
    """One conversation from its beginning to its resolution."""

    resolved_at: int | None
    answers: int
    """Turns that a person answered."""
    back_at: int | None = None
    """When it came back after that: reopened, or followed by a new matter of the same person."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a customer was told of their wait, and how long it was."""

    predicted: int
    low: int
    high: int
    actual: int


@dataclass(frozen=True, slots=True)
class EstimateError:
    """How far off the told waits were."""

    count: int
    bias: float | None
    """Mean of predicted minus actual: above 0, people were told too much."""
    absolute: float | None
    """Mean distance, whichever way."""
    typical: float | None
    """Root of the mean square: large errors weigh more."""
    within: Share
    """Waits that ended inside the range that was told."""


# ---------------------------------------------------------------- customers


def offered(turns: Iterable[Turn], now: int | None = None) -> Iterator[Turn]:
    """The turns whose service is decided: answered, left by the customer, or late by ``now``.

    Not those that still wait within their target, nor those that the desk itself closed unanswered.
    """
    return (
        turn for turn in turns if turn.answered_at is not None or turn.abandoned or _late(turn, now)
    )


def _late(turn: Turn, now: int | None) -> bool:
    """Whether it still waits, longer than its target."""
    return turn.ended_at is None and now is not None and now - turn.entered_at > turn.target


def in_target(turn: Turn) -> bool:
    """Whether it was answered within its target."""
    return turn.answered_at is not None and turn.answered_at - turn.entered_at <= turn.target


def service_level(turns: Iterable[Turn], now: int | None = None) -> Share:
    """Answered within target, of all offered. Who left counts as missed, however soon."""
    found = list(offered(turns, now))
    return Share(sum(map(in_target, found)), len(found))


def weighted_service_level(turns: Iterable[Turn], now: int | None = None) -> Share:
    """The same, each turn by its weight."""
    found = list(offered(turns, now))
    hit = math.fsum(turn.weight for turn in found if in_target(turn))
    return Share(hit, math.fsum(turn.weight for turn in found))


def abandonment(
    turns: Iterable[Turn], now: int | None = None, *, short: int = SHORT
) -> Abandonment:
    """Left before any answer, of all offered; who waited less than ``short`` apart (0: nobody)."""
    found = list(offered(turns, now))
    lost = [turn for turn in found if turn.lost]
    brief = sum(1 for turn in lost if (turn.wait() or 0) < short)
    return Abandonment(len(lost) - brief, brief, len(found))


def weighted_abandonment(turns: Iterable[Turn], now: int | None = None) -> Share:
    """Left before any answer, of all offered, each by its weight and nobody apart."""
    found = list(offered(turns, now))
    lost = math.fsum(turn.weight for turn in found if turn.lost)
    return Share(lost, math.fsum(turn.weight for turn in found))


def speed_of_answer(turns: Iterable[Turn]) -> float | None:
    """Mean wait of those who were answered (ASA)."""
    return _mean([turn.wait() or 0 for turn in turns if turn.answered_at is not None])


def longest_wait(turns: Iterable[Turn], now: int | None = None) -> int | None:
    """The longest anybody waited: answered, left, and with ``now`` those who still wait."""
    return max(_waits(turns, now), default=None)


def wait_percentile(
    turns: Iterable[Turn], share: float = 0.95, now: int | None = None
) -> int | None:
    """The wait that this share did not exceed (nearest rank), of the same as ``longest_wait``."""
    waits = sorted(_waits(turns, now))
    return waits[max(1, math.ceil(share * len(waits))) - 1] if waits else None


def _waits(turns: Iterable[Turn], now: int | None) -> Iterator[int]:
    for turn in turns:
        withdrawn = turn.ended_at is not None and turn.answered_at is None and not turn.abandoned
        wait = None if withdrawn else turn.wait(now)
        if wait is not None:
            yield wait


# ---------------------------------------------------------------- agents


def handle_time(turns: Iterable[Turn]) -> float | None:
    """Mean time in an agent's hands, of the turns that were answered and are over (AHT)."""
    over = (turn for turn in turns if turn.answered_at is not None and turn.ended_at is not None)
    return _mean([turn.handle for turn in over])


def attendance(agent: int | str, present: Iterable[Span], work: Iterable[Span]) -> Attendance:
    """An agent's day from the spans of availability and of each piece of work; both may overlap."""
    here, busy = _union(present), _union(work)
    both = sum(
        max(0, min(until, end) - max(since, begin)) for since, until in here for begin, end in busy
    )
    return Attendance(agent, sum(until - since for since, until in here), both)


def occupancy(days: Iterable[Attendance]) -> Share:
    """Time with work, of the time available."""
    known = list(days)
    return Share(sum(day.busy for day in known), sum(day.present for day in known))


def occupancy_spread(days: Iterable[Attendance]) -> float | None:
    """Standard deviation of the agents' own occupancies: how evenly work falls."""
    each = [value for day in days if (value := occupancy([day]).value) is not None]
    mean = _mean(each)
    return None if mean is None else math.sqrt(math.fsum((v - mean) ** 2 for v in each) / len(each))


def _union(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for since, until in sorted(spans):
        if until <= since:
            continue
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


# ---------------------------------------------------------------- matters


def first_contact_resolution(matters: Iterable[Matter], *, window: int = WINDOW) -> Share:
    """Resolved with one answer and not back within the window, of those resolved with any.

    What was resolved less than ``window`` ago counts as it stands, and may still change.
    """
    done = [one for one in matters if one.resolved_at is not None and one.answers > 0]
    return Share(sum(one.answers == 1 and not _back(one, window) for one in done), len(done))


def reopened(matters: Iterable[Matter], *, window: int = WINDOW) -> Share:
    """Came back within the window, of those resolved."""
    done = [one for one in matters if one.resolved_at is not None]
    return Share(sum(_back(one, window) for one in done), len(done))


def _back(matter: Matter, window: int) -> bool:
    if matter.resolved_at is None or matter.back_at is None:
        return False
    return 0 <= matter.back_at - matter.resolved_at <= window


# ---------------------------------------------------------------- what was told


def estimate_error(told: Iterable[Told]) -> EstimateError:
    """Told waits against what they became."""
    known = list(told)
    errors = [one.predicted - one.actual for one in known]
    square = _mean([error * error for error in errors])
    hits = sum(one.low <= one.actual <= one.high for one in known)
    return EstimateError(
        len(known),
        _mean(errors),
        _mean([abs(error) for error in errors]),
        None if square is None else math.sqrt(square),
        Share(hits, len(known)),
    )


# ---------------------------------------------------------------- parts


def grouped(turns: Iterable[Turn], key: Callable[[Turn], K]) -> dict[K, list[Turn]]:
    """Turns by what ``key`` says, for figures by queue, kind or agent."""
    found: dict[K, list[Turn]] = {}
    for turn in turns:
        found.setdefault(key(turn), []).append(turn)
    return found


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
