"""The shipped contact centre, and the same work with other skills: what policies are judged on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hub import files
from hub.simulation import variants
from routing.model import SECOND, Choice, Order, QueuePolicy
from routing.simulate.scenario import HOUR, Group, Law, Policy, Scenario, Shape, WorkType

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "simulations"
USUAL = Policy(QueuePolicy(0, choice=Choice.LONGEST_IDLE, order=Order.FIFO))
HUB = Policy(QueuePolicy(0))
_STAFF = {"voice_gen": 17, "voice_tech": 11, "voice_fr": 5, "chat_en": 12, "chat_fr": 4, "vip": 3}
"""52 agents by the work that there is."""
_SINGLE = {"voice_gen": 13, "voice_tech": 9, "voice_fr": 4, "chat_en": 8, "chat_fr": 3, "vip": 2}
"""Three quarters of them."""


def centre(load: float = 0.72) -> Scenario:
    """Six types, seven groups, 52 agents; load A unless told."""
    plan = variants.read(files.load_file(SHIPPED / "contact-centre.yaml"))
    return replace(plan.loads["A"][0].scenario, load=load, short=0)


def desk() -> Scenario:
    """The shipped help desk: shifts, several chats at once, letters that make way, offers, a plan."""
    return variants.read(files.load_file(SHIPPED / "help-desk.yaml")).loads[""][0].scenario


def structures(load: float = 0.78) -> Mapping[str, Scenario]:
    """Name -> the centre's work with other skills."""
    base = centre(load)
    types = [work.name for work in base.types]
    ring = {
        name: (_STAFF[name], {name: 1.0, types[(place + 1) % len(types)]: 1.25})
        for place, name in enumerate(types)
    }
    mixed = {name: (_SINGLE[name], {name: 1.0}) for name in types}
    mixed["all"] = (52 - sum(_SINGLE.values()), dict.fromkeys(types, 1.1))
    return {
        "base": base,
        "secondary x1.0": _secondary(base, 1.0),
        "secondary x1.6": _secondary(base, 1.6),
        "2-skill ring": _staffed(base, ring),
        "75 % single, 25 % all": _staffed(base, mixed),
        "silos": _staffed(base, {name: (_STAFF[name], {name: 1.0}) for name in types}),
    }


def pool(scenario: Scenario) -> Scenario:
    """The ceiling: everybody can do everything as fast as the fastest."""
    agents = sum(group.agents for group in scenario.groups)
    types = {work.name: _fastest(scenario, work.name) for work in scenario.types}
    return _staffed(scenario, {"all": (agents, types)})


def station(agents: int, hourly: float, patience: float, hours: int = 8) -> Scenario:
    """One line of equal agents: 300 s of work, all exponential, nobody apart. What Erlang-A says."""
    exponential = Shape.EXPONENTIAL
    work = WorkType(
        "work",
        hourly,
        Law(300 * SECOND, exponential),
        Law(round(patience * SECOND), exponential),
        20 * SECOND,
    )
    group = Group("all", agents, {"work": 1.0}, frozenset({"work"}), speed_sd=0.0)
    return Scenario((work,), (group,), profile=(1.0,) * hours, slot=HOUR, short=0)


def _fastest(scenario: Scenario, name: str) -> float:
    return min(group.factors[name] for group in scenario.groups if name in group.factors)


def _secondary(base: Scenario, factor: float) -> Scenario:
    groups = {
        group.name: (
            group.agents,
            {name: factor if f == 1.25 else f for name, f in group.factors.items()},
        )
        for group in base.groups
    }
    return _staffed(base, groups)


def _staffed(base: Scenario, groups: Mapping[str, tuple[int, dict[str, float]]]) -> Scenario:
    return replace(
        base,
        groups=tuple(
            Group(name, agents, factors, frozenset(n for n, f in factors.items() if f <= 1))
            for name, (agents, factors) in groups.items()
        ),
    )
