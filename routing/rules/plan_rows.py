"""Plans of rule rows, read and checked: steps by names, and the queue after them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from routing.plan import LEVELS, Need, ThenOffer
from routing.rules.outcome import NamedPrefer, NamedStep
from routing.rules.problems import Findings, Names
from routing.rules.row_values import Reader

MAX_STEPS: Final = 20
STEP_KEYS: Final = ("require", "prefer", "for", "also_queues", "then_offer")
PREFER_KEYS: Final = ("last_agent", "agent", "skill")

Steps = tuple[tuple[NamedStep, ...], str | None]
"""The steps, none of them if nothing special is asked for, and the overflow."""


class PlanReader(Reader):
    """Reads plans; a row can take the plan of one before it, by its id."""

    def __init__(self, names: Names, found: Findings) -> None:
        super().__init__(names, found)
        self._plans: dict[str, Steps] = {}

    def read(self, path: str, rule: str, value: object) -> Steps:
        """The plan of the row ``rule``; None: it has none."""
        self._plans[rule] = found = self._read(path, value)
        return found

    def _read(self, path: str, value: object) -> Steps:
        if value is None:
            return (), None
        if isinstance(value, str):
            if value not in self._plans:
                known = [name for name, (steps, _) in self._plans.items() if steps]
                self.found.name(path, "rule before this one with the plan", value, known)
            return self._plans.get(value, ((), None))
        if not isinstance(value, list | tuple) or not value or len(value) > MAX_STEPS:
            self.found.add(path, f"must be a list of 1 to {MAX_STEPS} steps, or a rule's id")
            return (), None
        rows, overflow = list(value), None
        if isinstance(rows[-1], Mapping) and set(rows[-1]) == {"overflow"}:
            at, last = f"{path}[{len(rows) - 1}]", rows.pop()
            overflow = self.named(at, last, "overflow", self.names.queues, noun="queue")
        steps = tuple(self._step(f"{path}[{n}]", row) for n, row in enumerate(rows))
        for number, step in enumerate(steps[:-1]):
            if step.lasts is None:
                self.found.add(f"{path}[{number}]", "needs for: only the last step has no end")
        return steps, overflow

    def _step(self, path: str, row: object) -> NamedStep:
        if not isinstance(row, Mapping):
            self.found.add(path, f"must be a mapping with {', '.join(STEP_KEYS)}")
            return NamedStep()
        self.found.unknown_keys(path, row, STEP_KEYS)
        offer = row.get("then_offer")
        if offer is not None:
            offer = self.choice(f"{path}.then_offer", offer, ("callback", "message"))
        return NamedStep(
            require=tuple(self._needs(f"{path}.require", row.get("require", ()))),
            also_queues=tuple(self._queues(f"{path}.also_queues", row.get("also_queues", ()))),
            prefer=tuple(self._wishes(f"{path}.prefer", row.get("prefer", ()))),
            lasts=self.span(f"{path}.for", row["for"]) if "for" in row else None,
            then_offer=cast("ThenOffer", offer or ""),
        )

    def _rows(self, path: str, value: object) -> list[tuple[str, Any]]:
        if isinstance(value, list | tuple):
            return [(f"{path}[{number}]", one) for number, one in enumerate(value)]
        self.found.add(path, "must be a list")
        return []

    def _needs(self, path: str, value: object) -> list[Need]:
        needs = []
        for at, row in self._rows(path, value):
            if not isinstance(row, Mapping):
                self.found.add(at, "must be a mapping with skill, and min if it is more than 1")
                continue
            self.found.unknown_keys(at, row, ("skill", "min"))
            skill = self.found.name(f"{at}.skill", "skill", row.get("skill"), self.names.skills)
            level = row.get("min", 1)
            if type(level) is not int or level not in LEVELS:
                self.found.add(f"{at}.min", f"must be a level from {LEVELS[0]} to {LEVELS[-1]}")
            elif skill is not None:
                needs.append(Need(skill, level))
        return needs

    def _queues(self, path: str, value: object) -> list[str]:
        found = [
            self.found.name(at, "queue", name, self.names.queues)
            for at, name in self._rows(path, value)
        ]
        return [name for name in found if name is not None]

    def _wishes(self, path: str, value: object) -> list[NamedPrefer]:
        return [self._wish(at, row) for at, row in self._rows(path, value)]

    def _wish(self, path: str, row: object) -> NamedPrefer:
        if not isinstance(row, Mapping) or len(row) != 1 or next(iter(row)) not in PREFER_KEYS:
            self.found.add(path, f"must be exactly one of {', '.join(PREFER_KEYS)}")
            return NamedPrefer()
        ((key, value),) = row.items()
        at = f"{path}.{key}"
        if key == "last_agent":
            return NamedPrefer(last_agent=self.span(at, value))
        if key == "agent":
            return NamedPrefer(agent=self.found.name(at, "agent", value, self.names.agents))
        return NamedPrefer(skill=self.found.name(at, "skill", value, self.names.skills))
