"""Routing in a running hub: who gets what, when, and that the store and the counters agree."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from hub import absence, actions, clock, observe, offering, timers
from hub.actions import NotPossible
from hub.router import Router
from storage import agents, claims, skills, views, work_items
from storage.errors import ClaimLost
from tests.hub.routing_desk import at, settled, sound
from tests.hub.routing_desk import offer as an_offer
from tests.hub.running import ALL, SECOND

if TYPE_CHECKING:
    from storage.tx import Tx
    from tests.hub.running import Running

LIVE = ("queued", "offered", "active", "held", "deferred", "wrapping")


def _later(by: int) -> int:
    return clock.now() + by


def _name(hub: Running, agent: int) -> str:
    return next(name for name, view in hub.agents.items() if view.id == agent)


def _other(name: str) -> str:
    return {"one": "two", "two": "one"}[name]


# ---------------------------------------------------------------- push


async def test_push_goes_to_the_longest_idle_in_turn(hub: Running) -> None:
    await hub.come("two")
    await hub.come("one")
    for number in range(6):
        await hub.sms("push", sender=f"+1202555010{number}")
        found = (await hub.conversations())[-1]
        await hub.until_item(found.id, "active")
    owners = [one.agent.name for one in await hub.conversations() if one.agent]
    assert owners == ["Two", "One", "Two", "One", "Two", "One"]
    await sound(hub)


async def test_push_stays_within_capacity_and_goes_on_when_there_is_room(hub: Running) -> None:
    await hub.come("one")
    for number in range(8):  # 15 units each, of 100
        await hub.sms("push", sender=f"+1202555010{number}")

    async def six() -> bool:
        return await hub.value("SELECT COUNT(*) FROM work_item WHERE state = 'active'") == 6

    await hub.until(six)
    await settled(hub)
    assert await six()
    assert await hub.value("SELECT used FROM agent WHERE id = :i", i=hub.agents["one"].id) == 90
    first = (await hub.conversations())[0]
    await hub.reply(first.id, "done")
    seventh = (await hub.conversations())[6]
    await hub.until_item(seventh.id, "active")
    assert (await hub.item((await hub.conversations())[7].id))["state"] == "queued"
    await sound(hub)


async def test_a_coming_agent_is_a_matching_event(hub: Running) -> None:
    await hub.sms("push")
    found = await hub.conversation()
    await settled(hub)
    assert (await hub.item(found.id))["state"] == "queued"
    assert hub.hub.router.standing((await hub.item(found.id))["id"]) is not None
    await hub.come("one")
    row = await hub.until_item(found.id, "active")
    assert row["agent"] == hub.agents["one"].id
    assert (await hub.conversation()).agent is not None


async def test_who_had_more_to_do_than_colleagues_alike_comes_after_them(hub: Running) -> None:
    router, queue = hub.hub.router, hub.queue("pushed")
    paces = [(hub.agents["one"].id, queue, 800, 40), (hub.agents["two"].id, queue, 1200, 40)]
    await hub.write(skills.save_pace, paces, now=hub.hub.clock())
    await hub.come("one", "two")
    for number, late in enumerate((0, 0, 2 * 3600 * SECOND)):
        router.now = partial(_later, late)
        if late:
            router.review()
        await hub.sms("push", sender=f"+1202555010{number}")
        found = (await hub.conversations())[-1]
        await hub.until_item(found.id, "active")
        await settled(hub)
    owners = [one.agent.name for one in await hub.conversations() if one.agent]
    assert owners == ["One", "One", "Two"]
    await sound(hub)


# ---------------------------------------------------------------- ask


async def test_an_offer_is_made_accepted_and_owned(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("ask")
    offer = await an_offer(hub)
    assert offer.agent == hub.agents["one"].id
    assert (offer.expires_at - offer.made_at).total_seconds() == 30
    assert offer.why.candidates == 1
    assert offer.why.words["en"][0] == "You were the only one who was free."
    assert (await hub.conversation()).agent is None
    await hub.write(offering.accept, offer.id, offer.agent, now=hub.hub.clock())
    found = await hub.conversation()
    assert found.agent is not None
    assert found.agent.id == offer.agent
    with pytest.raises(ClaimLost):
        await hub.write(offering.accept, offer.id, offer.agent, now=hub.hub.clock())
    await sound(hub)


async def test_only_the_one_it_was_made_to_may_answer_anoffer(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("ask")
    offer = await an_offer(hub)
    other = hub.agents["two"].id
    with pytest.raises(ClaimLost):
        await hub.write(offering.accept, offer.id, other, now=1)
    with pytest.raises(ClaimLost):
        await hub.write(offering.decline, offer.id, other, "", now=1)
    assert (await hub.item(offer.conversation))["state"] == "offered"


async def test_a_declined_item_goes_to_the_next_with_its_old_key(hub: Running) -> None:
    await hub.come("one", "two")
    await hub.sms("ask")
    first = await an_offer(hub)
    before = await hub.item(first.conversation)
    decliner = _name(hub, first.agent)
    await hub.write(offering.decline, first.id, first.agent, "busy", now=hub.hub.clock())
    second = await an_offer(hub, _other(decliner))
    after = await hub.item(first.conversation)
    assert after["order_key"] == before["order_key"]
    assert after["agent"] != before["agent"]
    # both declined: exclusions are void once nobody is left, but not at once
    now = hub.hub.clock()
    await hub.write(offering.decline, second.id, second.agent, "", now=now)
    await settled(hub)
    assert not await hub.read(views.offers, hub.agents["one"].id)
    assert not await hub.read(views.offers, hub.agents["two"].id)
    await at(hub, now + offering.COOL_DOWN)
    third = await an_offer(hub)
    assert third.id not in (first.id, second.id)
    await sound(hub)


async def test_two_missed_offers_set_an_agent_to_away(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("ask")
    first = await an_offer(hub)
    await at(hub, views.micros(first.expires_at) + 1)
    second = await an_offer(hub)
    assert second.id != first.id
    row = (await hub.read(views.agents, hub.agents["one"].id))[0]
    assert row.presence == "available"
    await at(hub, views.micros(second.expires_at) + 1)
    (row,) = await hub.read(views.agents, hub.agents["one"].id)
    assert (row.presence, row.reason) == ("away", "missed")
    await settled(hub)
    assert (await hub.item(first.conversation))["state"] == "queued"
    await sound(hub)


async def test_missed_pushes_set_nobody_to_away_and_an_answer_forgets_misses(
    hub: Running,
) -> None:
    await hub.come("one")
    await hub.sms("ask", sender="+12025550111")
    first = await an_offer(hub)
    await at(hub, views.micros(first.expires_at) + 1)
    second = await an_offer(hub)
    await hub.write(offering.accept, second.id, second.agent, now=hub.hub.clock())
    await hub.sms("ask", sender="+12025550122")
    third = await an_offer(hub)
    await at(hub, views.micros(third.expires_at) + 1)
    (row,) = await hub.read(views.agents, hub.agents["one"].id)
    assert row.presence == "available"


async def test_going_away_withdraws_theoffer(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("ask")
    offer = await an_offer(hub)
    await hub.come("one", presence="away")
    row = await hub.until_item(offer.conversation, "queued")
    assert work_items.excluded(row) == frozenset()  # nobody declined
    (agent,) = await hub.read(views.agents, hub.agents["one"].id)
    assert agent.used == 0
    await hub.come("one")
    assert (await an_offer(hub)).id != offer.id
    await sound(hub)


async def test_a_lost_lease_takes_the_agent_away_and_gives_the_offer_back(hub: Running) -> None:
    now = hub.hub.clock()
    one = hub.agents["one"].id
    await hub.write(
        offering.set_presence, one, "available", "", lease_until=now + 60 * SECOND, now=now
    )
    await hub.sms("ask")
    offer = await an_offer(hub)
    hub.hub.timers.now = lambda: now + 20 * SECOND
    await hub.hub.timers._due()
    assert (await hub.item(offer.conversation))["state"] == "offered"
    await hub.write(lambda tx: tx.run("UPDATE offer SET expires_at = :t", t=now + 600 * SECOND))
    await at(hub, now + 61 * SECOND)
    (row,) = await hub.read(views.agents, one)
    assert (row.presence, row.reason) == ("offline", "lost")
    assert (await hub.item(offer.conversation))["state"] == "queued"
    await sound(hub)


# ---------------------------------------------------------------- pull, take, owners


async def test_pull_waits_until_somebody_takes_it(hub: Running) -> None:
    await hub.come("one", "two")
    await hub.sms("hello")
    found = await hub.conversation()
    await settled(hub)
    assert (await hub.item(found.id))["state"] == "queued"
    await hub.do(actions.take, found.id, by="two")
    assert (await hub.item(found.id))["agent"] == hub.agents["two"].id
    with pytest.raises(NotPossible):
        await hub.do(actions.take, found.id, by="one")
    await sound(hub)


async def test_a_taken_offer_is_withdrawn_from_the_other(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("ask")
    offer = await an_offer(hub)
    await hub.do(actions.take, offer.conversation, by="two")
    assert await hub.read(views.offers, hub.agents["one"].id) == []
    with pytest.raises(ClaimLost):
        await hub.write(offering.accept, offer.id, offer.agent, now=1)
    await sound(hub)


@pytest.mark.parametrize("mode", ["push", "ask", "hello"])
async def test_a_present_owner_gets_new_turns_at_once(hub: Running, mode: str) -> None:
    await hub.come("one", "two")
    await hub.sms(f"{mode} me")
    found = await hub.conversation()
    await hub.do(actions.take, found.id) if mode != "push" else None
    row = await hub.until_item(found.id, "active")
    owner = _name(hub, row["agent"])
    await hub.reply(found.id, "and now?", by=owner)
    # full or not: it is theirs
    await hub.write(
        lambda tx: tx.run("UPDATE agent SET capacity = 1 WHERE id = :i", i=row["agent"])
    )
    await hub.sms(f"{mode} again")
    again = await hub.until_item(found.id, "active")
    assert again["id"] != row["id"]
    assert again["agent"] == row["agent"]
    assert await hub.value("SELECT COUNT(*) FROM offer WHERE work_item = :w", w=again["id"]) == 0
    await sound(hub)


async def test_an_absent_owners_turn_waits_with_them_as_preference(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("push")
    found = await hub.conversation()
    await hub.until_item(found.id, "active")
    await hub.reply(found.id, "bye")
    await hub.come("one", presence="away")
    await hub.sms("push again")
    row = await hub.item(found.id)
    assert (row["state"], row["preferred_agent"]) == ("queued", hub.agents["one"].id)
    await hub.come("two")
    row = await hub.until_item(found.id, "active")
    assert row["agent"] == hub.agents["two"].id


async def test_who_is_gone_too_long_loses_their_turns_but_not_their_place(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("push")
    found = await hub.conversation()
    row = await hub.until_item(found.id, "active")
    await hub.come("one", presence="away")
    await at(hub, hub.hub.clock() + 24 * 3600 * SECOND + SECOND)
    again = await hub.item(found.id)
    assert (again["state"], again["order_key"]) == ("queued", row["order_key"])
    assert (await hub.conversation()).agent is None
    await sound(hub)


async def test_who_comes_back_in_time_keeps_what_is_theirs(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("push")
    found = await hub.conversation()
    await hub.until_item(found.id, "active")
    await hub.come("one", presence="away")
    await hub.come("one")
    await at(hub, hub.hub.clock() + 25 * 3600 * SECOND)
    assert (await hub.item(found.id))["state"] == "active"


# ---------------------------------------------------------------- transfer, requeue


async def test_a_transfer_keeps_the_place_and_takes_the_queues_mode(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("push")
    found = await hub.conversation()
    before = await hub.until_item(found.id, "active")
    await hub.do(actions.transfer_to_queue, found.id, hub.queue("general"), by="one",
                 desk=hub.hub.desk, text="")  # fmt: skip
    after = await hub.item(found.id)
    assert (after["id"], after["order_key"]) == (before["id"], before["order_key"])
    assert (after["state"], after["mode"], after["agent"]) == ("queued", "pull", None)
    assert (await hub.conversation()).agent is None
    await hub.do(actions.transfer_to_agent, found.id, hub.agents["two"].id, by="one", text="")
    row = await hub.item(found.id)
    assert (row["state"], row["agent"]) == ("active", hub.agents["two"].id)
    await sound(hub)


async def test_an_open_matter_without_a_turn_waits_when_it_is_transferred(hub: Running) -> None:
    await hub.sms("hello")
    found = await hub.conversation()
    await hub.do(actions.resolve, found.id)
    await hub.do(actions.reopen, found.id, desk=hub.hub.desk)
    await hub.do(actions.transfer_to_queue, found.id, hub.queue("pushed"), by="one",
                 desk=hub.hub.desk, text="")  # fmt: skip
    assert (await hub.item(found.id))["state"] == "queued"
    await hub.come("two")
    row = await hub.until_item(found.id, "active")
    assert row["agent"] == hub.agents["two"].id
    await sound(hub)


async def test_a_snooze_comes_back_with_its_old_place(hub: Running) -> None:
    await hub.sms("hello")
    found = await hub.conversation()
    before = await hub.item(found.id)
    until = hub.hub.clock() + 3600 * SECOND
    await hub.do(actions.snooze, found.id, until)
    assert (await hub.conversation()).status == "snoozed"
    await at(hub, until + 1)
    after = await hub.item(found.id)
    assert (after["state"], after["order_key"]) == ("queued", before["order_key"])
    assert (await hub.conversation()).status == "open"
    await sound(hub)


async def test_a_snoozed_matter_nobody_owns_is_not_lost(hub: Running) -> None:
    await hub.sms("hello")
    found = await hub.conversation()
    await hub.do(actions.resolve, found.id)
    await hub.do(actions.reopen, found.id, desk=hub.hub.desk)
    await hub.do(actions.transfer_to_queue, found.id, hub.queue("general"), by="one",
                 desk=hub.hub.desk, text="")  # fmt: skip
    until = hub.hub.clock() + 3600 * SECOND
    await hub.do(actions.snooze, found.id, until)
    await at(hub, until + 1)
    assert (await hub.item(found.id))["state"] == "queued"


async def test_a_message_wakes_a_snoozed_matter(hub: Running) -> None:
    await hub.sms("hello")
    found = await hub.conversation()
    await hub.do(actions.snooze, found.id, hub.hub.clock() + 3600 * SECOND)
    await hub.sms("hurry")
    found = await hub.conversation()
    assert found.status == "open"
    assert found.work_item is not None
    await at(hub, hub.hub.clock() + 3601 * SECOND)
    assert (await hub.conversation()).work_item == found.work_item


# ---------------------------------------------------------------- when things break


async def test_lost_claims_give_item_and_units_back(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = claims.offer
    refused = 0

    def refuse(*args: Any, **kwargs: Any) -> int:
        nonlocal refused
        if refused < 3:
            refused += 1
            raise ClaimLost("somebody was faster")
        return offered(*args, **kwargs)

    monkeypatch.setattr(claims, "offer", refuse)
    await hub.come("one")
    await hub.sms("ask")
    offer = await an_offer(hub)
    assert refused == 3
    assert offer.agent == hub.agents["one"].id
    await sound(hub)


async def test_a_router_that_breaks_begins_anew_and_intake_never_notices(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.kept.AGAIN", 0.01)
    broken = asyncio.Event()
    step = Router._step

    async def breaking(router: Router) -> None:
        if not broken.is_set():
            broken.set()
            raise ZeroDivisionError("a mistake in the router")
        await step(router)

    monkeypatch.setattr(Router, "_step", breaking)
    await hub.come("one")
    await hub.sms("push")
    assert await hub.ledger() == {"stored": 1}
    await asyncio.wait_for(broken.wait(), 5)
    await hub.until_item((await hub.conversation()).id, "active")
    await sound(hub)


async def test_a_killed_router_leaves_items_waiting(hub: Running) -> None:
    (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "router"]
    task.cancel()
    await hub.come("one")
    for number in range(3):
        await hub.sms("push", sender=f"+1202555010{number}")
    assert await hub.ledger() == {"stored": 3}
    assert [one.work_item.state for one in await hub.conversations() if one.work_item] == [
        "queued"
    ] * 3
    await hub.reply((await hub.conversations())[0].id, "routing is not needed to answer")


async def test_a_timer_that_cannot_be_done_holds_nothing_up(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.sms("hello", sender="+12025550111")
    await hub.sms("hello", sender="+12025550122")
    first, second = await hub.conversations()
    wake = actions.wake

    def breaking(tx: Any, id: int, *args: Any, **kwargs: Any) -> None:
        if id == first.id:
            raise ZeroDivisionError("a mistake")
        wake(tx, id, *args, **kwargs)

    monkeypatch.setattr(actions, "wake", breaking)
    until = hub.hub.clock() + 3600 * SECOND
    await hub.do(actions.snooze, first.id, until)
    await hub.do(actions.snooze, second.id, until)
    await at(hub, until + 1)
    assert [one.status for one in await hub.conversations()] == ["snoozed", "open"]


async def test_the_sweep_counts_what_no_event_announced(hub: Running) -> None:
    await hub.sms("push")
    found = await hub.conversation()
    await settled(hub)
    router, before = hub.hub.router, _swept()
    router._sweep_at = inf  # only when this test says so
    await hub.write(
        lambda tx: tx.run("UPDATE work_item SET state = 'deferred'")
    )  # and says nothing
    await router._sweep()
    assert _swept() == before  # the feed may only be behind
    await router._sweep()
    assert _swept() == before + 1
    assert router.standing((await hub.item(found.id))["id"]) is None
    await hub.write(lambda tx: tx.run("UPDATE work_item SET state = 'queued'"))
    await router._sweep()
    await router._sweep()
    assert _swept() == before + 2
    await hub.come("one")
    await hub.until_item(found.id, "active")


async def test_counters_that_do_not_add_up_are_a_counted_alarm(hub: Running) -> None:
    await settled(hub)
    hub.hub.router._sweep_at = inf
    before = observe.BROKEN.labels("counters")._value.get()
    await hub.write(lambda tx: tx.run("UPDATE agent SET used = 15, soft = 5 WHERE id = 1"))
    await hub.hub.router._sweep()
    assert observe.BROKEN.labels("counters")._value.get() == before + 1
    assert await hub.write(agents.recount) == 1
    await sound(hub)


def _swept() -> float:
    return observe.SWEPT.labels("router")._value.get()


async def test_whoever_was_here_has_a_while_to_come_back_after_the_hub(hub: Running) -> None:
    now = hub.hub.clock()
    one, two = hub.agents["one"].id, hub.agents["two"].id

    def come_and_begin(tx: Tx) -> None:  # at once, or this hub's own timers end the old lease
        for agent, until in ((one, now - 3600 * SECOND), (two, None)):
            offering.set_presence(
                tx, agent, "available", "", lease_until=until, now=now - 7200 * SECOND
            )
        timers._begin(tx, now)

    await hub.write(come_and_begin)
    assert await hub.value("SELECT lease_until FROM agent WHERE id = :a", a=one) == (
        now + timers.GRACE
    )
    assert await hub.value("SELECT lease_until FROM agent WHERE id = :a", a=two) is None
    await at(hub, now + timers.GRACE + SECOND)
    (row,) = await hub.read(views.agents, one)
    assert (row.presence, row.reason) == ("offline", "lost")


# ---------------------------------------------------------------- anything, in any order


@pytest.mark.parametrize("seed", range(6))
async def test_counters_agree_after_whatever_people_do(hub: Running, seed: int) -> None:
    dice = random.Random(seed)
    await hub.come("one", "two")
    refused = 0
    for _ in range(60):
        try:
            await _something(hub, dice)
        except (ClaimLost, NotPossible):
            refused += 1
        if dice.random() < 0.3:
            await settled(hub)
    await settled(hub)
    await sound(hub)
    # I13: whatever entered is somewhere
    entered = await hub.value("SELECT COUNT(*) FROM work_item")
    states = await hub.rows("SELECT state, COUNT(*) AS n FROM work_item GROUP BY state")
    known = {*LIVE, "completed", "cancelled", "abandoned", "dead_letter"}
    assert sum(row["n"] for row in states if row["state"] in known) == entered
    assert refused < 60
    # nobody who waits for a push or an offer was forgotten while somebody is free
    await hub.come("one", "two", presence="away")
    await hub.come("one", "two")
    await settled(hub)
    await sound(hub)


async def _something(hub: Running, dice: random.Random) -> None:
    now = hub.hub.clock()
    who = dice.choice(["one", "two"])
    found = await hub.read(views.conversations, ALL, limit=100)
    one = dice.choice(found) if found else None
    offers = await hub.rows("SELECT * FROM offer WHERE state = 'pending' ORDER BY id")
    act = dice.randrange(12)
    if act <= 3 or one is None:
        word = dice.choice(["push", "ask", "hello", "quiet"])
        await hub.sms(word, sender=f"+120255501{dice.randrange(10, 30)}")
    elif act == 4 and offers:
        row = dice.choice(offers)
        await hub.write(offering.accept, row["id"], row["agent"], now=now)
    elif act == 5 and offers:
        row = dice.choice(offers)
        await hub.write(offering.decline, row["id"], row["agent"], "no", now=now)
    elif act == 6 and offers:
        await hub.write(offering.expire, dice.choice(offers)["id"], voice=False, now=now)
    elif act == 7:
        await hub.come(who, presence=dice.choice(["away", "offline", "available", "available"]))
    elif act == 8:
        await hub.reply(one.id, "answer", by=who)
    elif act == 9:
        await hub.do(actions.take, one.id, by=who)
    elif act == 10:
        queue = hub.queue(dice.choice(["general", "pushed", "asked"]))
        await hub.do(actions.transfer_to_queue, one.id, queue, by=who, desk=hub.hub.desk, text="")
    else:
        await _closing(hub, dice, one.id, who, now)


async def _closing(hub: Running, dice: random.Random, id: int, who: str, now: int) -> None:
    act = dice.randrange(5)
    if act == 0:
        await hub.do(actions.resolve, id, by=who)
    elif act == 1:
        await hub.do(actions.reopen, id, by=who, desk=hub.hub.desk)
    elif act == 2:
        await hub.do(actions.snooze, id, now + SECOND, by=who)
    elif act == 3:
        await hub.do(actions.transfer_to_agent, id, hub.agents["two"].id, by=who, text="")
    else:
        agent = hub.agents[who].id
        channels = {channel.id for channel in hub.hub.channels}
        await hub.write(absence.release, agent, channels, hub.hub.desk, now=now)
