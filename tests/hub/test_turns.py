"""Steps, overflow, deflection and deferral in a running hub: time moves, the place in line does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub import actions
from routing.rules.outcome import MAX_HOPS
from tests.hub.routing_desk import apply, at, log, settled, sound, work_item
from tests.hub.running import SECOND

if TYPE_CHECKING:
    from storage.db import Row
    from tests.hub.running import Running

SKILLED = """
skills: [{name: french, title: {en: French, fa: فرانسوی}}, {name: law}]
agents:
  - {email: one@acme.example, name: One, queues: [general, pushed, asked], skills: {french: 2}}
  - {email: two@acme.example, name: Two, queues: [general, pushed, asked], skills: {french: 4}}
rules:
  - id: steps
    when: {field: text, contains: bonjour}
    then: {queue: pushed}
    plan:
      - {require: [{skill: french, min: 4}], for: 15s}
      - {require: [{skill: french, min: 2}], for: 30s}
      - {also_queues: [secret]}
"""


async def _waits(hub: Running, text: str = "bonjour") -> Row:
    """A message whose turn waits; its work item."""
    await hub.sms(text)
    await settled(hub)
    found = await hub.item((await hub.conversations())[-1].id)
    assert found["state"] == "queued"
    return found


async def test_a_step_that_is_over_asks_for_less_and_keeps_the_place(hub: Running) -> None:
    await apply(hub, SKILLED)
    await hub.come("one")
    item = await _waits(hub)
    shown = (await hub.conversation()).work_item
    assert shown is not None
    assert (shown.step, shown.steps) == (1, 3)
    standing = hub.hub.router.standing(item["id"])
    assert standing is not None
    assert standing["kept_out"]["no_skill"] >= 1  # type: ignore[index]
    now = item["entered_at"]
    await at(hub, now + 14 * SECOND)
    await settled(hub)
    assert (await work_item(hub, item["id"]))["step"] == 0
    await at(hub, now + 15 * SECOND)
    row = await hub.until_item(item["conversation"], "active")
    assert row["agent"] == hub.agents["one"].id
    assert (row["step"], row["order_key"]) == (1, item["order_key"])
    assert await log(hub, item["id"], "step") == [{"what": "step", "step": 1, "before": 0}]
    await sound(hub)


async def test_the_last_step_lets_agents_of_other_queues_in(hub: Running) -> None:
    await apply(hub, SKILLED)
    await hub.come("three")  # of secret alone
    item = await _waits(hub)
    await at(hub, item["entered_at"] + 15 * SECOND)
    await at(hub, item["entered_at"] + 44 * SECOND)
    await settled(hub)
    assert (await work_item(hub, item["id"]))["step"] == 1
    await at(hub, item["entered_at"] + 45 * SECOND)
    row = await hub.until_item(item["conversation"], "active")
    assert (row["agent"], row["queue"]) == (hub.agents["three"].id, hub.queue("pushed"))
    await sound(hub)


async def test_a_step_goes_on_while_an_offer_stands(hub: Running) -> None:
    await apply(hub, SKILLED.replace("{queue: pushed}", "{queue: asked}"))
    await hub.come("two")
    await hub.sms("bonjour")
    item = await hub.until_item((await hub.conversation()).id, "offered")
    await at(hub, item["entered_at"] + 16 * SECOND)
    after = await work_item(hub, item["id"])
    assert (after["state"], after["step"]) == ("offered", 1)
    await sound(hub)


OVERFLOWING = """
queues:
  - {name: front, modes: {"*": push}}
  - {name: back, modes: {"*": pull}}
rules:
  - id: timed
    when: {field: text, contains: timed}
    then: {queue: front}
    plan: [{for: 20s}, {overflow: back}]
  - id: lawyer
    when: {field: text, contains: lawyer}
    then: {queue: front}
    plan: [{require: [{skill: law, min: 3}]}, {overflow: back}]
"""


async def test_what_outlives_its_steps_overflows_with_its_key(hub: Running) -> None:
    two = "agents: [{email: two@acme.example, name: Two, queues: [front]}]\n"
    await apply(hub, "skills: [{name: law}]" + OVERFLOWING + two)
    await hub.come("two", presence="away")  # logged on: they could serve it, later
    item = await _waits(hub, "timed")
    await at(hub, item["entered_at"] + 20 * SECOND)
    after = await work_item(hub, item["id"])
    assert after["queue"] == hub.queue("back")
    assert (after["state"], after["mode"], after["order_key"], after["hops"]) == (
        "queued", "pull", item["order_key"], 1,
    )  # fmt: skip
    assert (await hub.conversation()).queue.id == hub.queue("back")  # type: ignore[union-attr]
    (line,) = await log(hub, item["id"], "overflow")
    assert line["cause"] == "steps over"
    await sound(hub)


async def test_what_nobody_logged_on_can_serve_overflows_at_once(hub: Running) -> None:
    text = "skills: [{name: law}]" + OVERFLOWING + (
        "agents:\n  - {email: one@acme.example, name: One, queues: [front], skills: {law: 2}}\n"
        "  - {email: two@acme.example, name: Two, queues: [front], skills: {law: 3}}\n"
    )  # fmt: skip
    await apply(hub, text)
    await hub.come("one")
    await hub.sms("lawyer")

    async def moved() -> bool:
        item = await hub.item((await hub.conversation()).id)
        return bool(item["queue"] == hub.queue("back"))

    await hub.until(moved)
    await hub.come("two")
    await hub.sms("lawyer", sender="+12025550133")
    served = await hub.until_item((await hub.conversations())[-1].id, "active")
    assert served["agent"] == hub.agents["two"].id
    # whoever can do it goes: what waits then goes too
    await hub.come("two", presence="away")
    await hub.sms("lawyer", sender="+12025550144")
    await settled(hub)
    waits = await hub.item((await hub.conversations())[-1].id)
    assert waits["queue"] == hub.queue("front")  # they are logged on, and will be back
    await hub.come("two", presence="offline")
    await hub.until(lambda: _in(hub, waits["id"], "back"))
    await sound(hub)


async def _in(hub: Running, item: int, queue: str) -> bool:
    return bool((await work_item(hub, item))["queue"] == hub.queue(queue))


NOBODY = """
queues:
  - {{name: lonely, modes: {{"*": {mode}}}, when_nobody: {what}, overflow: general}}
