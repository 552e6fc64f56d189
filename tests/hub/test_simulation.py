"""Scenario files: what they mean, what is wrong with them, what comes out, and the hub's own past."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub import files
from hub.__main__ import main
from hub.files import FileInvalid
from hub.simulation import history, report, variants
from hub.simulation.report import Report
from hub.simulation.variants import Plan
from routing.model import SECOND, Choice, Mode, Order
from routing.plan import Need, Prefer, Step
from routing.simulate.scenario import HOUR, Known, Law, Shape
from routing.simulate.study import study
from storage.db import Database, Tx
from tests.storage.desk import Desk

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "simulations"
SECTION = """
profile: [.55, .75, .95, 1.1, 1.2, 1.25, 1.15, 1.0, .9, .95, 1.05, 1.15, 1.15, 1.05, .85, .7]
types:
  voice_gen:  {rate: 210, handle: 300, patience: 150, target: 20, weight: 1}
  vip:        {rate: 30,  handle: 360, patience: 100, target: 10, weight: 4}
groups:        # agents, and the factor on handle time for each type that they serve
  gen:     {agents: 11, voice_gen: 1.0}
  senior:  {agents: 7,  voice_gen: .95, vip: 1.1}
"""
SMALL = """
types:
  calls: {rate: 60, handle: 60, patience: 60, target: 20}
  chats: {rate: 30, handle: 90, target: 45}
groups:
  all: {agents: 2, calls: 1, chats: 1}
profile: [1, 1]
warm_up: 0
days: 3
"""
MINUTE = 60 * SECOND


def read(text: str) -> Plan:
    return variants.read(files.load(text))


# ---------------------------------------------------------------- reading


def test_the_plain_form() -> None:
    plan = read(SECTION)
    assert plan.days == 24
    (variant,) = plan.loads[""]
    assert variant.name == "hub"
    assert (variant.policy.common.choice, variant.policy.common.order) == (Choice.BEST, Order.SCORE)
    day = variant.scenario
    assert (day.load, day.closes, day.warm_up, day.mode) == (1.0, 8 * HOUR, HOUR // 2, Mode.PUSH)
    gen, vip = day.types
    assert gen.handle == Law(300 * SECOND, Shape.LOG_NORMAL, 1.0)
    assert gen.patience == Law(150 * SECOND, Shape.EXPONENTIAL, 1.0)
    assert (vip.target, vip.weight, vip.rate) == (10 * SECOND, 4, 30)
    senior = day.groups[1]
    assert (senior.agents, dict(senior.factors)) == (7, {"voice_gen": 0.95, "vip": 1.1})
    assert senior.primary == {"voice_gen"}


def test_the_shipped_contact_centre_is_what_routing_is_judged_on() -> None:
    plan = variants.read(files.load_file(SHIPPED / "contact-centre.yaml"))
    assert {name: found[0].scenario.load for name, found in plan.loads.items()} == {
        "A": 0.72,
        "B": 0.82,
        "C": 0.95,
    }
    day = plan.loads["A"][0].scenario
    assert sum(group.agents for group in day.groups) == 52
    assert len(day.types) == 6
    assert day.demand() == pytest.approx(0.736, abs=1e-3)
    assert [v.name for v in plan.loads["A"]] == ["usual", "hub"]


def test_the_shipped_help_desk_uses_every_key() -> None:
    plan = variants.read(files.load_file(SHIPPED / "help-desk.yaml"))
    usual, more, less = plan.loads[""]
    day = usual.scenario
    assert (day.mode, day.ring, day.away) == (Mode.ASK, 4 * SECOND, 300 * SECOND)
    french = day.types[1]
    assert french.handle == Law(300 * SECOND, Shape.LOG_NORMAL, 0.8)
    assert french.steps == (
        Step(require=(Need("french", 4),), lasts=20 * SECOND),
        Step(require=(Need("french", 2),), lasts=40 * SECOND),
        Step(also_queues=(1,)),
    )
    assert day.groups[1].hours == (((2 * HOUR, 5.5 * HOUR), (6.25 * HOUR, 10 * HOUR)),)
    assert day.groups[3].limits == (("chat", 2),)
    assert day.types[3].patience is None
    assert [group.agents for group in more.scenario.groups] == [5, 5, 2, 2]
    assert [group.agents for group in less.scenario.groups] == [4, 4, 2, 2]
    assert usual.policy.of(4, day.types[3]).order is Order.FIFO
    assert usual.policy.of(4, day.types[3]).reserve == 1
    assert usual.policy.of(1, day.types[0]).order is Order.SCORE


def test_every_policy_and_every_staffing_is_a_variant() -> None:
    plan = read(
        SMALL
        + """
loads: {low: 0.5, high: 1.5}
policies:
  fair: {choice: longest_idle, known: nothing}
  strict: {guard: 2, demote_late: true, queues: {calls: {order: fifo}}}
