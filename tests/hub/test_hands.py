"""What is in an agent's hands: wrap-up, work that makes way, limits, declines, being put forward."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from hub import actions, handling, offering
from hub.actions import NotPossible
from storage import claims, views, work_items
from storage.errors import ClaimLost
from tests.hub.routing_desk import apply, at, log, offer, row_of, settled, sound, work_item
from tests.hub.running import SECOND, letter, message

if TYPE_CHECKING:
    from storage.db import Row
    from tests.hub.running import Running

WRAPPING = """
queues:
  - {name: pushed, modes: {"*": push}, wrap_up: 30s}
  - {name: brief, modes: {"*": push}, wrap_up: 5s}
agents: [{email: one@acme.example, name: One, queues: [pushed, brief]}]
rules: [{id: brief, when: {field: text, contains: brief}, then: {queue: brief}}]
"""


async def _theirs(hub: Running, text: str, sender: str = "+12025550111") -> Row:
    """A message whose turn is in somebody's hands; its work item."""
    await hub.sms(text, sender=sender)
    return await hub.until_item((await hub.conversations())[-1].id, "active")


async def _resolve(hub: Running, item: Row) -> None:
    await hub.do(actions.resolve, item["conversation"], desk=hub.hub.desk)


# ---------------------------------------------------------------- wrap-up


async def test_wrap_up_keeps_the_units_until_its_time_is_over(hub: Running) -> None:
    await apply(hub, WRAPPING)
    await hub.come("one")
    item = await _theirs(hub, "push")
    now = hub.hub.clock()
    await _resolve(hub, item)
    row = await work_item(hub, item["id"])
    assert row["state"] == "wrapping"
    assert 29 * SECOND < row["wrap_until"] - now < 31 * SECOND
    assert (await row_of(hub, "one"))["used"] == 15
    assert (await hub.conversation()).status == "resolved"
    await sound(hub)
    await at(hub, row["wrap_until"])
    row = await work_item(hub, item["id"])
    assert (row["state"], row["wrap_until"]) == ("completed", None)
    assert (await row_of(hub, "one"))["used"] == 0
    await sound(hub)


async def test_done_ends_wrap_up_and_another_queues_wrap_up_is_its_own(hub: Running) -> None:
    await apply(hub, WRAPPING)
    await hub.come("one")
    long = await _theirs(hub, "push")
    short = await _theirs(hub, "brief", "+12025550122")
    await _resolve(hub, long)
    await _resolve(hub, short)
    first, second = await work_item(hub, long["id"]), await work_item(hub, short["id"])
    assert first["wrap_until"] > second["wrap_until"]
    await hub.write(handling.done, short["id"], hub.hub.desk, now=hub.hub.clock())
    after = await work_item(hub, long["id"])
    assert (after["state"], after["wrap_until"]) == ("wrapping", first["wrap_until"])
    with pytest.raises(NotPossible):
        await hub.write(handling.done, short["id"], hub.hub.desk, now=hub.hub.clock())
    await sound(hub)


async def test_what_was_answered_and_resolved_is_written_up_too(hub: Running) -> None:
    await apply(hub, WRAPPING)
    await hub.come("one")
    item = await _theirs(hub, "push")
    await hub.reply(item["conversation"], "there you are")
    assert (await row_of(hub, "one"))["used"] == 0
    await _resolve(hub, item)
    row = await work_item(hub, item["id"])
    assert row["state"] == "wrapping"
    assert row["answered_at"] is not None
    assert (await row_of(hub, "one"))["used"] == 15
    await sound(hub)


async def test_who_writes_during_wrap_up_is_not_forgotten(hub: Running) -> None:
    await apply(hub, WRAPPING)
    await hub.come("one")
    item = await _theirs(hub, "push")
    await _resolve(hub, item)
    await hub.sms("push, one more thing", sender="+12025550111")
    again = await hub.until_item(item["conversation"], "active")
    assert again["id"] != item["id"]
    assert again["agent"] == hub.agents["one"].id
    assert (await work_item(hub, item["id"]))["state"] == "completed"
    await sound(hub)


async def test_a_colleague_who_resolves_leaves_nobody_writing_up(hub: Running) -> None:
    await apply(hub, WRAPPING)
    await hub.come("one")
    item = await _theirs(hub, "push")
    await hub.do(actions.resolve, item["conversation"], by="two", desk=hub.hub.desk)
    assert (await work_item(hub, item["id"]))["state"] == "cancelled"
    await sound(hub)


# ---------------------------------------------------------------- what makes way

