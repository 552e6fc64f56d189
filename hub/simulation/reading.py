"""Types of work and groups of agents of a scenario file; what is wrong with them, by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from hub.files import FileInvalid, Loaded, Problem, convert
from hub.simulation.spec import GroupSpec, ScenarioSpec, StepSpec, TypeSpec
from hub.simulation.values import arrivals, days_of, hours, law, span
from routing.model import Mode
from routing.plan import Need, Prefer, Step
from routing.simulate.scenario import Group, Hours, Scenario, Shape, WorkType

_WORDS: Final = frozenset(GroupSpec.__struct_encode_fields__)
"""The keys of a group that are not types of work."""
T = TypeVar("T")
_EVEN: Final = (1.0,) * 16


class Reader:
    """One pass over a file; what is wrong gathers in ``problems``."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self.problems: list[Problem] = []
        self.spec = self.part("", loaded.value, ScenarioSpec) or ScenarioSpec()
        self._numbers = {name: number for number, name in enumerate(self.spec.types, 1)}

    def wrong(self, path: str, reason: str) -> None:
        """Note something with the line that it is about."""
        self.problems.append(self._loaded.problem(path, reason))

    def part(self, at: str, raw: Any, shape: type[T]) -> T | None:
        """One part of the file as its type; None if it is not one, which is noted."""
        try:
            return convert(Loaded(raw, {}), shape)
        except FileInvalid as err:
            for problem in err.problems:
                inner = problem.path if problem.path.startswith("[") else f".{problem.path}"
                self.wrong(f"{at}{inner}".strip("."), problem.reason)
            return None

    def parts(self, at: str, raw: Mapping[str, Any], shape: type[T]) -> dict[str, T]:
        """Those of the named parts that are right."""
        read = {name: self.part(f"{at}.{name}", one, shape) for name, one in raw.items()}
        return {name: one for name, one in read.items() if one is not None}

    def scenario(self) -> Scenario:
        """The file's day, at load 1."""
        spec = self.spec
        for noun, given in (("types", spec.types), ("groups", spec.groups)):
            if not given:
                self.wrong(noun, "at least one is needed")
        types = self.parts("types", spec.types, TypeSpec)
        groups = [self._group(name, raw) for name, raw in spec.groups.items()]
        found = Scenario(
            types=tuple(self._type(name, one) for name, one in types.items()),
            groups=tuple(group for group in groups if group is not None),
            profile=tuple(spec.profile) or _EVEN,
            slot=span(spec.slot),
            seed=spec.seed,
            mode=Mode(spec.mode),
            ring=span(spec.ring),
            offer=span(spec.offer),
            away=span(spec.away),
            short=span(spec.short),
        )
        if spec.warm_up is not None:
            found = replace(found, warm_up=span(spec.warm_up))
        if found.warm_up >= found.closes:
            self.wrong("warm_up", "the day is over before anybody counts")
        if not self.problems:
            self._check_served(found)
        return found

    def _check_served(self, scenario: Scenario) -> None:
        served = {scenario.numbers[name] for group in scenario.groups for name in group.factors}
        for number, work in enumerate(scenario.types, 1):
            queues = {number}.union(*(step.also_queues for step in work.steps))
            if not queues & served:
                self.wrong(f"types.{work.name}", "no group serves it")

    # ---- types

    def _type(self, name: str, spec: TypeSpec) -> WorkType:
        at = f"types.{name}"
        handle = law(spec.handle, Shape.LOG_NORMAL)
        if name in _WORDS:
            self.wrong(at, f"{name} is a word of groups: give the type another name")
        if (spec.rate is None) == (spec.arrivals is None):
            self.wrong(at, "give either a rate or arrivals")
        if handle.mean <= 0:
            self.wrong(f"{at}.handle", "must be above 0")
        if spec.profile and len(spec.profile) != len(self.spec.profile or _EVEN):
            self.wrong(f"{at}.profile", "has not as many slots as the profile of the day")
        steps = [self._step(f"{at}.plan[{place}]", one) for place, one in enumerate(spec.plan)]
        return WorkType(
            name=name,
            rate=spec.rate or 0.0,
            handle=handle,
            patience=None if spec.patience is None else law(spec.patience, Shape.EXPONENTIAL),
            target=span(spec.target),
            weight=spec.weight,
            kind=spec.kind,
            units=spec.units,
            wrap_up=span(spec.wrap_up),
            interruptible=spec.interruptible,
            profile=tuple(spec.profile),
            arrivals=self._arrivals(f"{at}.arrivals", spec),
            steps=tuple(steps) or (Step(),),
        )

    def _step(self, at: str, spec: StepSpec) -> Step:
        return Step(
            require=tuple(Need(need.skill, need.min) for need in spec.require),
            also_queues=tuple(self._queues(f"{at}.also_queues", spec.also_queues)),
            prefer=tuple(Prefer(skill=wish.skill) for wish in spec.prefer),
            lasts=None if spec.for_ is None else span(spec.for_),
        )

    def _queues(self, at: str, names: Sequence[str]) -> Iterator[int]:
        for place, name in enumerate(names):
            if name in self._numbers:
                yield self._numbers[name]
            else:
                self.wrong(f"{at}[{place}]", f"there is no type {name}")

    def _arrivals(self, at: str, spec: TypeSpec) -> tuple[tuple[int, ...], ...]:
        try:
            return arrivals(spec.arrivals or [])
        except ValueError as err:
            self.wrong(at, str(err))
            return ()

    # ---- groups

    def _group(self, name: str, raw: Mapping[str, Any]) -> Group | None:
        at = f"groups.{name}"
        factors = {type: factor for type, factor in raw.items() if type not in _WORDS}
        self._check_factors(at, factors)
        words = {word: value for word, value in raw.items() if word in _WORDS}
        spec = self.part(at, words, GroupSpec)
        if spec is None or self.problems:
            return None
        for type in spec.primary or ():
            if type not in factors:
                self.wrong(f"{at}.primary", f"the group does not serve {type}")
        own = [type for type, factor in factors.items() if factor <= 1]
        return Group(
            name=name,
            agents=spec.agents,
            factors={type: float(factor) for type, factor in factors.items()},
            primary=frozenset(own if spec.primary is None else spec.primary),
            hours=self._hours(f"{at}.hours", spec),
            capacity=spec.capacity,
            limits=tuple(sorted(spec.limits.items())),
            skills=tuple(sorted(spec.skills.items())),
            speed_sd=self.spec.speed_sd if spec.speed_sd is None else spec.speed_sd,
            missed=spec.missed,
        )

    def _check_factors(self, at: str, factors: Mapping[str, Any]) -> None:
        if not factors:
            self.wrong(at, "serves no type of work")
        for type, factor in factors.items():
            if type not in self._numbers:
                known = ", ".join(sorted(_WORDS))
                self.wrong(f"{at}.{type}", f"is neither a type of work nor one of {known}")
            elif isinstance(factor, bool) or not isinstance(factor, int | float) or factor <= 0:
                self.wrong(f"{at}.{type}", "expected a factor on the handle time, such as 1.25")

    def _hours(self, at: str, spec: GroupSpec) -> tuple[Hours, ...]:
        try:
            return tuple(hours(day, self.spec.opens) for day in days_of(spec.hours))
        except ValueError as err:
            self.wrong(at, str(err))
            return ()
