"""``hub simulate FILE [--against FILE] [--days N] [--json]``: read, run, print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hub import files
from hub.simulation import report, variants
from hub.simulation.report import Report
from hub.simulation.spec import HISTORY_DAYS, ScenarioSpec
from hub.simulation.variants import Plan
from routing.simulate.study import Variant, study

if TYPE_CHECKING:
    from hub.settings import Settings

_OF_HISTORY: Final = frozenset({"from", "zone", "days"})
"""What a file says of the past, which is answered with as many days as there were."""


def run(
    settings: Settings, file: str, *, against: str | None, days: int | None, as_json: bool
) -> str:
    """What is printed. Raises FileInvalid, and Failed where the hub's history cannot be had."""
    plan = _plan(settings, file, days)
    if against is not None:
        plan = _paired(plan, _plan(settings, against, days), (file, against))
    reports = [
        Report(load, study(found, days or plan.days, progress=_progress(load)))
        for load, found in plan.loads.items()
    ]
    if as_json:
        return json.dumps(report.as_json(reports), indent=2, ensure_ascii=False)
    tables = ["\n".join(report.lines(one)) for one in reports]
    return "\n\n".join([*tables, report.FOOT])


def _plan(settings: Settings, file: str, days: int | None) -> Plan:
    try:
        loaded = files.load(sys.stdin.buffer.read()) if file == "-" else files.load_file(Path(file))
        if isinstance(loaded.value, Mapping) and loaded.value.get("from") == "history":
            loaded = _recorded(settings, loaded, days)
        return variants.read(loaded)
    except files.FileInvalid as err:
        named = [replace(one, path=f"{file}: {one.path}".rstrip(": ")) for one in err.problems]
        raise files.FileInvalid(*named) from err


def _recorded(settings: Settings, loaded: files.Loaded, days: int | None) -> files.Loaded:
    """The file with types and groups as the hub's own last days had them: so many, else the file's."""
    from hub.office import do  # noqa: PLC0415  heavy

    spec = files.convert(loaded, ScenarioSpec)
    wanted = {"days": days or spec.days or HISTORY_DAYS, "zone": spec.zone}
    found = do(settings, "history", wanted)
    own = {key: value for key, value in loaded.value.items() if key not in _OF_HISTORY}
    return files.Loaded({**found, **own}, loaded.lines)


def _paired(base: Plan, other: Plan, names: Sequence[str]) -> Plan:
    """The first variant of each file, on the first file's days with its random numbers."""
    loads: dict[str, Sequence[Variant]] = {}
    for load, found in base.loads.items():
        against = other.loads.get(load) or next(iter(other.loads.values()))
        seed = found[0].scenario.seed
        loads[load] = [
            replace(one, name=name, scenario=replace(one.scenario, seed=seed))
            for one, name in zip((found[0], against[0]), _short(names), strict=True)
        ]
    return Plan(base.days, loads)


def _short(names: Sequence[str]) -> Sequence[str]:
    stems = [Path(name).stem for name in names]
    return stems if len(set(stems)) == len(stems) else names


def _progress(load: str) -> Callable[[int, int], None] | None:
    """A line on a terminal that says how far it is; None where nobody looks."""
    if not sys.stderr.isatty():
        return None
    words = f"load {load}: " if load else ""

    def show(done: int, all: int) -> None:
        end = "\r" if done < all else "\r\033[K"
        sys.stderr.write(f"{words}{done} of {all} days{end}")
        sys.stderr.flush()

    return show