URGENT = """
queues:
  - {name: letters, modes: {"*": push}, interruptible: [email], units: {email: 40}}
  - {name: urgent, modes: {"*": push}, units: {"*": 1, sms: 100}}
  - {name: small, modes: {"*": push}, units: {sms: 30}}
agents: [{email: one@acme.example, name: One, queues: [letters, urgent, small]}]
rules:
  - {id: urgent, when: {field: text, contains: urgent}, then: {queue: urgent}}
  - {id: small, when: {field: text, contains: small}, then: {queue: small}}
  - {id: letters, when: {field: channel.kind, eq: email}, then: {queue: letters}}
"""


async def test_units_of_any_channel(hub: Running) -> None:
    await apply(hub, URGENT)
    desk = hub.hub.desk
    units = [desk.units(hub.queue("urgent"), channel) for channel in hub.hub.channels]
    assert sorted(units) == [1, 1, 1, 100]


async def _letters(hub: Running, count: int) -> list[Row]:
    found = []
    for n in range(count):
        await hub.mail(letter(f"letter {n}", sender=f"Ann <ann{n}@customer.example>"))
        found.append(await hub.until_item((await hub.conversations())[-1].id, "active"))
    return found


async def _states(hub: Running, items: list[Row]) -> list[str]:
    return [(await work_item(hub, item["id"]))["state"] for item in items]


async def test_what_cannot_wait_parks_letters_which_go_on_afterwards(hub: Running) -> None:
    await apply(hub, URGENT)
    await hub.come("one")
    letters = await _letters(hub, 2)
    row = await row_of(hub, "one")
    assert (row["used"], row["soft"], row["parked"]) == (80, 80, 0)
    urgent = await _theirs(hub, "urgent")
    assert await _states(hub, letters) == ["held", "held"]
    row = await row_of(hub, "one")
    assert (row["used"], row["soft"], row["parked"]) == (180, 0, 80)
    assert await log(hub, letters[0]["id"]) == [{"what": "held", "by": urgent["id"]}]
    await sound(hub)
    # nothing soft comes in meanwhile, and nothing hard fits
    await hub.mail(letter("one more", sender="Bob <bob@customer.example>"))
    await settled(hub)
    waiting = await hub.item((await hub.conversations())[-1].id)
    assert waiting["state"] == "queued"
    await hub.reply(urgent["conversation"], "done")
    assert await _states(hub, letters) == ["active", "active"]
    row = await row_of(hub, "one")
    assert (row["used"], row["soft"], row["parked"]) == (80, 80, 0)
    await settled(hub)
    assert (await work_item(hub, waiting["id"]))["state"] == "queued"  # 40 do not fit
    await sound(hub)


async def test_no_more_is_parked_than_must_be(hub: Running) -> None:
    await apply(hub, URGENT)
    await hub.come("one")
    letters = await _letters(hub, 2)
    await _theirs(hub, "small")
    assert await _states(hub, letters) == ["active", "held"]  # the last begun makes way
    await sound(hub)


async def test_a_parked_letter_can_be_answered(hub: Running) -> None:
    await apply(hub, URGENT)
    await hub.come("one")
    letters = await _letters(hub, 2)
    await _theirs(hub, "urgent")
    await hub.reply(letters[0]["conversation"], "in between")
    row = await row_of(hub, "one")
    assert (row["used"], row["soft"], row["parked"]) == (140, 0, 40)
    await sound(hub)


async def test_parked_work_is_put_back_with_its_agent(hub: Running) -> None:
    await apply(hub, URGENT)
    await hub.come("one")
    letters = await _letters(hub, 2)
    urgent = await _theirs(hub, "urgent")
    await hub.do(actions.transfer_to_agent, urgent["conversation"], hub.agents["two"].id, text="")
    assert await _states(hub, letters) == ["active", "active"]
    await sound(hub)
    assert (await row_of(hub, "two"))["used"] == 100


# ---------------------------------------------------------------- limits

LIMITED = """
agents:
  - {email: one@acme.example, name: One, queues: [pushed, general], limits: {sms_twilio: 1}}
"""


async def test_no_more_of_a_kind_than_the_limit(hub: Running) -> None:
    await apply(hub, LIMITED)
    await hub.come("one")
    first = await _theirs(hub, "push")
    await hub.sms("push", sender="+12025550122")
    await settled(hub)
    second = await hub.item((await hub.conversations())[-1].id)
    assert second["state"] == "queued"
    await hub.loop(message("push", sender="tel:+12025550133"))  # another kind
    await hub.until_item((await hub.conversations())[-1].id, "active")
    # the claim itself looks again
    with pytest.raises(ClaimLost, match="sms_twilio"):
        await hub.write(
            claims.assign, second["id"], hub.agents["one"].id, how="push", overload=False,
            why={}, now=hub.hub.clock(),
        )  # fmt: skip
    await hub.reply(first["conversation"], "done")
    await hub.until_item(second["conversation"], "active")
    await sound(hub)