rules:
  - {{id: lonely, when: {{field: text, contains: lonely}}, then: {{queue: lonely}}}}
"""


@pytest.mark.parametrize(
    ("what", "mode", "then"),
    [
        ("hold", "ask", ("lonely", "ask")),
        ("overflow", "ask", ("general", "pull")),
        ("message", "ask", ("lonely", "push")),
        ("message", "push", ("lonely", "push")),
    ],
)
async def test_a_queue_says_what_happens_when_nobody_is_there(
    hub: Running, what: str, mode: str, then: tuple[str, str]
) -> None:
    await apply(hub, NOBODY.format(mode=mode, what=what))
    await hub.sms("lonely")
    await settled(hub)
    item = await hub.item((await hub.conversation()).id)
    name = await hub.value("SELECT name FROM queue WHERE id = :id", id=item["queue"])
    assert (name, item["mode"], item["state"]) == (*then, "queued")
    await sound(hub)


async def test_moves_by_queues_end_after_five_and_say_so(hub: Running) -> None:
    await apply(
        hub,
        """
queues:
  - {name: ping, modes: {"*": push}, when_nobody: overflow, overflow: pong}
  - {name: pong, modes: {"*": push}, when_nobody: overflow, overflow: ping}
rules:
  - {id: ping, when: {field: text, contains: ping}, then: {queue: ping}}
""",
    )
    await hub.sms("ping")
    id = (await hub.item((await hub.conversation()).id))["id"]

    async def stays() -> bool:
        return any("stays" in line for line in await log(hub, id, "overflow"))

    await hub.until(stays)
    await settled(hub)
    row = await work_item(hub, id)
    lines = await log(hub, id, "overflow")
    assert (row["state"], row["hops"]) == ("queued", MAX_HOPS)
    assert [line.get("stays", False) for line in lines] == [False] * MAX_HOPS + [True]
    await sound(hub)


# ---------------------------------------------------------------- another way, another time


async def test_a_rule_makes_it_a_message(hub: Running) -> None:
    await apply(
        hub,
        """
rules:
  - {id: later, when: {field: text, contains: later},
     then: {queue: asked, deflect: {to: message}}}
""",
    )
    await hub.sms("later")
    row = await hub.item((await hub.conversation()).id)
    assert (row["mode"], row["units"], row["state"]) == ("push", 15, "queued")


CLOSED = """
calendars:
  - {name: never-now, zone: UTC, week: {}, exceptions: [{day: 2999-01-02, open: ["09:00-17:00"]}]}
  - {name: always, zone: UTC, week: {mon: ["00:00-24:00"], tue: ["00:00-24:00"],
     wed: ["00:00-24:00"], thu: ["00:00-24:00"], fri: ["00:00-24:00"], sat: ["00:00-24:00"],
     sun: ["00:00-24:00"]}}
queues:
  - {name: office, modes: {"*": ask}, calendar: CALENDAR}
rules:
  - {id: office, when: {field: text, contains: office},
     then: {queue: office, deflect: {to: callback, at: next_open}}}
"""


async def test_a_callback_waits_until_it_opens_and_keeps_its_place(hub: Running) -> None:
    await apply(hub, CLOSED.replace("CALENDAR", "always"))
    await hub.sms("office", sender="+12025550133")
    assert (await hub.item((await hub.conversation()).id))["state"] == "queued"
    now = hub.hub.clock()
    await hub.sms("office")
    found = (await hub.conversations())[-1]
    item = await hub.item(found.id)
    await hub.write(
        lambda tx: tx.run(
            "UPDATE work_item SET state = 'deferred', deferred_until = :t WHERE id = :id",
            t=now + 3600 * SECOND, id=item["id"],
        )
    )  # fmt: skip
    await at(hub, now + 3599 * SECOND)
    assert (await work_item(hub, item["id"]))["state"] == "deferred"
    await at(hub, now + 3600 * SECOND)
    after = await work_item(hub, item["id"])
    assert (after["state"], after["order_key"], after["mode"]) == (
        "queued", item["order_key"], "push",
    )  # fmt: skip
    await sound(hub)


async def test_a_taken_deferral_is_not_given_out_again(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("hello")
    item = await hub.item((await hub.conversation()).id)
    now = hub.hub.clock()
    await hub.write(
        lambda tx: tx.run(
            "UPDATE work_item SET state = 'deferred', deferred_until = :t WHERE id = :id",
            t=now + SECOND, id=item["id"],
        )
    )  # fmt: skip
    await hub.do(actions.take, item["conversation"])
    await at(hub, now + 2 * SECOND)
    assert (await work_item(hub, item["id"]))["state"] == "active"
    await sound(hub)
