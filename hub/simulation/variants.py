"""What a scenario file compares: policies, staffings, loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hub.files import FileInvalid, Loaded
from hub.simulation.reading import Reader
from hub.simulation.spec import Agents, PolicySpec, RuleSpec
from routing.model import QueuePolicy
from routing.simulate.scenario import Policy, Scenario
from routing.simulate.study import Variant

DAYS: Final = 24
MOST_CUSTOMERS: Final = 1_000_000
"""A day: more take hours and all memory."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file asks for: at each load every variant, on the same days."""

    days: int
    loads: Mapping[str, Sequence[Variant]]
    """Load's name, empty if there is one -> variants; the others are compared with the first."""


def read(loaded: Loaded) -> Plan:
    """The plan of a file that says everything itself. Raises FileInvalid with all that is wrong."""
    reader = Reader(loaded)
    spec = reader.spec
    scenario = reader.scenario()
    policies, staffings = _policies(reader), _staffings(reader)
    if spec.load is not None and spec.loads:
        reader.wrong("load", "give either load or loads")
    if (spec.load or spec.loads) and not any(one.rate for one in scenario.types):
        reader.wrong("load" if spec.load else "loads", "is for rates; these customers are recorded")
    if reader.problems:
        raise FileInvalid(*reader.problems)
    loads = spec.loads or {"": 1.0 if spec.load is None else spec.load}
    for name, load in loads.items():
        if load * scenario.customers() > MOST_CUSTOMERS:
            at = f"loads.{name}" if spec.loads else "types"
            raise FileInvalid(loaded.problem(at, f"more than {MOST_CUSTOMERS:,} customers a day"))
    return Plan(
        days=spec.days or DAYS,
        loads={
            name: _variants(replace(scenario, load=load), policies, staffings)
            for name, load in loads.items()
        },
    )


def _policies(reader: Reader) -> dict[str, Policy]:
    """By name, in the order of the file; the hub's own default if there is none."""
    spec = reader.spec
    if spec.policy is None:
        given = reader.parts("policies", spec.policies, PolicySpec) or {"hub": PolicySpec()}
        return {name: _policy(reader, f"policies.{name}", one) for name, one in given.items()}
    if spec.policies:
        reader.wrong("policy", "give either policy or policies")
    only = reader.part("policy", spec.policy, PolicySpec) or PolicySpec()
    return {"policy": _policy(reader, "policy", only)}


def _policy(reader: Reader, at: str, spec: PolicySpec) -> Policy:
    for type in spec.queues.keys() - reader.spec.types.keys():
        reader.wrong(f"{at}.queues.{type}", f"there is no type {type}")
    common = _rule(QueuePolicy(0), spec)
    own = reader.parts(f"{at}.queues", spec.queues, RuleSpec)
    return Policy(common, {type: _rule(common, rule) for type, rule in own.items()}, spec.known)


def _rule(base: QueuePolicy, spec: RuleSpec) -> QueuePolicy:
    """``base`` with what is said of it."""
    given = {name: getattr(spec, name) for name in RuleSpec.__struct_fields__}
    return replace(base, **{name: value for name, value in given.items() if value is not None})


def _staffings(reader: Reader) -> dict[str, dict[str, int]]:
    """Name -> group -> agents, of the groups that differ."""
    found = reader.parts("staffings", reader.spec.staffings, dict[str, Agents])
    for name, agents in found.items():
        for group in agents.keys() - reader.spec.groups.keys():
            reader.wrong(f"staffings.{name}.{group}", f"there is no group {group}")
    return found


def _variants(
    scenario: Scenario,
    policies: Mapping[str, Policy],
    staffings: Mapping[str, Mapping[str, int]],
) -> list[Variant]:
    """Every policy with the staff as given, then every other staffing with the first policy."""
    first = next(iter(policies.values()))
    return [Variant(name, scenario, policy) for name, policy in policies.items()] + [
        Variant(name, _restaffed(scenario, agents), first) for name, agents in staffings.items()
    ]


def _restaffed(scenario: Scenario, agents: Mapping[str, int]) -> Scenario:
    groups = tuple(replace(g, agents=agents.get(g.name, g.agents)) for g in scenario.groups)
    return replace(scenario, groups=groups)
