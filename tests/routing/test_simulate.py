"""Simulated days: small ones worked out by hand, and what must hold whatever is drawn."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import fmean, pstdev

import pytest

from routing.erlang import Station, service_level, steady
from routing.model import SECOND, Choice, Mode, Order, QueuePolicy
from routing.plan import Need, Step
from routing.simulate import draw
from routing.simulate.day import simulate
from routing.simulate.figures import Outcome, figures
from routing.simulate.scenario import HOUR, Group, Hours, Law, Policy, Scenario, Shape, WorkType
from routing.simulate.study import Variant, compare, interval, study
from tests.routing.structures import HUB, USUAL, centre, desk, pool, station

MINUTE = 60 * SECOND


def seconds(*times: float) -> tuple[int, ...]:
    return tuple(round(time * SECOND) for time in times)


def work(name: str, *at: float, takes: float = 100, patience: float | None = None) -> WorkType:
    """Customers at these seconds, each with exactly so much work and patience."""
    fixed = None if patience is None else Law(round(patience * SECOND), Shape.FIXED)
    handle = Law(round(takes * SECOND), Shape.FIXED)
    return WorkType(name, 0, handle, fixed, 20 * SECOND, arrivals=(seconds(*at),))


def group(name: str, agents: int, *types: str, hours: tuple[Hours, ...] = ()) -> Group:
    return Group(name, agents, dict.fromkeys(types, 1.0), frozenset(types), hours, speed_sd=0)


def day_of(scenario: Scenario, policy: Policy = HUB, day: int = 0) -> Outcome:
    return simulate(replace(scenario, warm_up=0), policy, day, draw.speeds(scenario))


def waits(outcome: Outcome) -> dict[int, float | None]:
    """Second of coming -> seconds until the answer; None: gave up, or nobody came."""
    return {
        turn.entered_at // SECOND: None
        if turn.answered_at is None
        else (turn.answered_at - turn.entered_at) / SECOND
        for turn in outcome.turns
    }


# ---------------------------------------------------------------- by hand


def test_one_agent_takes_one_after_the_other_and_who_waits_too_long_is_gone() -> None:
    scenario = Scenario((work("calls", 0, 10, 20, patience=150),), (group("all", 1, "calls"),))
    outcome = day_of(scenario)
    assert waits(outcome) == {0: 0, 10: 90, 20: None}
    found = figures(outcome)
    assert found["abandoned"] == pytest.approx(1 / 3)
    assert found["service_level"] == pytest.approx(1 / 3)
    assert (found["asa"], found["longest_wait"]) == (45, 150)
    assert found["occupancy"] == pytest.approx(200 / (8 * 3600))


def test_factor_and_wrap_up_make_it_longer() -> None:
    calls = replace(work("calls", 0, 1, takes=100), wrap_up=7 * SECOND)
    slow = replace(group("slow", 1, "calls"), factors={"calls": 1.25})
    assert waits(day_of(Scenario((calls,), (slow,)))) == {0: 0, 1: 131}


def test_units_let_several_chats_in_and_a_limit_keeps_them_out() -> None:
    chats = replace(work("chats", 0, 1, 2, 3), units=30, kind="chat")
    agents = group("all", 1, "chats")
    assert waits(day_of(Scenario((chats,), (agents,)))) == {0: 0, 1: 0, 2: 0, 3: 97}
    limited = replace(agents, limits=(("chat", 2),))
    assert waits(day_of(Scenario((chats,), (limited,)))) == {0: 0, 1: 0, 2: 98, 3: 98}


def test_interruptible_work_makes_way_and_goes_on_afterwards() -> None:
    letters = replace(work("letters", 0, 5, 6), units=50, interruptible=True)
    calls = work("calls", 30, takes=50)
    scenario = Scenario((letters, calls), (group("all", 1, "letters", "calls"),))
    for mode in (Mode.PUSH, Mode.ASK):
        outcome = day_of(replace(scenario, mode=mode))
        assert waits(outcome) == {0: 0, 5: 0, 30: 0, 6: 144}
        assert {t.entered_at // SECOND: (t.ended_at or 0) // SECOND for t in outcome.turns} == {
            30: 80,
            0: 150,  # put aside from 30 to 80
            5: 155,
            6: 250,
        }
        assert [turn.handle // SECOND for turn in outcome.turns] == [50, 100, 100, 100]
        assert figures(outcome)["occupancy"] == pytest.approx(250 / (8 * 3600))


def test_who_goes_home_finishes_and_takes_nothing_more() -> None:
    hours = ((0, 5 * MINUTE), (10 * MINUTE, 20 * MINUTE))
    calls = work("calls", 250, 310, 1150, 1210)
    outcome = day_of(Scenario((calls,), (group("all", 1, "calls", hours=(hours,)),)))
    assert waits(outcome) == {250: 0, 310: 290, 1150: 0, 1210: None}
    found = figures(outcome)
    assert found["occupancy"] == pytest.approx((50 + 100 + 50) / (15 * 60))
    assert found["service_level"] == pytest.approx(0.5)  # who is left waiting was not served


def test_days_of_a_recording_follow_one_another() -> None:
    calls = replace(work("calls"), arrivals=(seconds(5), seconds(7, 8)))
    scenario = Scenario((calls,), (group("all", 9, "calls"),))
    assert [list(waits(day_of(scenario, day=day))) for day in (0, 1, 2)] == [[5], [7, 8], [5]]


def test_an_offer_rings_and_one_that_nobody_notices_goes_on_to_another() -> None:
    calls = work("calls", 0, 400, patience=300)
    deaf = replace(group("deaf", 1, "calls"), missed=1.0)
    scenario = Scenario((calls,), (deaf, group("good", 1, "calls")), mode=Mode.ASK, ring=4 * SECOND)
    outcome = day_of(scenario, USUAL)
    # 20 s are lost on who was longest idle; at 400 they are just back, so the other comes first.
    assert waits(outcome) == {0: 24, 400: 4}
    assert (outcome.offers, outcome.missed) == (3, 1)
    alone = day_of(replace(scenario, groups=(deaf,)), USUAL)
    assert waits(alone) == {0: None, 400: None}
    assert (alone.offers, alone.missed) == (2, 2)


def test_who_missed_it_is_asked_again_once_back_if_there_is_nobody_else() -> None:
    deaf = replace(group("deaf", 1, "calls"), missed=1.0)
    scenario = Scenario((work("calls", 0, patience=100),), (deaf,), mode=Mode.ASK)
    for away, offers in ((10, 4), (45, 2), (90, 1)):
        assert day_of(replace(scenario, away=away * SECOND), USUAL).offers == offers


def test_giving_up_while_it_rings_sets_the_agent_free() -> None:
    calls = work("calls", 0, 3, patience=2)
    outcome = day_of(
        Scenario((calls,), (group("all", 1, "calls"),), mode=Mode.ASK, ring=3 * SECOND)
    )
    assert waits(outcome) == {0: None, 3: None}
    assert outcome.offers == 2
    assert figures(outcome)["occupancy"] == 0


def test_a_plan_asks_for_less_as_time_passes() -> None:
    steps = (
        Step(require=(Need("french", 4),), lasts=20 * SECOND),
        Step(require=(Need("french", 2),), lasts=30 * SECOND),
        Step(also_queues=(2,)),
    )
    french = replace(work("french", 0, 1, 2, 3), steps=steps)
    other = work("other", 9_000)
    groups = (
        replace(group("best", 1, "french"), skills=(("french", 5),)),
        replace(group("fair", 1, "french"), skills=(("french", 3),)),
        group("helps", 2, "other"),
    )
    found = waits(day_of(Scenario((french, other), groups)))
    assert found == {0: 0, 1: 20, 2: 50, 3: 50, 9_000: 0}


def test_the_policy_is_heeded_and_differs_by_queue() -> None:
    vip, usual = (work(name, *at, takes=60) for name, at in (("vip", [30]), ("usual", [0, 10])))
    scenario = Scenario((replace(vip, weight=9.0), usual), (group("all", 1, "vip", "usual"),))
    assert waits(day_of(scenario, HUB)) == {0: 0, 30: 30, 10: 110}
    assert waits(day_of(scenario, USUAL)) == {0: 0, 10: 50, 30: 90}
    guarded = Policy(QueuePolicy(0, guard=0.5))
    assert waits(day_of(scenario, guarded)) == {0: 0, 10: 50, 30: 90}
    own = Policy(QueuePolicy(0), {"vip": QueuePolicy(0, order=Order.FIFO)})
    assert own.of(1, vip).order is Order.FIFO
    assert own.of(2, usual).order is Order.SCORE
    assert own.of(1, replace(vip, weight=4.0)).weight == 4.0


def test_the_composite_by_hand() -> None:
    scenario = Scenario((work("calls", 0, 10, 20, patience=150),), (group("all", 1, "calls"),))
    found = figures(day_of(scenario))
    assert found["j"] == pytest.approx(100 * 2 / 3 + 200 / 3 + 0.02 * 150)


def test_an_empty_day_says_nothing() -> None:
    found = figures(day_of(Scenario((work("calls"),), (group("all", 1, "calls"),))))
    assert found["occupancy"] == 0
    assert "service_level" not in found


# ---------------------------------------------------------------- what is drawn


def test_everybody_counts_who_comes_after_the_warm_up() -> None:
    scenario = centre()
    outcome = simulate(scenario, HUB, 3, draw.speeds(scenario))
    counted = [c for c in draw.customers(scenario, 3) if c.at >= scenario.warm_up]
    assert len(outcome.turns) == len(counted)
    ended = [turn for turn in outcome.turns if turn.answered_at is not None or turn.lost]
    assert len(ended) == len(counted)


def test_customers_are_the_same_whatever_else_changes() -> None:
    scenario = centre()
    before = draw.customers(scenario, 5)
    hired = replace(
        scenario, groups=tuple(replace(g, agents=g.agents + 3) for g in scenario.groups)
    )
    assert draw.customers(hired, 5) == before
    types = tuple(
        replace(one, patience=None) if one.name == "vip" else one for one in scenario.types
    )
    after = draw.customers(replace(scenario, types=types), 5)
    assert [c._replace(until=0) for c in after] == [c._replace(until=0) for c in before]
    assert [c for c in after if c.type != 5] == [c for c in before if c.type != 5]
    assert draw.customers(scenario, 6) != before
    assert draw.customers(replace(scenario, seed=2), 5) != before


def test_speeds_stay_with_their_agents_when_others_are_hired() -> None:
    scenario = centre()
    more = replace(scenario, groups=(replace(scenario.groups[0], agents=12), *scenario.groups[1:]))
    few, many = draw.speeds(scenario), draw.speeds(more)
    assert [many[id] for id in range(1, 12)] == [few[id] for id in range(1, 12)]
    assert [many[id + 1] for id in range(12, 53)] == [few[id] for id in range(12, 53)]


def test_arrivals_follow_rate_load_and_profile() -> None:
    profile = (0.0, 2.0, 1.0)
    calls = WorkType("calls", 600, Law(SECOND), None, SECOND)
    scenario = Scenario((calls,), (group("all", 1, "calls"),), profile=profile, slot=HOUR, load=0.5)
    counts = [0, 0, 0]
    for day in range(30):
        for customer in draw.customers(scenario, day):
            counts[customer.at // HOUR] += 1
    assert counts[0] == 0
    assert counts[1] / 30 == pytest.approx(600, rel=0.03)
    assert counts[2] / 30 == pytest.approx(300, rel=0.03)


@pytest.mark.parametrize(
    ("law", "mean", "cv"),
    [
        (Law(300 * SECOND), 300, 1.0),
        (Law(300 * SECOND, Shape.LOG_NORMAL, 0.4), 300, 0.4),
        (Law(120 * SECOND, Shape.EXPONENTIAL), 120, 1.0),
        (Law(60 * SECOND, Shape.FIXED), 60, 0.0),
    ],
)
def test_durations_have_the_mean_and_the_spread_that_they_should(
    law: Law, mean: float, cv: float
) -> None:
    stream = draw.luck(centre(), 0, 0)
    found = [draw.drawn(law, stream) / SECOND for _ in range(40_000)]
    assert fmean(found) == pytest.approx(mean, rel=0.02)
    assert pstdev(found) / fmean(found) == pytest.approx(cv, abs=0.06)


# ---------------------------------------------------------------- over days


@pytest.mark.parametrize(
    ("agents", "hourly", "patience", "days"),
    [
        (32, 360, 120, 10),
        (28, 360, 120, 10),
        (24, 360, 120, 10),
        (100, 1200, 90, 5),
        (6, 60, 120, 40),
    ],
)
def test_within_the_interval_of_erlang_a(
    agents: int, hourly: int, patience: int, days: int
) -> None:
    scenario = replace(station(agents, hourly, patience), seed=agents)
    (result,) = study([Variant("", scenario, USUAL)], days)
    found, law = result.figures(), Station(agents, hourly / 3600, 300, patience)
    for name, expected, close in (
        ("abandoned", steady(law).abandoned, 0.017),
        ("service_level", service_level(law, 20), 0.04),
        ("occupancy", steady(law).occupancy, 0.02),
    ):
        half = found[name].half or 0.0
        assert half < close, name
        assert abs(found[name].mean - expected) < 1.5 * half, name  # 99.7 %: there are 15 of them


def test_the_same_seed_gives_the_same_days_on_any_number_of_processes() -> None:
    small = replace(centre(), profile=(1.0,) * 3)
    variants = [Variant("a", small, USUAL), Variant("b", small, HUB)]
    told: list[tuple[int, int]] = []
    alone = study(variants, 2, workers=1, progress=lambda *at: told.append(at))
    assert study(variants, 2, workers=2) == alone
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert study(variants, 1, first=1, workers=1)[1].days == alone[1].days[1:]


def test_the_hub_beats_fifo_and_longest_idle_on_the_centre() -> None:
    usual, hub = study([Variant("", centre(), one) for one in (USUAL, HUB)], 6)
    before, after = usual.figures(), hub.figures()
    assert after["abandoned"].mean <= 0.8 * before["abandoned"].mean
    difference = compare(usual, hub)
    assert difference["weighted_service_level"].mean >= 0.03
    assert difference["weighted_service_level"].clear
    assert difference["j"].high < 0


def test_the_hub_keeps_agents_whole_for_calls_where_others_chat() -> None:
    variants = [Variant("", desk(), policy) for policy in (USUAL, HUB)]
    usual, hub = study(variants, 4, workers=1)
    assert compare(usual, hub)["abandoned"].high < 0
    assert compare(usual, hub)["service_level"].low > 0


def test_no_policy_is_better_than_everybody_having_every_skill() -> None:
    for load in (0.72, 0.95):
        scenario = centre(load)
        ceiling, hub = study([Variant("", pool(scenario), USUAL), Variant("", scenario, HUB)], 3)
        difference = compare(ceiling, hub)
        assert difference["abandoned"].mean > 0.01
        assert difference["weighted_service_level"].mean < -0.02


def test_a_difference_is_of_the_same_days() -> None:
    scenario = centre()
    alike = study([Variant("a", scenario, HUB), Variant("b", scenario, HUB)], 2, workers=1)
    difference = compare(*alike)
    assert {(one.mean, one.half, one.clear) for one in difference.values()} == {(0, 0, False)}


def test_intervals_are_students() -> None:
    assert interval([3.0]).half is None
    assert not interval([3.0]).clear
    two = interval([1.0, 3.0])
    assert (two.mean, two.half) == (2.0, pytest.approx(12.706, rel=1e-3))
    for n, t in ((5, 2.776), (10, 2.262), (24, 2.069), (100, 1.984)):
        values = [float(value) for value in range(n)]
        spread = math.sqrt(n * (n + 1) / 12 / n)
        assert interval(values).half == pytest.approx(t * spread, rel=3e-3)


def test_longest_idle_is_what_it_says() -> None:
    policy = Policy(QueuePolicy(0, choice=Choice.LONGEST_IDLE))
    calls = work("calls", 0, 200, 400, takes=10)
    outcome = day_of(Scenario((calls,), (group("all", 3, "calls"),)), policy)
    assert [turn.agent for turn in outcome.turns] == [1, 2, 3]
