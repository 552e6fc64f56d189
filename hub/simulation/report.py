"""What came out, as a table for people and as JSON for programs.

In JSON shares run from 0 to 1 and times are seconds; ``low`` and ``high`` are the 95 % interval, and
a difference is ``clear`` where that leaves out 0. ``demand``: agents' worth of work over agents.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from routing.simulate.figures import RISING, SHARES
from routing.simulate.study import Interval, Result, compare

LINES: Final[Mapping[str, str]] = {
    "offered": "customers a day",
    "abandoned": "gave up",
    "abandoned_short": "gave up at once",
    "service_level": "answered in time",
    "weighted_service_level": "  by weight",
    "worst_service_level": "  worst type",
    "asa": "mean wait of the answered",
    "p95": "95 % waited at most",
    "longest_wait": "longest wait",
    "occupancy": "agents occupied",
    "occupancy_spread": "  spread over agents",
    "primary": "answered by whose work it is",
    "missed_offers": "offers not noticed",
    "j": "J (lower is better)",
}
BY_TYPE: Final[Mapping[str, str]] = {
    "service_level": "answered in time",
    "abandoned": "gave up",
    "asa": "mean wait",
    "longest_wait": "longest wait",
}
_SECONDS: Final = frozenset({"asa", "p95", "longest_wait"})
_NEITHER: Final = frozenset({"offered", "occupancy"})
"""More of it is neither better nor worse."""
_NAME: Final = max(map(len, LINES.values())) + 2
_WIDTH: Final = 22
FOOT: Final = (
    "± is the 95 % interval over days. A difference is day by day, of the same customers;\n"
    "+ better and ! worse than the first, beyond chance."
)


@dataclass(frozen=True, slots=True)
class Report:
    """Every variant at one load; the others are compared with the first."""

    load: str
    results: Sequence[Result]


def as_json(reports: Sequence[Report]) -> dict[str, Any]:
    """``{loads: [{load, days, variants: [{name, demand, figures}], differences: [...]}]}``."""
    return {
        "loads": [
            {
                "load": report.load,
                "factor": report.results[0].variant.scenario.load,
                "days": len(report.results[0].days),
                "variants": [
                    {
                        "name": result.variant.name,
                        "demand": _demand(result),
                        "figures": _figures(result.figures()),
                    }
                    for result in report.results
                ],
                "differences": [
                    {
                        "from": report.results[0].variant.name,
                        "to": other.variant.name,
                        "figures": _figures(compare(report.results[0], other), clear=True),
                    }
                    for other in report.results[1:]
                ],
            }
            for report in reports
        ]
    }


def _demand(result: Result) -> float | None:
    """None: work, and nobody there."""
    demand = result.variant.scenario.demand()
    return None if math.isinf(demand) else demand


def _figures(found: Mapping[str, Interval], *, clear: bool = False) -> dict[str, Any]:
    return {
        name: {"mean": one.mean, "low": one.low, "high": one.high}
        | ({"clear": one.clear} if clear else {})
        for name, one in found.items()
    }


def lines(report: Report) -> Iterator[str]:
    """One load as a table: a column for each variant, and one for how each differs."""
    first = report.results[0]
    yield _head(report)
    names = [result.variant.name for result in report.results]
    columns = [result.figures() for result in report.results]
    differences = [compare(first, other) for other in report.results[1:]]
    names += [f"{name} - {names[0]}" for name in names[1:]]
    table = _Table(names, columns, differences)
    yield table.row("", names)
    for figure, words in LINES.items():
        if any(figure in column for column in columns):
            yield table.line(words, figure)
    for kind, words in BY_TYPE.items():
        types = [name for name in columns[0] if name.startswith(f"{kind}/")]
        if len(types) > 1:
            yield f"{words}, by type"
            for figure in types:
                yield table.line(f"  {figure.partition('/')[2]}", figure)


def _head(report: Report) -> str:
    scenario = report.results[0].variant.scenario
    days = len(report.results[0].days)
    load = f"load {report.load} ({scenario.load:g})" if report.load else f"load {scenario.load:g}"
    full = scenario.demand()
    demand = f", work for {full:.0%} of the agents" if full and math.isfinite(full) else ""
    return f"{load}: {days} day{'s' if days > 1 else ''}{demand}"


class _Table:
    """Its columns: variants, then differences."""

    def __init__(
        self,
        names: Sequence[str],
        columns: Sequence[Mapping[str, Interval]],
        differences: Sequence[Mapping[str, Interval]],
    ) -> None:
        self._widths = [max(_WIDTH, len(name) + 2) for name in names]
        self._columns, self._differences = columns, differences

    def line(self, words: str, figure: str) -> str:
        cells = [_value(figure, column.get(figure)) for column in self._columns]
        cells += [_change(figure, difference.get(figure)) for difference in self._differences]
        return self.row(words, cells)

    def row(self, words: str, cells: Sequence[str]) -> str:
        aligned = (cell.rjust(width) for cell, width in zip(cells, self._widths, strict=True))
        return (words.ljust(_NAME) + "".join(aligned)).rstrip()


def _value(figure: str, found: Interval | None) -> str:
    if found is None:
        return "-"
    kind = figure.partition("/")[0]
    half = "" if found.half is None else f" ± {_number(kind, found.half)}"
    return f"{_number(kind, found.mean)}{half}{_unit(kind)}"


def _change(figure: str, found: Interval | None) -> str:
    if found is None:
        return "-"
    kind = figure.partition("/")[0]
    sign = "+" if found.mean > 0 else ""
    return f"{sign}{_value(figure, found)} {_mark(kind, found)}"


def _mark(kind: str, found: Interval) -> str:
    if not found.clear or kind in _NEITHER:
        return " "
    return "+" if (found.mean > 0) == (kind in RISING) else "!"


def _number(kind: str, value: float) -> str:
    if kind in SHARES:
        return f"{value * 100:.1f}"
    return f"{value:.0f}" if kind in {"offered", "longest_wait"} else f"{value:.1f}"


def _unit(kind: str) -> str:
    if kind in SHARES:
        return " %"
    return " s" if kind in _SECONDS else ""
