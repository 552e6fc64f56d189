"""Turns that go on elsewhere: out of wrap-up, to somebody absent, after a snooze. Nothing strands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub import absence, actions
from hub.actions import NotPossible
from routing.plan import Need, Plan, Step
from storage import work_items
from tests.hub.routing_desk import apply, at, settled, sound, work_item
from tests.hub.running import SECOND

if TYPE_CHECKING:
    from storage.db import Row
    from tests.hub.running import Running

HOUR = 3600 * SECOND
WRAPPING = 'queues: [{name: pushed, modes: {"*": push}, wrap_up: 1h}]\n'
SKILLED = """
skills: [{name: french}]
agents:
  - {email: one@acme.example, name: One, queues: [general, pushed, asked], skills: {french: 2}}
rules:
  - id: steps
    when: {field: text, contains: bonjour}
    then: {queue: pushed, weight: 3, mode: pull}
    plan:
      - {require: [{skill: french, min: 5}], for: 5m}
      - {require: [{skill: french, min: 3}]}
"""


async def _wrapping(hub: Running) -> Row:
    """What One has resolved and writes up."""
    await apply(hub, WRAPPING)
    await hub.come("one")
    await hub.sms("push")
    item = await hub.until_item((await hub.conversation()).id, "active")
    await hub.do(actions.resolve, item["conversation"], desk=hub.hub.desk)
    assert (await work_item(hub, item["id"]))["state"] == "wrapping"
    return item


async def test_what_is_written_up_never_waits_again(hub: Running) -> None:
    item = await _wrapping(hub)
    matter, asked = item["conversation"], hub.queue("asked")
    with pytest.raises(NotPossible, match="closed"):
        await hub.do(actions.transfer_to_agent, matter, hub.agents["two"].id, text="")
    await hub.do(actions.transfer_to_queue, matter, asked, desk=hub.hub.desk, text="")
    await settled(hub)
    assert (await work_item(hub, item["id"]))["state"] == "completed"
    found = await hub.conversation()
    assert (found.status, found.work_item) == ("resolved", None)
    assert found.queue is not None
    assert found.queue.id == asked
    await sound(hub)


async def test_whoever_reopens_what_is_written_up_gets_its_next_turn_at_once(hub: Running) -> None:
    item = await _wrapping(hub)
    await hub.come("two")
    await hub.do(actions.reopen, item["conversation"], desk=hub.hub.desk, by="two")
    assert (await work_item(hub, item["id"]))["state"] == "completed"
    await hub.sms("and another thing")
    row = await hub.until_item(item["conversation"], "active")
    assert (row["id"], row["agent"]) == (item["id"] + 1, hub.agents["two"].id)
    await sound(hub)


async def test_who_goes_while_writing_up_leaves_nothing_to_others(hub: Running) -> None:
    item = await _wrapping(hub)
    await hub.come("one", presence="offline")
    await hub.come("two")
    now = hub.hub.clock()
    await hub.write(
        absence.release,
        hub.agents["one"].id,
        {item["channel"]},
        hub.hub.desk,
        now=now,
    )
    await settled(hub)
    row = await work_item(hub, item["id"])
    assert (row["state"], row["agent"]) == ("completed", hub.agents["one"].id)
    await sound(hub)


async def test_what_is_handed_to_somebody_absent_does_not_stay_there(hub: Running) -> None:
    await hub.come("one", "two")
    await hub.come("two", presence="offline")
    now = hub.hub.clock()
    await at(hub, now + 25 * HOUR)  # their time is over before it comes to them
    await hub.come("one", presence="away")
    await hub.come("one")
    await hub.sms("push")
    item = await hub.until_item((await hub.conversation()).id, "active")
    two = hub.agents["two"].id
    await hub.do(actions.transfer_to_agent, item["conversation"], two, text="")
    assert (await work_item(hub, item["id"]))["agent"] == two
    await at(hub, now + 51 * HOUR)
    row = await hub.until_item(item["conversation"], "active")
    assert row["agent"] == hub.agents["one"].id
    assert row["order_key"] == item["order_key"]
    await sound(hub)


async def test_nobody_who_works_here_no_more_is_handed_anything(hub: Running) -> None:
    await hub.sms("push")
    two = hub.agents["two"].id
    await hub.write(lambda tx: tx.run("UPDATE agent SET active = FALSE WHERE id = :id", id=two))
    with pytest.raises(LookupError):
        await hub.do(actions.transfer_to_agent, (await hub.conversation()).id, two, text="")


async def test_a_snoozed_turn_asks_for_the_same_people_again(hub: Running) -> None:
    await apply(hub, SKILLED)
    await hub.come("one")
    await hub.sms("bonjour")
    await settled(hub)
    before = await hub.item((await hub.conversation()).id)
    now = hub.hub.clock()
    await at(hub, now + 301 * SECOND)
    await hub.do(actions.snooze, before["conversation"], now + HOUR)
    await at(hub, now + HOUR)
    await settled(hub)
    after = await hub.item(before["conversation"])
    assert (after["state"], after["mode"], after["weight"], after["order_key"]) == (
        "queued", "pull", 300, before["order_key"],
    )  # fmt: skip
    assert work_items.plan_of(after) == Plan((Step(require=(Need("french", 3),)),))
    await hub.do(actions.snooze, before["conversation"], now + 2 * HOUR)
    elsewhere = hub.queue("asked")
    await hub.do(
        actions.transfer_to_queue, before["conversation"], elsewhere, desk=hub.hub.desk, text=""
    )
    await at(hub, now + 2 * HOUR)
    await settled(hub)
    moved = await hub.item(before["conversation"])
    assert (moved["queue"], work_items.plan_of(moved)) == (elsewhere, Plan())
    assert moved["mode"] == "ask"
    await sound(hub)


OFFICE = """
calendars:
  - {name: office, zone: Europe/Berlin, week: {mon: ["09:00-17:00"], fri: ["09:00-17:00"]}}
