"""How good the hub's decisions are, and how fast they can be simulated.

First the simulator against Erlang-A's closed forms. Then the contact centre of
``config/simulations/``: the hub's default policy against FIFO and the longest idle agent, at three
loads. Bounds at load A: at least 20 % fewer give up, the weighted service level at least 3 points
higher, the longest wait at most 15 % longer. Then the same work with other skills, where the default
agent rule has to be the best of four or within the noise of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from routing.erlang import Station, service_level, steady
from routing.model import Choice, Order, QueuePolicy
from routing.simulate.scenario import Policy
from routing.simulate.study import Interval, Result, Variant, compare, study
from tests.routing.structures import HUB, USUAL, centre, desk, pool, station, structures

DAYS = 24
STATIONS = (
    (32, 360, 120, 60),
    (28, 360, 120, 60),
    (24, 360, 120, 60),
    (100, 1200, 90, 24),
    (6, 60, 120, 400),
)
LOADS = {"A": 0.72, "B": 0.82, "C": 0.95}
RULES = {
    "fifo + longest idle": USUAL,
    "longest idle": Policy(QueuePolicy(0, choice=Choice.LONGEST_IDLE)),
    "best skill": Policy(QueuePolicy(0, choice=Choice.BEST_SKILL)),
    "least loaded": Policy(QueuePolicy(0, choice=Choice.LEAST_LOADED)),
    "hub": HUB,
}
POLICIES = {
    "fifo + longest idle": USUAL,
    "fifo + hub's agent": Policy(QueuePolicy(0, order=Order.FIFO)),
    "hub": HUB,
    "hub, late ones last": Policy(QueuePolicy(0, demote_late=True)),
}


def main() -> int:
    """Print each figure with its ratio; 1 if one is over its bound."""
    ratios = [*_erlang(), *_centre(), *_structures()]
    return int(max(ratios) > 1)


def _erlang() -> Iterator[float]:
    print("Erlang-A: closed / simulated, in %")
    for agents, hourly, patience, days in STATIONS:
        scenario = replace(station(agents, hourly, patience), seed=agents)
        found = study([Variant("", scenario, USUAL)], days)[0].figures()
        law = Station(agents, hourly / 3600, 300, patience)
        pairs = {
            "abandoned": steady(law).abandoned,
            "service_level": service_level(law, 20),
            "occupancy": steady(law).occupancy,
        }
        words = (f"{name} {value:.2%} / {_text(found[name])}" for name, value in pairs.items())
        off = max(abs(found[n].mean - v) / (1.5 * (found[n].half or 0)) for n, v in pairs.items())
        print(f"  {agents:3} agents  {'  '.join(words)}  {off:5.2f} of the bound (1.5 intervals)")
        yield off


def _centre() -> Iterator[float]:
    for name, load in LOADS.items():
        scenario = centre(load)
        variants = [Variant(words, scenario, policy) for words, policy in POLICIES.items()]
        variants.append(Variant("everybody all skills, fifo", pool(scenario), USUAL))
        started = time.perf_counter()
        results = study(variants, DAYS)
        print(f"\ncontact centre, load {name} ({load}), {DAYS} days")
        for result in results:
            _show(result, results[0])
        print(
            f"  {(time.perf_counter() - started) / len(variants):.1f} s for {DAYS} days of a policy"
        )
        if name == "A":
            yield from _bounds(results[0], results[2])


def _bounds(usual: Result, hub: Result) -> Iterator[float]:
    before, after = usual.figures(), hub.figures()
    level = compare(usual, hub)["weighted_service_level"]
    for words, ratio in (
        ("give up, 20 % fewer", after["abandoned"].mean / (0.8 * before["abandoned"].mean)),
        ("weighted service level, 3 points more", 0.03 / max(level.mean, 1e-9)),
        (
            "longest wait, 15 % more",
            after["longest_wait"].mean / (1.15 * before["longest_wait"].mean),
        ),
    ):
        print(f"  {words:42} {ratio:5.2f} of the bound")
        yield ratio


def _structures() -> Iterator[float]:
    for name, scenario in {**structures(), "help desk": desk()}.items():
        print(f"\n{name}, load {scenario.load}")
        results = study([Variant(words, scenario, rule) for words, rule in RULES.items()], 12)
        for result in results:
            _show(result, results[0])
        hub = results[-1]
        behind = (compare(other, hub)["j"] for other in results[:-1])
        worst = max(difference.low for difference in behind)
        print(f"  J behind the best rule beyond chance: {max(worst, 0):.2f}")
        yield 1.0 + max(worst, 0.0) if worst > 0 else 0.0


def _show(result: Result, first: Result) -> None:
    found, difference = result.figures(), compare(first, result)["j"]
    print(
        f"  {result.variant.name:26} gave up {_text(found['abandoned'])}"
        f"  weighted level {_text(found['weighted_service_level'])}"
        f"  longest {found['longest_wait'].mean:4.0f} s"
        f"  J {found['j'].mean:5.1f} ({difference.mean:+.1f} ± {difference.half or 0:.1f})"
    )


def _text(found: Interval) -> str:
    return f"{found.mean * 100:5.2f} ± {(found.half or 0) * 100:.2f}"


if __name__ == "__main__":
    sys.exit(main())
