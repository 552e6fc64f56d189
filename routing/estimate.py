"""How long somebody who waits will have to wait: a range, made wide by the hub's own errors.

The formula is published in ``numbers.md``. Expected: (those ahead + 1) / the answers per second of
the last minutes. Told: that times the median and times the ninth decile of actual / expected of the
queue's own last answers, so half of all customers wait less than the lower end and one in ten more
than the upper. Until there are ``ENOUGH`` of them the theory of a random service stands in.
Times are microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import Final

from routing.model import SECOND

ENOUGH: Final = 20
"""Errors of its own that a queue needs before they count."""
LOW, HIGH = 0.5, 0.9
"""The quantiles of the error that are told."""
_STEPS: Final = ((60, 15), (300, 60), (1_800, 300))
"""(up to seconds, rounded to seconds): how finely a wait is told."""
_COARSEST: Final = 900


def expected_wait(ahead: int, rate: float) -> int:
    """The middle of the guess: ``ahead`` people first, ``rate`` answers per second (above 0)."""
    return round((ahead + 1) / rate * SECOND)


def estimate_wait(
    ahead: int, rate: float, recent_errors: Sequence[float] = ()
) -> tuple[int, int] | None:
    """From when to when, in microseconds from now; None if nothing was answered lately.

    ``ahead``: waiting before them (0: next); ``rate``: answers per second of the queue lately;
    ``recent_errors``: actual wait / ``expected_wait`` of the queue's last answers, in any order.
    """
    if rate <= 0:
        return None
    expected = expected_wait(ahead, rate)
    if len(recent_errors) < ENOUGH:
        shares = [_of_random_service(ahead + 1, share) for share in (LOW, HIGH)]
    else:
        ordered = sorted(recent_errors)
        shares = [quantile(ordered, share) for share in (LOW, HIGH)]
    low, high = (round(expected * share) for share in shares)
    return low, high


def service_rate(answers: int, seconds: float) -> float:
    """Answers per second, from a count over the last ``seconds`` (above 0)."""
    return answers / seconds


def error(actual: int, expected: int) -> float:
    """What ``recent_errors`` holds: 1 means as foretold, 2 twice as long."""
    return actual / max(expected, 1)


def told(low: int, high: int) -> tuple[int, int]:
    """The range in whole seconds as people are told it: down and up to a round figure."""
    return _rounded(low, up=False), _rounded(high, up=True)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of sorted values, between the two nearest (type 7). Raises IndexError if there are none."""
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _of_random_service(k: int, share: float) -> float:
    """A quantile of the sum of ``k`` exponential times over its mean (Wilson and Hilferty 1931)."""
    spread = 1 / (9 * k)
    return max(1 - spread + NormalDist().inv_cdf(share) * sqrt(spread), 0.0) ** 3


def _rounded(wait: int, *, up: bool) -> int:
    seconds = max(wait, 0) / SECOND
    step = next((size for limit, size in _STEPS if seconds <= limit), _COARSEST)
    whole = int(seconds // step)
    return (whole + (up and whole * step < seconds)) * step