staffings:
  three: {all: 3}
"""
    )
    assert list(plan.loads) == ["low", "high"]
    assert plan.loads["high"][2].scenario.load == 1.5
    fair, strict, three = plan.loads["low"]
    assert fair.policy.known is Known.NOTHING
    assert (strict.policy.common.guard, strict.policy.common.demote_late) == (2, True)
    assert strict.policy.queues["calls"].guard == 2
    assert three.policy == fair.policy
    assert three.scenario.groups[0].agents == 3


def test_hours_wrap_over_midnight_and_days_follow_one_another() -> None:
    text = """
opens: "20:00"
types: {a: {arrivals: [[1, 5], [3]], handle: 1m, plan: [{prefer: [{skill: x}]}]}}
groups: {night: {agents: 1, a: 1, hours: [["22:00-04:00"], ["20:00-24:00", "01:00-02:30"]]}}
"""
    day = read(text).loads[""][0].scenario
    assert day.types[0].arrivals == ((1 * SECOND, 5 * SECOND), (3 * SECOND,))
    assert day.types[0].steps[0].prefer == (Prefer(skill="x"),)
    assert day.groups[0].hours == (
        ((2 * HOUR, 8 * HOUR),),
        ((0, 4 * HOUR), (5 * HOUR, 6.5 * HOUR)),
    )


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("{}", ["types: at least one is needed", "groups: at least one is needed"]),
        ("days: 0\n" + SMALL, ["days"]),
        (SMALL.replace("handle: 60,", "handle: 60x,"), ["types.calls.handle: write a duration"]),
        (
            SMALL.replace("handle: 60,", "handle: 0,"),
            ["types.calls.handle: must be above 0 (line 3)"],
        ),
        (SMALL.replace("rate: 60,", ""), ["types.calls: give either a rate or arrivals (line 3)"]),
        (
            SMALL.replace("rate: 60", "arivals: []"),
            ["types.calls.arivals: is not known here (line 3)"],
        ),
        (
            SMALL.replace("calls: 1,", "cals: 1,"),
            ["groups.all.cals: is neither a type of work nor"],
        ),
        (SMALL.replace("calls: 1,", "calls: -1,"), ["groups.all.calls: expected a factor"]),
        (SMALL.replace("calls: 1,", "calls: true,"), ["groups.all.calls: expected a factor"]),
        (SMALL.replace("calls: 1,", ""), ["types.calls: no group serves it (line 3)"]),
        (SMALL.replace("agents: 2", "agents: two"), ["groups.all.agents: expected int, got str"]),
        (SMALL.replace("agents: 2", "hours: [9-17], agents: 2"), ["write hours as 09:00-17:30"]),
        (
            SMALL.replace("agents: 2", "hours: ['09:00-12:00', '11:00-12:30'], agents: 2"),
            ["groups.all.hours: these overlap"],
        ),
        (SMALL.replace("agents: 2", "primary: [x], agents: 2"), ["does not serve x (line 6)"]),
        (SMALL.replace("chats: {", "agents: {"), ["types.agents: agents is a word of groups"]),
        (SMALL.replace("warm_up: 0", "warm_up: 1h"), ["warm_up: the day is over before anybody"]),
        (SMALL + "load: 1\nloads: {a: 2}", ["load: give either load or loads (line 10)"]),
        (SMALL + "policy: {}\npolicies: {a: {}}", ["policy: give either policy or policies"]),
        (SMALL + "policies: {a: {order: lifo}}", ["policies.a.order: invalid enum value 'lifo'"]),
        (SMALL + "policies: {a: {queues: {x: {}}}}", ["policies.a.queues.x: there is no type x"]),
        (SMALL + "staffings: {a: {x: 3}}", ["staffings.a.x: there is no group x (line 10)"]),
        (
            SMALL.replace("target: 45", "plan: [{also_queues: [x]}]"),
            ["types.chats.plan[0].also_queues[0]: there is no type x (line 4)"],
        ),
        (
            SMALL.replace("target: 45", "profile: [1]"),
            ["types.chats.profile: has not as many slots"],
        ),
        (SMALL.replace("rate: 60,", "rate: 1000000,"), ["types: more than 1,000,000 customers"]),
        ("from: yesterday", ["from: "]),
    ],
)
def test_what_is_wrong_names_field_and_line(text: str, errors: list[str]) -> None:
    with pytest.raises(FileInvalid) as caught:
        read(text)
    said = str(caught.value)
    assert all(error in said for error in errors), said
    assert re.search(r"\(line \d+\)$", said)


def test_a_load_is_for_rates_only() -> None:
    text = "types: {a: {arrivals: [1], handle: 5}}\ngroups: {g: {agents: 1, a: 1}}\nload: 2"
    with pytest.raises(FileInvalid, match="load: is for rates"):
        read(text)


# ---------------------------------------------------------------- the report


def test_the_table_and_the_json_say_the_same() -> None:
    plan = read(SMALL + "policies: {first: {order: fifo}, second: {choice: longest_idle}}")
    results = study(plan.loads[""], 3, workers=1)
    found = Report("", results)
    lines = list(report.lines(found))
    assert lines[0].startswith("load 1: 3 days, work for")
    assert lines[1].split() == ["first", "second", "second", "-", "first"]
    (load,) = report.as_json([found])["loads"]
    assert (load["days"], load["factor"]) == (3, 1.0)
    figures = load["variants"][0]["figures"]
    level = figures["service_level"]
    (line,) = [line for line in lines if line.startswith("answered in time  ")]
    assert f"{level['mean'] * 100:.1f} ± {(level['high'] - level['mean']) * 100:.1f} %" in line
    assert {"abandoned/calls", "abandoned/chats"} <= figures.keys()
    assert (load["differences"][0]["from"], load["differences"][0]["to"]) == ("first", "second")
    assert set(load["differences"][0]["figures"]["j"]) == {"mean", "low", "high", "clear"}
    assert [line for line in lines if line.startswith("  calls")]


def test_better_and_worse_are_marked_only_beyond_chance() -> None:
    plan = read(SMALL.replace("days: 3", "staffings: {one: {all: 1}, two: {all: 2}}"))
    lines = list(report.lines(Report("", study(plan.loads[""], 8, workers=1))))
    (line,) = [line for line in lines if line.startswith("answered in time  ")]
    assert " %!" in line.replace(" !", "!")
    assert line.endswith("0.0 ± 0.0 %")
    (line,) = [line for line in lines if line.startswith("agents occupied")]
    assert "!" not in line


def test_nobody_there_is_no_number() -> None:
    plan = read(SMALL + "staffings: {none: {all: 0}}")
    results = study(plan.loads[""], 2, workers=1)
    (load,) = report.as_json([Report("", results)])["loads"]
    there, none = load["variants"]
    assert there["demand"] == pytest.approx((60 * 60 + 30 * 90) / 3600 / 2)
    assert none["demand"] is None
    assert none["figures"]["service_level"]["mean"] == 0
    assert "asa" not in none["figures"]
    assert "asa" not in load["differences"][0]["figures"]


# ---------------------------------------------------------------- the command


def test_the_command_prints_a_table_and_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DATA", str(tmp_path / "data"))
    file = tmp_path / "day.yaml"
    file.write_text(SMALL)
    assert main(["simulate", str(file)]) == 0
    assert "answered in time" in capsys.readouterr().out
    assert main(["simulate", str(file), "--days", "2", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["loads"][0]["days"] == 2
    assert main(["simulate", str(file), "--days", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert not (tmp_path / "data").exists()  # a file needs no store


def test_two_files_are_compared_on_the_same_customers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DATA", str(tmp_path / "data"))
    now, then = tmp_path / "now.yaml", tmp_path / "then.yaml"
    now.write_text(SMALL)
    then.write_text(SMALL.replace("agents: 2", "agents: 4") + "seed: 9")
    assert main(["simulate", str(now), "--against", str(then), "--json"]) == 0
    (load,) = json.loads(capsys.readouterr().out)["loads"]
    assert [one["name"] for one in load["variants"]] == ["now", "then"]
    (difference,) = load["differences"]
    assert difference["figures"]["offered"] == {"mean": 0, "low": 0, "high": 0, "clear": False}
    assert difference["figures"]["service_level"]["low"] > 0


def test_a_wrong_file_is_refused_with_its_name_field_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DATA", str(tmp_path / "data"))
    file = tmp_path / "day.yaml"
    file.write_text(SMALL.replace("rate: 60", "rate: much"))
    assert main(["simulate", str(file)]) == 1
    said = capsys.readouterr().err
    assert f"{file}: types.calls.rate: expected float" in said
    assert "(line 3)" in said
    assert main(["simulate", str(tmp_path / "none.yaml")]) == 1
    assert "No such file" in capsys.readouterr().err


# ---------------------------------------------------------------- the hub's own past

NOW = 1_700_000_000 * SECOND  # 2023-11-14, 22:13 UTC
DAY = 24 * HOUR
MIDNIGHT = NOW // DAY * DAY


async def _past(db: Database) -> Desk:
    """Yesterday and the day before: Ann there 9 to 17, and on the second day Bo from 10 to 12."""
    desk = await Desk.made(db)
    for back, answered in ((2, (60, 180)), (1, (120,))):
        for number, took in enumerate(answered):
            at = MIDNIGHT - back * DAY + 9 * HOUR + number * MINUTE
            id = await desk.turn(
                "sales", at=at, state="completed", agent="Ann", ended=took * SECOND
            )
            await db.write(_assigned, id)
    await desk.turn("sales", at=MIDNIGHT - DAY + 10 * HOUR, state="abandoned", ended=40 * SECOND)
    await desk.turn("sales", at=MIDNIGHT - DAY, state="cancelled", ended=1)
    await desk.turn("sales", at=MIDNIGHT - 9 * DAY, state="completed", ended=1)
    for agent, presence, at in (
        ("Ann", "available", -2 * DAY + 9 * HOUR),
        ("Ann", "away", -2 * DAY + 12 * HOUR),
        ("Ann", "available", -2 * DAY + 13 * HOUR),
        ("Ann", "offline", -2 * DAY + 17 * HOUR + 30 * SECOND),
        ("Bo", "available", -1 * DAY + 10 * HOUR),
        ("Bo", "offline", -1 * DAY + 12 * HOUR),
        ("Ann", "available", -1 * DAY + 23 * HOUR),
    ):
        await db.write(_logged, desk.agents[agent], presence, MIDNIGHT + at)
    return desk


def _assigned(tx: Tx, id: int) -> None:
    tx.run("UPDATE work_item SET assigned_at = entered_at + 10000000 WHERE id = :id", id=id)


def _logged(tx: Tx, agent: int, presence: str, at: int) -> None:
    tx.run(
        "INSERT INTO agent_state_log (agent, presence, at) VALUES (:a, :p, :at)",
        a=agent,
        p=presence,
        at=at,
    )


async def test_the_past_as_a_scenario(db: Database) -> None:
    await _past(db)
    found = await history.recorded(db, days=2, zone="UTC", now=NOW)
    sales: dict[str, Any] = found["types"]["sales"]
    assert list(found["types"]) == ["sales"]
    assert sales["arrivals"] == [[9 * 3600.0, 9 * 3600.0 + 60], [9 * 3600.0, 10 * 3600.0]]
    assert sales["handle"]["mean"] == pytest.approx((50 + 170 + 110) / 3)
    assert sales["handle"]["cv"] == pytest.approx(0.4454, abs=1e-4)
    assert sales["patience"] == pytest.approx(3 * 10 + 40)  # all waits over one who gave up
    assert found["groups"]["Ann"]["hours"] == [["09:00-12:00", "13:00-17:01"], ["23:00-24:00"]]
    assert found["groups"]["Bo"]["hours"] == [[], ["10:00-12:00"]]
    assert (sales["kind"], sales["units"]) == ("webchat", 30)
    assert found == await history.recorded(db, days=5, zone="UTC", now=NOW)  # nobody used it yet
    plan = variants.read(files.Loaded(found, {}))
    (result,) = study(plan.loads[""], plan.days, workers=1)
    assert [day["offered"] for day in result.days] == [2, 2]
    assert plan.days == 2


async def test_the_pace_that_is_known_of_an_agent_is_their_factor(db: Database) -> None:
    desk = await _past(db)

    def paced(tx: Tx) -> None:
        tx.run(
            "INSERT INTO agent_pace (agent, queue, permille, turns, at) VALUES (:a, :q, 850, 40, 0)",
            a=desk.agents["Ann"],
            q=desk.queues["sales"],
        )

    await db.write(paced)
    found = await history.recorded(db, days=2, zone="UTC", now=NOW)
    assert found["groups"]["Ann"]["sales"] == 0.85
    assert found["groups"]["Bo"]["sales"] == 1.0


async def test_no_past_is_said(db: Database) -> None:
    await Desk.made(db)
    with pytest.raises(history.HistoryRefused, match="nothing came"):
        await history.recorded(db, days=2, zone="UTC", now=NOW)
    with pytest.raises(history.HistoryRefused, match="not a time zone"):
        await history.recorded(db, days=2, zone="Mars", now=NOW)
    with pytest.raises(history.HistoryRefused, match="from 1 to 366"):
        await history.recorded(db, days=1000, zone="UTC", now=NOW)


def test_days_are_the_zones_whatever_their_length() -> None:
    after_the_change = 1_711_900_000 * SECOND  # 2024-03-31, a day of 23 hours in Berlin
    days = history.whole_days(after_the_change + DAY, 2, ZoneInfo("Europe/Berlin"))
    assert [ends - begins for begins, ends in days] == [24 * HOUR, 23 * HOUR]
    assert days[0][1] == days[1][0]


def test_the_command_reads_the_past_from_the_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DATA", str(tmp_path / "data"))
    assert main(["simulate", str(SHIPPED / "own-history.yaml")]) == 1
    assert "in the last 28 days nothing came" in capsys.readouterr().err
    assert main(["simulate", str(SHIPPED / "own-history.yaml"), "--days", "5"]) == 1
    assert "in the last 5 days nothing came" in capsys.readouterr().err