async def test_what_people_do_goes_over_the_limit_and_is_noted(hub: Running) -> None:
    await apply(hub, LIMITED)
    await hub.come("one")
    await _theirs(hub, "push")
    await hub.sms("push", sender="+12025550122")
    second = await hub.item((await hub.conversations())[-1].id)
    await hub.write(
        lambda tx: tx.run("UPDATE agent SET capacity = 20 WHERE id = :i", i=hub.agents["one"].id)
    )
    await hub.do(actions.take, second["conversation"])
    assert (await row_of(hub, "one"))["used"] == 30
    (line,) = await log(hub, second["id"], "overload")
    assert line["units"] == 30
    await sound(hub)


# ---------------------------------------------------------------- offers


async def test_a_sole_agent_who_declines_is_asked_again_later(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("ask")
    first = await offer(hub, "one")
    now = hub.hub.clock()
    await hub.write(offering.decline, first.id, first.agent, "busy", now=now)
    await settled(hub)
    item = await hub.item(first.conversation)
    assert (item["state"], work_items.excluded(item)) == ("queued", {first.agent})
    await at(hub, now + offering.COOL_DOWN - SECOND)
    await settled(hub)
    assert (await hub.item(first.conversation))["state"] == "queued"
    await at(hub, now + offering.COOL_DOWN)
    again = await offer(hub, "one")
    assert again.id != first.id
    why = await hub.value("SELECT why FROM offer WHERE id = :id", id=again.id)
    assert msgspec.json.decode(why)["cleared"]
    await sound(hub)


async def test_a_cool_down_survives_a_restart(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("ask")
    first = await offer(hub, "one")
    now = hub.hub.clock()
    await hub.write(offering.decline, first.id, first.agent, "busy", now=now)
    await settled(hub)
    hub.hub.router._epoch.lose()  # begins anew, from the tables
    hub.hub.router._wake.set()
    await hub.until(lambda: _learned(hub))
    await settled(hub)
    assert (await hub.item(first.conversation))["state"] == "queued"


async def _learned(hub: Running) -> bool:
    return hub.hub.router.epoch > 0


async def test_one_missed_call_sets_an_agent_to_away(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("ask")
    first = await offer(hub, "one")
    await hub.write(offering.expire, first.id, voice=True, now=views.micros(first.expires_at))
    row = await row_of(hub, "one")
    assert (row["presence"], row["reason"]) == ("away", "missed")
    item = await hub.item(first.conversation)
    assert await log(hub, item["id"], "missed") == [{"what": "missed", "agent": first.agent}]


async def test_a_lost_race_for_a_parked_letter_changes_nothing(hub: Running) -> None:
    await apply(hub, URGENT)
    await hub.come("one")
    (item,) = await _letters(hub, 1)
    stale = item
    await hub.reply(item["conversation"], "done")
    with pytest.raises(ClaimLost):
        await hub.write(lambda tx: work_items.end(tx, stale, "cancelled", now=1))
    await sound(hub)


# ---------------------------------------------------------------- people


async def test_a_head_start_changes_the_place_and_nothing_else_does(hub: Running) -> None:
    await hub.sms("hello", sender="+12025550111")
    await hub.sms("hello", sender="+12025550122")
    first, second = [await hub.item(one.id) for one in await hub.conversations()]
    author = hub.author("one")
    await hub.write(handling.prioritise, second["id"], 300, author, now=hub.hub.clock())
    row = await work_item(hub, second["id"])
    assert row["order_key"] == second["order_key"] - 300 * SECOND
    await settled(hub)
    assert hub.hub.router.matcher.waiting(hub.queue("general")) == [second["id"], first["id"]]
    await hub.write(handling.prioritise, second["id"], 0, author, now=hub.hub.clock())
    assert (await work_item(hub, second["id"]))["order_key"] == second["order_key"]
    await hub.write(handling.move, second["id"], hub.queue("pushed"), author, hub.hub.desk, now=1)
    row = await work_item(hub, second["id"])
    assert (row["queue"], row["order_key"]) == (hub.queue("pushed"), second["order_key"])
    assert [line["what"] for line in await log(hub, second["id"])] == [
        "priority", "priority", "requeue",
    ]  # fmt: skip
    await hub.do(actions.resolve, first["conversation"])
    with pytest.raises(NotPossible):
        await hub.write(handling.prioritise, first["id"], 1, author, now=1)
    with pytest.raises(LookupError):
        await hub.write(handling.take, 4711, author, now=1)
