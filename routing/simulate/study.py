"""Many days of several variants, side by side, and how sure one can be of what they gave.

Every variant sees the same customers on the same day, so variants are compared day by day: the
interval of the difference is far narrower than those of the two figures.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from signal import SIG_IGN, SIGINT, signal

from routing.simulate.day import simulate
from routing.simulate.draw import speeds
from routing.simulate.figures import Figures, figures
from routing.simulate.scenario import Policy, Scenario

_T95 = (12.706, 4.303, 3.182)
"""Student's t at 97.5 % for 1, 2 and 3 degrees of freedom; the series serves from 4."""
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing to try out."""

    name: str
    scenario: Scenario
    policy: Policy


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over days and how far off it may be, with 95 % confidence."""

    mean: float
    half: float | None
    """None: one day says nothing of the next."""
    days: int

    @property
    def low(self) -> float:
        return self.mean - (self.half or 0.0)

    @property
    def high(self) -> float:
        return self.mean + (self.half or 0.0)

    @property
    def clear(self) -> bool:
        """Whether 0 is outside: as a difference, not merely chance."""
        return self.half is not None and abs(self.mean) > self.half


@dataclass(frozen=True, slots=True)
class Result:
    """One variant's days."""

    variant: Variant
    days: tuple[Figures, ...]

    def figures(self) -> dict[str, Interval]:
        """Each figure over the days that have it."""
        names = dict.fromkeys(name for day in self.days for name in day)
        return {name: interval([d[name] for d in self.days if name in d]) for name in names}


def study(
    variants: Sequence[Variant],
    days: int,
    *,
    first: int = 0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Result]:
    """Simulate every variant on days ``first`` to ``first + days``; the same for any ``workers``.

    ``progress`` is told (done, all) after each day.
    """
    tasks = [(variant, day) for variant in variants for day in range(first, first + days)]
    found: list[Figures] = []
    for one in _mapped(tasks, workers):
        found.append(one)
        if progress:
            progress(len(found), len(tasks))
    return [
        Result(variant, tuple(found[place * days : (place + 1) * days]))
        for place, variant in enumerate(variants)
    ]


def compare(base: Result, other: Result) -> dict[str, Interval]:
    """``other`` minus ``base``, day by day: both have seen the same customers."""
    pairs = list(zip(base.days, other.days, strict=True))
    names = dict.fromkeys(name for a, b in pairs for name in a if name in b)
    return {
        name: interval([b[name] - a[name] for a, b in pairs if name in a and name in b])
        for name in names
    }


def interval(values: Sequence[float]) -> Interval:
    """Mean and 95 % interval of independent values (Student's t)."""
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2:
        return Interval(mean, None, n)
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    return Interval(mean, _t(n - 1) * math.sqrt(variance / n), n)


def _t(df: int) -> float:
    """The 97.5 % quantile (Abramowitz and Stegun 26.7.5)."""
    if df <= len(_T95):
        return _T95[df - 1]
    z = _Z
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return math.fsum(term / math.pow(df, power) for power, term in enumerate(terms))


# ---------------------------------------------------------------- days side by side


def _mapped(tasks: Sequence[tuple[Variant, int]], workers: int | None) -> Iterable[Figures]:
    count = min(workers or os.cpu_count() or 1, len(tasks))
    if count <= 1:
        yield from map(_one, tasks)
        return
    pool = ProcessPoolExecutor(
        count,
        mp_context=get_context("spawn"),  # not a fork of a process that may have threads
        initializer=signal,
        initargs=(SIGINT, SIG_IGN),  # only who started them is interrupted, and stops them
    )
    with pool:
        yield from pool.map(_one, tasks)


def _one(task: tuple[Variant, int]) -> Figures:
    variant, day = task
    return figures(simulate(variant.scenario, variant.policy, day, speeds(variant.scenario)))