queues: [{name: pushed, modes: {"*": push}, calendar: office}]
rules:
  - id: later
    when: {field: text, contains: someday}
    then: {queue: pushed, priority: -1h}
  - {id: call, when: {field: text, contains: call}, then: {queue: pushed, deflect: {to: callback}}}
"""
FRIDAY = 1_785_510_000 * SECOND  # 2026-07-31 15:00 UTC: 17:00 in Berlin


async def test_an_owner_keeps_mail_and_messages_for_a_working_day(hub: Running) -> None:
    await apply(hub, OFFICE)
    await at(hub, FRIDAY - HOUR)
    hub.hub.intake.now = hub.hub.clock
    await hub.come("one")
    await hub.sms("push")
    item = await hub.until_item((await hub.conversation()).id, "active")
    await at(hub, FRIDAY)
    await hub.come("one", presence="offline")
    await at(hub, FRIDAY + 24 * HOUR)
    assert (await work_item(hub, item["id"]))["state"] == "active"
    await at(hub, FRIDAY + 72 * HOUR - SECOND)  # Monday, just before five
    assert (await hub.conversation()).agent is not None
    await at(hub, FRIDAY + 72 * HOUR)
    row = await work_item(hub, item["id"])
    assert (row["state"], row["preferred_agent"]) == ("queued", hub.agents["one"].id)
    assert (await hub.conversation()).agent is None
    await sound(hub)


async def test_a_rule_puts_back_too_and_a_person_is_not_overruled(hub: Running) -> None:
    await apply(hub, OFFICE)
    await hub.sms("someday")
    item = await hub.item((await hub.conversation()).id)
    assert item["order_key"] == item["entered_at"] + HOUR
    now = hub.hub.clock()
    await hub.do(actions.snooze, item["conversation"], now + HOUR)
    await hub.sms("and another word")
    again = await hub.item(item["conversation"])
    assert (again["state"], again["order_key"]) == ("queued", item["order_key"])


async def test_a_callback_waits_on_where_it_is_closed_meanwhile(hub: Running) -> None:
    await apply(hub, OFFICE)
    await at(hub, FRIDAY + HOUR)
    hub.hub.intake.now = hub.hub.clock
    await hub.sms("call me")
    monday = FRIDAY + 64 * HOUR
    item = await hub.item((await hub.conversation()).id)
    assert (item["state"], item["deferred_until"]) == ("deferred", monday)
    closed = OFFICE.split("queues:", maxsplit=1)[0].replace('mon: ["09:00-17:00"], ', "")
    await hub.office.run("apply", text=closed)
    await at(hub, monday)
    row = await work_item(hub, item["id"])
    assert (row["state"], row["deferred_until"]) == ("deferred", monday + 96 * HOUR)
    await at(hub, monday + 96 * HOUR)
    row = await work_item(hub, item["id"])
    assert (row["state"], row["order_key"]) == ("queued", item["order_key"])


async def test_what_was_to_be_pulled_is_not_overlooked_elsewhere(hub: Running) -> None:
    await apply(
        hub,
        "queues: [{name: plain}]\n"
        "agents: [{email: two@acme.example, name: Two, queues: [general, plain]}]\n",
    )
    await hub.come("two")
    await hub.sms("hello")
    item = await hub.item((await hub.conversation()).id)
    assert item["mode"] == "pull"
    plain = hub.queue("plain")
    await hub.do(actions.transfer_to_queue, item["conversation"], plain, desk=hub.hub.desk, text="")
    row = await hub.until_item(item["conversation"], "active")
    assert (row["mode"], row["agent"]) == ("push", hub.agents["two"].id)
